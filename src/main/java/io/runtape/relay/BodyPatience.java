package io.runtape.relay;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long to wait for more of a response's body.
 *
 * @param idle how long no bytes at all may come
 * @param partialFlush how long bytes wait for the end of their frame
 * @param nanoClock the clock for both, as {@link System#nanoTime}
 */
record BodyPatience(Duration idle, Duration partialFlush, LongSupplier nanoClock) {}
