/** Sends recorded and live runs to readers: the client of the call, tails and replays all take the same path. */
@NullMarked
package io.runtape.delivery;

import org.jspecify.annotations.NullMarked;
