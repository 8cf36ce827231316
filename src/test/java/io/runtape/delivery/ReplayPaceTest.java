package io.runtape.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.run.StreamedFrames;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.HandRunLoop;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** The pace of a run of an hour, on an event loop whose time a test moves and that is always a little late. */
class ReplayPaceTest {

    private static final int FRAMES = 36_000;

    /** How late the loop is, at the most. */
    private static final long LATE_NANOS = Duration.ofMillis(4).toNanos();

    private final HandRunLoop loop = new HandRunLoop();
    private int looks;

    /** Frames at uneven times, ten in a second. */
    private static long offsetMicros(long sequence) {
        return sequence * 100_000 + sequence * 7919 % 97 * 1000;
    }

    private static final class Hour implements StreamedFrames {
        @Override
        public FrameBlock block(long runPk, long after, long upTo, int limit) {
            FrameBlock block = new FrameBlock(after + 1, limit, 20 * limit);
            for (long sequence = after + 1; sequence <= Math.min(upTo, after + limit); sequence++) {
                byte[] bytes = ("data: " + sequence + "\n\n").getBytes(UTF_8);
                block.add(new ArrivedFrame(
                        FrameKind.EVENT, bytes, 0, bytes.length, offsetMicros(sequence), "message", "", 0));
            }
            return block;
        }

        @Override
        public Completing completes(long runPk, long after, long upTo) {
            return new Completing(after + 1, FrameKind.EVENT);
        }
    }

    /** A packed run: one row has all of its frames, whatever limit is asked for. */
    private static final class OneRow implements StreamedFrames {

        private static final int FRAMES = 3000;

        private int reads;

        @Override
        public FrameBlock block(long runPk, long after, long upTo, int limit) {
            reads++;
            FrameBlock block = new FrameBlock(after + 1, limit, 500 * limit);
            byte[] bytes = ("data: " + "x".repeat(490) + "\n\n").getBytes(UTF_8);
            for (long sequence = after + 1; sequence <= upTo; sequence++) {
                block.add(new ArrivedFrame(
                        FrameKind.EVENT, bytes, 0, bytes.length, sequence * 100_000, "message", "", 0));
            }
            return block;
        }

        @Override
        public Completing completes(long runPk, long after, long upTo) {
            return new Completing(after + 1, FrameKind.EVENT);
        }
    }

    /** The time as the replay reads it: a busy loop comes late, now more, now less. */
    private long lateTime() {
        return loop.nanoTime() + looks++ * 1_237_911L % LATE_NANOS;
    }

    /** Takes each item when the loop brings it. */
    private final class Client implements Flow.Subscriber<Buffer> {
        private final List<Long> atNanos = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();
        private boolean complete;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Buffer bytes) {
            String some = bytes.toString(UTF_8);
            text.append(some);
            for (int i = 0; i < some.split("\n\n", -1).length - 1; i++) {
                atNanos.add(loop.nanoTime());
            }
        }

        @Override
        public void onError(Throwable cause) {
            throw new AssertionError(cause);
        }

        @Override
        public void onComplete() {
            complete = true;
        }
    }

    private static Delivery delivery(StreamedFrames frames, HandRunLoop reads, LongSupplier nanoClock) {
        return new Delivery(
                frames,
                new DeliveryMetrics(new SimpleMeterRegistry()),
                new ReadTurns(reads.eventLoop()),
                new UnsentBytes(),
                Duration.ZERO,
                nanoClock);
    }

    @Test
    void doesNotDriftOverAnHour() {
        HandRunLoop reads = new HandRunLoop();
        Delivery delivery = delivery(new Hour(), reads, this::lateTime);
        RunSource source =
                new RunSource(1, "run", "owner", null, FRAMES, new RunEnding("run", "completed", null, FRAMES, false));
        Client client = new Client();
        long began = loop.nanoTime();
        delivery.replay(
                        source,
                        new ReplayPart(0, FRAMES, 0, true),
                        new ReplayClock(1, Long.MAX_VALUE, 0),
                        VerbatimFraming.decoded(),
                        loop.eventLoop())
                .subscribe()
                .withSubscriber(client);

        while (!client.complete) {
            reads.run();
            loop.pass(Duration.ofMillis(50));
            assertTrue(loop.nanoTime() - began < Duration.ofHours(2).toNanos(), "it does not end");
        }

        assertEquals(FRAMES, client.atNanos.size());
        assertTrue(client.text.toString().endsWith("data: " + FRAMES + "\n\n"));
        for (int i = 0; i < FRAMES; i++) {
            long error = client.atNanos.get(i) - began - offsetMicros(i + 1) * 1000;
            // A read of the store may take until the loop looks again.
            assertTrue(
                    error >= -LATE_NANOS && error <= Duration.ofMillis(50).toNanos() + LATE_NANOS,
                    "frame " + (i + 1) + " is wrong by " + error + " ns");
        }
    }

    /** All rows together are more than replays may hold: three times 64 MiB, and a heap may allow less. */
    @Test
    void manyReplaysOfPackedRunsReadManyFramesAtOnce() {
        int replays = 128;
        HandRunLoop reads = new HandRunLoop();
        OneRow row = new OneRow();
        Delivery delivery = delivery(row, reads, loop::nanoTime);
        RunEnding ending = new RunEnding("run", "completed", null, OneRow.FRAMES, false);
        List<Client> clients = new ArrayList<>();
        long began = loop.nanoTime();
        for (int i = 0; i < replays; i++) {
            Client client = new Client();
            clients.add(client);
            delivery.replay(
                            new RunSource(1, "run", "owner", null, OneRow.FRAMES, ending),
                            new ReplayPart(0, OneRow.FRAMES, 0, true),
                            new ReplayClock(1, Long.MAX_VALUE, 0),
                            VerbatimFraming.decoded(),
                            loop.eventLoop())
                    .subscribe()
                    .withSubscriber(client);
        }
        while (!clients.stream().allMatch(client -> client.complete)) {
            reads.run();
            loop.pass(Duration.ofMillis(10));
            assertTrue(loop.nanoTime() - began < Duration.ofHours(1).toNanos(), "they do not end");
        }

        assertTrue(clients.stream().allMatch(client -> client.atNanos.size() == OneRow.FRAMES));
        int perRead = replays * OneRow.FRAMES / row.reads;
        assertTrue(perRead >= 20, "a read brings " + perRead + " frames");
    }
}
