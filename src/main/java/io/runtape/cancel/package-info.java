/** Cancels of live runs: those that the history is asked for, and those that pass to the agent API. */
@NullMarked
package io.runtape.cancel;

import org.jspecify.annotations.NullMarked;
