package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.journal.RunJournal;
import io.runtape.run.StreamedFrames;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.fairness.UnsentBytes;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicLong;

/** Makes readers of runs, and bounds the bytes of all their queues together. Safe for any thread. */
@Singleton
public final class Delivery {

    /**
     * Bytes that may wait in the queues of all readers: an eighth of the heap, 64 MiB at most. Not a constant: a native
     * image would take the heap of the build machine.
     */
    private final long queuedMax = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    private final StreamedFrames reader;
    private final DeliveryMetrics metrics;
    private final ReadTurns turns;
    private final UnsentBytes untaken;
    private final AtomicLong queued = new AtomicLong();

    /** Bytes that replays have read ahead, bounded by {@link #queuedMax} too. */
    private final AtomicLong ahead = new AtomicLong();

    Delivery(StreamedFrames reader, DeliveryMetrics metrics, ReadTurns turns, UnsentBytes untaken) {
        this.reader = reader;
        this.metrics = metrics;
        this.turns = turns;
        this.untaken = untaken;
    }

    /**
     * The body for the client of a live call: all frames from the first on, as they become durable. Fails if the
     * response broke off.
     *
     * @param eventIds whether each event gets an {@code id} line
     * @param loop the event loop that subscribes and gets all items
     */
    public Multi<Buffer> body(RunJournal run, boolean eventIds, EventLoop loop) {
        return read(RunSource.of(run, run.start().owner().id()), 0, bodyFraming(eventIds, false), loop);
    }

    /**
     * The form of the body for clients of recorded calls.
     *
     * @param decoded whether a body that the gateway can decode goes out without its content coding, as it always does
     *     with ids; a reader that does not begin at the first frame needs that
     */
    public static StreamFormat bodyFraming(boolean eventIds, boolean decoded) {
        if (eventIds) {
            return new EventIdFraming(0);
        }
        return decoded ? VerbatimFraming.decoded() : VerbatimFraming.ofTheWire();
    }

    /** A reader of the run in that form, from that position on. */
    public Multi<Buffer> read(RunSource source, long after, StreamFormat framing, EventLoop loop) {
        return Multi.createFrom()
                .publisher(subscriber -> new RunReader(source, after, framing, loop, this, subscriber).begin());
    }

    /** The replay of an ended run in that form, that many times as fast as the recording; it begins on subscription. */
    Multi<Buffer> replay(RunSource source, double speed, StreamFormat framing, EventLoop loop) {
        return Multi.createFrom()
                .publisher(subscriber -> new RunReplay(source, speed, framing, loop, this, subscriber).begin());
    }

    StreamedFrames reader() {
        return reader;
    }

    DeliveryMetrics metrics() {
        return metrics;
    }

    /** The turns in which streams read from the database. */
    ReadTurns turns() {
        return turns;
    }

    /** The counter of bytes that streams' sockets do not take. */
    UnsentBytes untaken() {
        return untaken;
    }

    void queued(long bytes) {
        queued.addAndGet(bytes);
    }

    boolean isFull() {
        return queued.get() > queuedMax;
    }

    void readAhead(long bytes) {
        ahead.addAndGet(bytes);
    }

    boolean isTooMuchReadAhead() {
        return ahead.get() > queuedMax;
    }
}
