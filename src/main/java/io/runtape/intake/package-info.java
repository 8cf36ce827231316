/** Bodies of requests as they come in: within bounds of time and memory, and no thread for them. */
@NullMarked
package io.runtape.intake;

import org.jspecify.annotations.NullMarked;
