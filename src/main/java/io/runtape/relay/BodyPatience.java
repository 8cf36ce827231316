package io.runtape.relay;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long is waited for more of a response's body.
 *
 * @param idle how long nothing at all may come
 * @param partialFlush how long bytes wait for the end of their frame
 * @param nanoClock what that is judged by, as {@link System#nanoTime}
 */
record BodyPatience(Duration idle, Duration partialFlush, LongSupplier nanoClock) {}
