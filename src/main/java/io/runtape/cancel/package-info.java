/** Cancels of live runs: by the history API, and by cancel calls that pass to the agent API. */
@NullMarked
package io.runtape.cancel;

import org.jspecify.annotations.NullMarked;
