package io.runtape.delivery;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long the connection of one tail may last ({@code RUNTAPE_MAX_CONNECTION_AGE}). A tail that is too old ends in good
 * order between two frames, after a line that tells an EventSource to come back soon. Confined to the event loop of the
 * tail.
 */
final class ConnectionAge {

    /** A second: soon, but not so soon that all readers of a gateway that is going to stop come at once. */
    private static final byte[] COME_BACK = "retry: 1000\n\n".getBytes(StandardCharsets.US_ASCII);

    private final LongSupplier nanoClock;
    private final long beganNanos;
    private final long maxNanos;
    private boolean cut;

    /** @param max how long from now on; zero for as long as it takes */
    ConnectionAge(LongSupplier nanoClock, Duration max) {
        this.nanoClock = nanoClock;
        this.beganNanos = nanoClock.getAsLong();
        this.maxNanos = max.toNanos();
    }

    /** Whether the connection has a greatest age. */
    boolean isBounded() {
        return maxNanos > 0;
    }

    /** How long the connection may still last, in nanoseconds; not positive once it is too old. */
    long leftNanos() {
        return maxNanos - (nanoClock.getAsLong() - beganNanos);
    }

    boolean isOver() {
        return isBounded() && leftNanos() <= 0;
    }

    /** Cuts the connection here: gives its last bytes. */
    Buffer cut() {
        cut = true;
        return Buffer.buffer(COME_BACK);
    }

    /** Whether it was cut, so that nothing more may go out. */
    boolean isCut() {
        return cut;
    }
}
