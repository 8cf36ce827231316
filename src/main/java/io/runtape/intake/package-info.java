/** Requests as they come in: their heads in time, their bodies within bounds of time and memory, and no thread for either. */
@NullMarked
package io.runtape.intake;

import org.jspecify.annotations.NullMarked;
