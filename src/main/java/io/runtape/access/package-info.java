/** Who calls, and which owner that is. */
@NullMarked
package io.runtape.access;

import org.jspecify.annotations.NullMarked;
