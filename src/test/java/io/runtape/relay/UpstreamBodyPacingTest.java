package io.runtape.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.dialect.AllDialects;
import io.runtape.journal.Committing;
import io.runtape.journal.RunJournal;
import io.runtape.testsupport.HandRunLoop;
import io.runtape.upstream.AgentBody;
import io.runtape.upstream.AgentResponse;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Flow;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** A body that comes piece by piece into a real journal: what is asked for, what is recorded, and how it ends, each step by hand. */
class UpstreamBodyPacingTest {

    private static final int WINDOW = 16;
    private static final int FRAMES_OF_A_FULL_RUN = 24;
    private static final int FRAME_BYTES_MAX = 1 << 20;
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final Duration PARTIAL_FLUSH = Duration.ofSeconds(1);

    private final Committing at = new Committing();
    private final RunJournal run = at.begun();
    /** The run's own loop, on which its body is read. */
    private final HandRunLoop loop = at.loop;

    private final Queue<Runnable> dialectWorker = new ArrayDeque<>();
    private final Upstream upstream = new Upstream();
    private final Told told = new Told();

    /** The agent API's side: what was asked of it, of which what came is to be taken off. */
    private static final class Upstream implements AgentBody, Flow.Subscription {
        private final List<Long> requests = new ArrayList<>();
        private int pauses;

        @Override
        public void request(long n) {
            requests.add(n);
        }

        @Override
        public void cancel() {
            throw new AssertionError("nobody cancels here");
        }

        @Override
        public void pause() {
            pauses++;
        }

        @Override
        public Multi<Buffer> bytes() {
            throw new AssertionError("it is read by hand");
        }

        @Override
        public void abort() {
            throw new AssertionError("nobody gives it up here");
        }
    }

    /** What the reader told, and the reader. */
    private static final class Told implements BodyListener {
        private final List<String> news = new ArrayList<>();
        private UpstreamBodyReader reading;
        private Throwable cause;

        @Override
        public void reading(UpstreamBodyReader reader, Flow.Subscription subscription) {
            reading = reader;
        }

        @Override
        public void complete(AgentResponse response) {
            news.add("complete");
        }

        @Override
        public void brokenOff(Throwable broken) {
            news.add("broken off");
            cause = broken;
        }

        @Override
        public void faulty(RuntimeException fault) {
            news.add("faulty");
            cause = fault;
        }

        @Override
        public void silent() {
            news.add("silent");
        }
    }

    private UpstreamBodyReader unsubscribed(String mediaType, RunJournal into) {
        return unsubscribed(List.of(Map.entry("Content-Type", mediaType)), into);
    }

    private UpstreamBodyReader unsubscribed(List<Map.Entry<String, String>> headers, RunJournal into) {
        OutcomeReader outcome = new OutcomeReader(
                run.id(), AllDialects.dialects().of("auto", "/v1/run"), loop.eventLoop(), dialectWorker::add);
        return new UpstreamBodyReader(
                told,
                run,
                new AgentResponse(200, headers, upstream),
                new FrameRecorder(into, outcome, 0, FRAME_BYTES_MAX),
                outcome,
                loop.eventLoop(),
                FRAME_BYTES_MAX,
                new BodyPatience(IDLE, PARTIAL_FLUSH, loop::nanoTime));
    }

    /** A body of an event stream that is being read. */
    private UpstreamBodyReader body() {
        UpstreamBodyReader body = unsubscribed("text/event-stream", run);
        body.onSubscribe(upstream);
        return body;
    }

    private static void comes(UpstreamBodyReader body, String text) {
        body.onNext(Buffer.buffer(text));
    }

    /** As much as a run may have waiting for its commit, by the time that half of the window has come; no frame of it is long. */
    private static void fill(UpstreamBodyReader body) {
        String frame = "data: " + "x".repeat(60_000) + "\n\n";
        for (int i = 0; i < WINDOW / 2; i++) {
            comes(body, frame.repeat(FRAMES_OF_A_FULL_RUN / (WINDOW / 2)));
        }
    }

    private List<String> recorded() {
        at.commit();
        return at.store.frames(run.pk());
    }

    @Test
    void asksForAWindowAndForMoreWhenHalfOfItHasCome() {
        UpstreamBodyReader body = body();
        assertSame(body, told.reading);
        assertEquals(List.of((long) WINDOW), upstream.requests);

        for (int i = 0; i < WINDOW / 2 - 1; i++) {
            comes(body, "data: x\n\n");
        }
        assertEquals(1, upstream.requests.size());
        comes(body, "data: x\n\n");
        assertEquals(List.of((long) WINDOW, WINDOW / 2L), upstream.requests);
        assertEquals(WINDOW / 2, recorded().size());
        assertEquals(0, upstream.pauses);
    }

    @Test
    void recordsFramesHoweverTheyAreCut() {
        UpstreamBodyReader body = body();
        comes(body, "data: 1\n\nda");
        comes(body, "ta: 2\n");
        comes(body, "\ndata: 3");
        assertEquals(List.of("data: 1\n\n", "data: 2\n\n"), recorded());
        comes(body, "\n\n");
        assertEquals(List.of("data: 1\n\n", "data: 2\n\n", "data: 3\n\n"), recorded());
    }

    @Test
    void doesNotReadAFullRunBeforeHalfOfItIsFree() {
        UpstreamBodyReader body = body();
        fill(body);
        assertEquals(1, upstream.pauses);
        assertEquals(1, upstream.requests.size());
        loop.pass(Duration.ofSeconds(5));
        assertEquals(1, upstream.requests.size());

        at.commitUntold();
        assertEquals(1, upstream.requests.size());
        loop.run();
        assertEquals(List.of((long) WINDOW, (long) WINDOW), upstream.requests);
        assertEquals(FRAMES_OF_A_FULL_RUN, at.store.frames(run.pk()).size());
    }

    /** What was read of a socket before it was paused still comes. */
    @Test
    void recordsWhatComesAllTheSameWhileItAsksForNothing() {
        UpstreamBodyReader body = body();
        fill(body);
        comes(body, "data: late\n\n");
        assertEquals(1, upstream.pauses);
        assertEquals(1, upstream.requests.size());
        assertEquals(FRAMES_OF_A_FULL_RUN + 1, recorded().size());
    }

    @Test
    void doesNotReadOnWhileALongEventIsBeingReadForItsOutcome() {
        UpstreamBodyReader body = body();
        comes(body, "event: run_completed\ndata: {\"result\":\"" + "x".repeat(1 << 17) + "\"}\n\n");
        for (int i = 1; i < WINDOW / 2; i++) {
            comes(body, "data: x\n\n");
        }
        assertEquals(1, upstream.pauses);
        assertEquals(1, upstream.requests.size());

        dialectWorker.remove().run();
        loop.run();
        assertEquals(List.of((long) WINDOW, (long) WINDOW), upstream.requests);
    }

    @Test
    void flushesAnUnfinishedFrameWhenItHasWaited() {
        UpstreamBodyReader body = body();
        comes(body, "data: unfi");
        loop.pass(PARTIAL_FLUSH.minusNanos(1));
        assertEquals(List.of(), recorded());
        loop.pass(Duration.ofNanos(1));
        assertEquals(List.of("data: unfi"), recorded());
        comes(body, "nished\n\n");
        assertEquals(List.of("data: unfi", "nished\n\n"), recorded());
    }

    @Test
    void countsTheWaitOfEachUnfinishedFrameFromItsOwnBeginning() {
        UpstreamBodyReader body = body();
        comes(body, "data: 1");
        loop.pass(PARTIAL_FLUSH.minusMillis(100));
        comes(body, "\n\n");
        comes(body, "data: 2");
        comes(body, " goes on");
        loop.pass(PARTIAL_FLUSH.minusMillis(1));
        assertEquals(List.of("data: 1\n\n"), recorded());
        loop.pass(Duration.ofMillis(1));
        assertEquals(List.of("data: 1\n\n", "data: 2 goes on"), recorded());
    }

    @Test
    void countsTheWaitOfAFrameThatBeginsInTheBytesThatEndAnother() {
        UpstreamBodyReader body = body();
        comes(body, "data: 1");
        loop.pass(PARTIAL_FLUSH.minusMillis(100));
        comes(body, "\n\ndata: 2");
        loop.pass(PARTIAL_FLUSH.minusMillis(1));
        assertEquals(List.of("data: 1\n\n"), recorded());
        loop.pass(Duration.ofMillis(1));
        assertEquals(List.of("data: 1\n\n", "data: 2"), recorded());
    }

    /** The rest of the frame may have come long ago, and wait in a socket that the gateway does not read. */
    @Test
    void countsNoTimeInWhichItDoesNotRead() {
        UpstreamBodyReader body = body();
        fill(body);
        comes(body, "data: in the mid");
        loop.pass(PARTIAL_FLUSH.multipliedBy(3));
        at.commitUntold();
        assertEquals(FRAMES_OF_A_FULL_RUN, at.store.frames(run.pk()).size());

        loop.run();
        assertEquals(2, upstream.requests.size());
        loop.pass(PARTIAL_FLUSH.minusMillis(1));
        assertEquals(FRAMES_OF_A_FULL_RUN, recorded().size());
        loop.pass(Duration.ofMillis(1));
        assertEquals("data: in the mid", recorded().get(FRAMES_OF_A_FULL_RUN));
    }

    @Test
    void holdsABodyBackUntilItHasNamedItsIdsAndTellsThemFirst() {
        UpstreamBodyReader body = unsubscribed("application/json", run);
        List<String> found = new ArrayList<>();
        body.holdBack(ids -> found.add(
                ids.runId() + " " + ids.threadId() + " before " + recorded().size()));
        body.onSubscribe(upstream);
        comes(body, "{\"data\":{\"runId\":\"r1\",");
        loop.pass(PARTIAL_FLUSH.multipliedBy(2));
        assertEquals(List.of(), found);
        assertEquals(List.of(), recorded());

        comes(body, "\"threadId\":\"t1\",");
        loop.run();
        assertEquals(List.of("r1 t1 before 0"), found);
        assertEquals(List.of("{\"data\":{\"runId\":\"r1\",\"threadId\":\"t1\","), recorded());

        comes(body, "\"result\":1}}");
        body.onComplete();
        assertEquals(List.of("r1 t1 before 0"), found);
        assertEquals("{\"data\":{\"runId\":\"r1\",\"threadId\":\"t1\",\"result\":1}}", String.join("", recorded()));
        assertEquals(List.of("complete"), told.news);
    }

    @Test
    void holdsABodyWithoutIdsBackUntilItIsWhole() {
        UpstreamBodyReader body = unsubscribed("application/json", run);
        List<String> found = new ArrayList<>();
        body.holdBack(ids -> found.add(
                ids.runId() + " " + ids.threadId() + " before " + recorded().size()));
        body.onSubscribe(upstream);
        comes(body, "{\"data\":{\"runId\":\"r1\"}}");
        loop.run();
        assertEquals(List.of(), found);

        body.onComplete();
        assertEquals(List.of("r1 null before 0"), found);
        assertEquals(List.of("{\"data\":{\"runId\":\"r1\"}}"), recorded());
    }

    @Test
    void holdsNothingBackOfWhatIsNoJson() {
        UpstreamBodyReader body = unsubscribed("application/json", run);
        List<String> found = new ArrayList<>();
        body.holdBack(ids -> found.add(ids.runId() + " before " + recorded().size()));
        body.onSubscribe(upstream);
        comes(body, "<html>");
        assertEquals(List.of("null before 0"), found);
    }

    @Test
    void holdsNoMoreOfABodyBackThanSixtyFourKibibytes() {
        UpstreamBodyReader body = unsubscribed("application/json", run);
        List<String> found = new ArrayList<>();
        body.holdBack(ids -> found.add(ids.runId() + " before " + recorded().size()));
        body.onSubscribe(upstream);
        String piece = "{\"data\":{\"runId\":\"r1\",\"text\":\"" + "x".repeat(32 << 10);
        comes(body, piece);
        assertEquals(List.of(), found);
        comes(body, "x".repeat(32 << 10));
        assertEquals(List.of("r1 before 0"), found);
        body.onComplete();

        assertEquals(piece + "x".repeat(32 << 10), String.join("", recorded()));
        assertEquals(List.of("r1 before 0"), found);
    }

    private UpstreamBodyReader compressed() {
        UpstreamBodyReader body = unsubscribed(
                List.of(Map.entry("Content-Type", "text/event-stream"), Map.entry("Content-Encoding", "gzip")), run);
        body.onSubscribe(upstream);
        return body;
    }

    private static Buffer gzipped(String text) throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(wire)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return Buffer.buffer(wire.toByteArray());
    }

    @Test
    void decodesNoMoreAtOnceThanARunMayHaveWaiting() throws Exception {
        UpstreamBodyReader body = compressed();
        String frame = "data: " + "x".repeat(60_000) + "\n\n";
        body.onNext(gzipped(frame.repeat(4 * FRAMES_OF_A_FULL_RUN)));
        body.onComplete();
        loop.run();
        assertTrue(run.isFull());
        assertEquals(1, upstream.requests.size());
        assertEquals(List.of(), told.news);

        int before = recorded().size();
        assertTrue(before <= FRAMES_OF_A_FULL_RUN + 3, "decoded " + before);
        for (int i = 0; i < 8; i++) {
            loop.run();
            at.commit();
        }
        assertEquals(List.of("complete"), told.news);
        List<String> frames = at.store.frames(run.pk());
        assertEquals(4 * FRAMES_OF_A_FULL_RUN + 1, frames.size());
        assertEquals(frame, frames.get(frames.size() - 1));
    }

    @Test
    void recordsNothingMoreOfACompressedBodyThatIsGivenUp() throws Exception {
        UpstreamBodyReader body = compressed();
        body.onNext(gzipped(("data: " + "x".repeat(60_000) + "\n\n").repeat(4 * FRAMES_OF_A_FULL_RUN)));
        body.finishFrames();
        int frames = recorded().size();
        loop.run();

        assertEquals(frames, recorded().size());
        assertTrue(frames < FRAMES_OF_A_FULL_RUN, "decoded " + frames);
    }

    @Test
    void recordsTheTailOfAResponseBeforeItSaysThatItIsWhole() {
        UpstreamBodyReader body = body();
        comes(body, "data: 1\n\ndata: ta");
        body.onComplete();
        body.onComplete();
        body.onError(new IOException("late"));

        assertEquals(List.of("complete"), told.news);
        assertEquals(List.of("data: 1\n\n", "data: ta"), recorded());
    }

    @Test
    void recordsTheTailOfAResponseThatBreaksOff() {
        UpstreamBodyReader body = body();
        comes(body, "data: ta");
        IOException cause = new IOException("it broke");
        body.onError(cause);
        comes(body, "il\n\n");

        assertEquals(List.of("broken off"), told.news);
        assertSame(cause, told.cause);
        assertEquals(List.of("data: ta"), recorded());
    }

    @Test
    void saysThatItCannotRecord() {
        // Without a journal it fails at each frame.
        UpstreamBodyReader body = unsubscribed("text/event-stream", null);
        body.onSubscribe(upstream);
        for (int i = 1; i < WINDOW / 2; i++) {
            comes(body, "data: ");
        }
        assertEquals(List.of(), told.news);
        comes(body, "1\n\n");

        assertEquals(List.of("faulty"), told.news);
        assertNotNull(told.cause);
        assertEquals(1, upstream.requests.size());
    }

    @Test
    void saysThatItCannotRecordTheTailInPlaceOfTheEnd() {
        UpstreamBodyReader body = unsubscribed("text/event-stream", null);
        body.onSubscribe(upstream);
        comes(body, "data: 1");
        body.onComplete();
        body.onComplete();

        assertEquals(List.of("faulty"), told.news);
    }

    @Test
    void isSilentWhereNothingComesForAsLongAsIsAllowed() {
        UpstreamBodyReader body = body();
        loop.pass(IDLE.minusSeconds(1));
        comes(body, ": ping\n\n");
        loop.pass(IDLE.minusNanos(1));
        assertEquals(List.of(), told.news);
        loop.pass(Duration.ofNanos(1));
        assertEquals(List.of("silent"), told.news);
    }

    @Test
    void isNotSilentWhileNothingIsAskedFor() {
        UpstreamBodyReader body = body();
        fill(body);
        loop.pass(IDLE.multipliedBy(3).minusSeconds(1));
        at.commit();
        loop.pass(IDLE.minusNanos(1));
        assertEquals(List.of(), told.news);
        loop.pass(Duration.ofNanos(1));
        assertEquals(List.of("silent"), told.news);
    }

    @Test
    void doesNothingAfterAStop() {
        UpstreamBodyReader body = body();
        comes(body, "data: 1\n\ndata: unfi");
        body.stop();
        comes(body, "nished\n\n");
        body.onComplete();
        loop.pass(IDLE.multipliedBy(2));

        assertEquals(List.of("data: 1\n\n"), recorded());
        assertEquals(List.of(), told.news);
        assertNull(told.cause);
        assertEquals(1, upstream.requests.size());
    }
}
