package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.journal.RunJournal;
import io.runtape.run.StreamedFrames;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.fairness.UnsentBytes;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Makes readers of runs, and bounds the bytes of all their queues together. Safe for any thread. */
@Singleton
public final class Delivery {

    /** Its multiples, without their whole part, are evenly spread however many there are. */
    private static final double GOLDEN_RATIO = 0.618_033_988_749_895;

    /**
     * Bytes that may wait in the queues of all readers: an eighth of the heap, 64 MiB at most. Not a constant: a native
     * image would take the heap of the build machine.
     */
    private final long queuedMax = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    /** What a replay may keep where all together have read too much ahead: thousands of replays may. */
    private static final long FEW_BYTES = 32 << 10;

    private final StreamedFrames reader;
    private final DeliveryMetrics metrics;
    private final ReadTurns turns;
    private final UnsentBytes untaken;
    private final AtomicLong queued = new AtomicLong();

    /** Bytes that replays have read ahead, bounded by {@link #queuedMax} too, and by twice as many where each has few. */
    private final AtomicLong ahead = new AtomicLong();

    /** How long the connection of a tail may last; zero for as long as it takes. */
    private final Duration ageMax;

    private final LongSupplier nanoClock;
    private final AtomicInteger tails = new AtomicInteger();

    @Inject
    Delivery(
            StreamedFrames reader,
            DeliveryMetrics metrics,
            ReadTurns turns,
            UnsentBytes untaken,
            DeliveryConfig config) {
        this(reader, metrics, turns, untaken, config.maxConnectionAge().orElse(Duration.ZERO), System::nanoTime);
    }

    Delivery(
            StreamedFrames reader,
            DeliveryMetrics metrics,
            ReadTurns turns,
            UnsentBytes untaken,
            Duration ageMax,
            LongSupplier nanoClock) {
        this.reader = reader;
        this.metrics = metrics;
        this.turns = turns;
        this.untaken = untaken;
        this.ageMax = ageMax;
        this.nanoClock = nanoClock;
    }

    /**
     * The body for the client of a live call: all frames from the first on, as they become durable. Fails if the
     * response broke off.
     *
     * @param form the form of the body
     * @param loop the event loop that subscribes and gets all items
     */
    public Multi<Buffer> body(RunJournal run, BodyForm form, EventLoop loop) {
        return body(RunSource.of(run, run.start().owner().id()), 0, form, loop);
    }

    /** The same of a run that may have ended, from that position on. */
    public Multi<Buffer> body(RunSource source, long after, BodyForm form, EventLoop loop) {
        return read(source, after, form.framing(), loop);
    }

    /** A reader of the run in that form, from that position on. */
    Multi<Buffer> read(RunSource source, long after, StreamFormat framing, EventLoop loop) {
        return read(source, after, framing, unbounded(), loop);
    }

    /** The same, beginning with these bytes. */
    Multi<Buffer> read(
            Preface first, RunSource source, long after, StreamFormat framing, ConnectionAge age, EventLoop loop) {
        return Multi.createFrom()
                .publisher(subscriber -> new RunReader(source, after, framing, age, loop, this, subscriber)
                        .beginningWith(first)
                        .begin());
    }

    private ConnectionAge unbounded() {
        return new ConnectionAge(nanoClock, Duration.ZERO);
    }

    /** The same, up to that age of its connection. */
    Multi<Buffer> read(RunSource source, long after, StreamFormat framing, ConnectionAge age, EventLoop loop) {
        return Multi.createFrom()
                .publisher(subscriber -> new RunReader(source, after, framing, age, loop, this, subscriber).begin());
    }

    /**
     * How old the connection of a tail may get that begins now. A verbatim one may get as old as it likes: without ids
     * it could not go on.
     */
    ConnectionAge tailAge(boolean verbatim) {
        if (verbatim || ageMax.isZero()) {
            return unbounded();
        }
        // Tails that began together end up to a tenth earlier, evenly spread, so that they do not come back together.
        double spread = (tails.getAndIncrement() & Integer.MAX_VALUE) * GOLDEN_RATIO % 1;
        return new ConnectionAge(nanoClock, ageMax.minusNanos((long) (ageMax.toNanos() / 10 * spread)));
    }

    /** The clock of all readers, as {@link System#nanoTime}. */
    public LongSupplier nanoClock() {
        return nanoClock;
    }

    /** The replay of a part of a run in that form, by a clock of its own; it begins on subscription. */
    Multi<Buffer> replay(RunSource source, ReplayPart part, ReplayClock clock, StreamFormat framing, EventLoop loop) {
        return Multi.createFrom()
                .publisher(subscriber -> new RunReplay(source, part, clock, framing, loop, this, subscriber).begin());
    }

    /**
     * Plays a run that has ended in the place of the agent API: the bytes as they came over the wire.
     *
     * @param speed how much faster than the recording; infinite for no pauses at all
     * @param loop the event loop that subscribes and gets all items
     */
    public Playback playback(RunSource source, double speed, EventLoop loop) {
        return new Playback(this, source, speed, loop);
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

    /**
     * Whether replays are to read only the next few frames. From half of the bound on: what is read now must fit when it
     * comes, or it would be dropped and read again for each frame.
     */
    boolean isMuchReadAhead() {
        return ahead.get() > queuedMax / 2;
    }

    /** Whether a replay may keep frames that are not due yet and weigh so much: a few it may keep for longer. */
    boolean mayKeepAhead(long weight) {
        return ahead.get() <= (weight <= FEW_BYTES ? 2 * queuedMax : queuedMax);
    }
}
