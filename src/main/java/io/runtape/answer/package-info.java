/** How the gateway's own answers are written. */
@NullMarked
package io.runtape.answer;

import org.jspecify.annotations.NullMarked;
