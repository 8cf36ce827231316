package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.journal.Journal;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.ShortBounds;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens at each bound of a recorded call. */
abstract class BoundsTest extends RunningGateway {

    /** How often is tried what a machine that stands still keeps from being seen. */
    private static final int TRIES = 5;

    @Inject
    Journal journal;

    private static String code(WireResponse response) throws Exception {
        JsonObject body = new JsonObject(new String(response.whole(), UTF_8));
        return response.status() + " " + body.getJsonObject("error").getString("code");
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    // ---- Commits

    @Test
    void keepsCommitsThatFollowEachOtherApart() throws Exception {
        int frames = 20;
        Semaphore read = new Semaphore(0);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            for (int i = 0; i < frames; i++) {
                exchange.chunk("data: 1\n\n");
                // The next frame is not there before this one is durable, so each takes a commit of its own.
                read.acquire();
            }
            exchange.end();
        });

        WireResponse response = client().post(ShortBounds.PATIENT_PATH, "{}", script.header());
        for (int i = 1; i <= frames; i++) {
            response.readUpTo(9 * i);
            read.release();
        }
        List<WireResponse.Arrival> arrivals = response.arrivals();

        assertEquals(frames, arrivals.size());
        long between = arrivals.get(frames - 1).atNanos() - arrivals.get(0).atNanos();
        // Less one distance, should the first have been read late.
        assertTrue(between >= ShortBounds.COMMIT_DISTANCE.toNanos() * (frames - 2), between + " ns");
        response.whole();
    }

    // ---- Live runs

    @Test
    void takesNoMoreRunsThanItsBoundsAllow() throws Exception {
        CountDownLatch enough = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            enough.await();
            exchange.end();
        });
        RunTable.await(
                "the runs of other tests end", () -> table().runs().stream().noneMatch(RunRow::running) ? true : null);
        Scripted over = upstream.on(Script.stream("data: x\n\n"));
        List<WireResponse> live = new ArrayList<>();
        for (int i = 0; i < ShortBounds.LIVE_RUNS_OF_OWNER_MAX; i++) {
            live.add(beginRun(script, "X-API-Key: crowd", "Idempotency-Key: crowd-" + i));
        }

        assertTooMany(over, "your runs", "X-API-Key: crowd");
        assertTooMany(over, "your runs", "X-API-Key: crowd", "Idempotency-Key: crowd-more");

        // One who gets a run again is a reader and takes no place.
        WireResponse repeat = beginRun(script, "X-API-Key: crowd", "Idempotency-Key: crowd-0");
        assertEquals("true", repeat.header("Idempotent-Replayed"));
        for (int i = live.size(); i < ShortBounds.LIVE_RUNS_MAX; i++) {
            live.add(beginRun(script, "X-API-Key: others"));
        }
        assertTooMany(over, "at this gateway", "X-API-Key: others");
        assertTooMany(over, "at this gateway", "X-API-Key: a third");

        assertTrue(over.isUncalled());
        assertTrue(table().runs().stream().noneMatch(run -> "over".equals(run.prompt())));
        enough.countDown();
        for (WireResponse each : live) {
            each.whole();
        }
        assertEquals(live.get(0).text(), new String(repeat.whole(), UTF_8));
        try (WireResponse next = client().post("/v1/run", "{}", over.header(), "X-API-Key: crowd")) {
            assertEquals(200, next.status());
        }
    }

    /** A run that takes its place once the runs of earlier tests have left theirs. */
    private WireResponse beginRun(Scripted script, String... headerLines) throws Exception {
        String[] lines = Stream.concat(Stream.of(script.header()), Stream.of(headerLines))
                .toArray(String[]::new);
        WireResponse response = RunTable.await("a place is free", () -> {
            WireResponse tried = client().post(ShortBounds.PATIENT_PATH, "{}", lines);
            return tried.status() == 429 ? null : tried;
        });
        response.readUpTo(9);
        assertTrue(response.text().startsWith("data: 1\n\n"), response.text());
        return response;
    }

    private void assertTooMany(Scripted script, String whose, String... headerLines) throws Exception {
        String[] lines = Stream.concat(Stream.of(script.header()), Stream.of(headerLines))
                .toArray(String[]::new);
        long last = journal.lastRunPk();
        WireResponse refused = client().post("/v1/run", "{\"prompt\":\"over\"}", lines);
        assertEquals("429 too_many_runs", code(refused));
        assertEquals(last, journal.lastRunPk(), "it has taken a key");
        assertTrue(refused.text().contains(whose), refused.text());
        assertTrue(Integer.parseInt(refused.header("Retry-After")) > 0);
        assertFalse(refused.head().has("Runtape-Run-Id"));
    }

    // ---- Silence

    /** It may be at work, so it is not called again, and clients that would repeat the call by themselves are told not to. */
    @Test
    void keepsTheKeyOfACallThatTheAgentApiDoesNotAnswer() throws Exception {
        String key = "Idempotency-Key: " + UUID.randomUUID();
        Scripted silent = upstream.on(Script.silence());

        WireResponse first = client().post("/v1/run", "{}", silent.header(), "X-API-Key: keeps", key);
        assertEquals("504 upstream_timeout", code(first));
        WireResponse repeat = client().post("/v1/run", "{}", silent.header(), "X-API-Key: keeps", key);

        assertEquals("504 upstream_timeout", code(repeat));
        for (WireResponse response : List.of(first, repeat)) {
            assertEquals("false", response.header("x-should-retry"));
            assertFalse(response.head().has("Retry-After"));
        }
        assertEquals(first.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
        silent.call();
        assertTrue(silent.isUncalled());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"stream\":false}"})
    void givesUpAnAgentApiThatDoesNotAnswer(String body) throws Exception {
        Scripted script = upstream.on(Script.silence());
        long began = System.nanoTime();

        WireResponse response = client().post("/v1/run", body, script.header());

        assertEquals("504 upstream_timeout", code(response));
        assertEquals("false", response.header("x-should-retry"));
        assertTrue(millisSince(began) >= ShortBounds.UPSTREAM_TIMEOUT.toMillis());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_timeout", run.outcome());
        assertNull(run.upstreamStatus());
        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
    }

    @Test
    void givesUpAnAgentApiThatDoesNotAnswerAForwardedCall() throws Exception {
        Scripted script = upstream.on(Script.silence());

        WireResponse response = client().get("/v1/models", script.header());

        assertEquals("504 upstream_timeout", code(response));
        assertEquals("false", response.header("x-should-retry"));
        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
    }

    @Test
    void cutsAStreamThatFallsSilent() throws Exception {
        String said = "data: 1\n\ndata: unfini";
        Scripted script = upstream.on(Script.unended(said));
        long began = System.nanoTime();

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(said, new String(response.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, response.end());
        assertTrue(millisSince(began) >= ShortBounds.IDLE_TIMEOUT.toMillis());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_timeout", run.outcome());
        assertArrayEquals(said.getBytes(UTF_8), table().bytes(run.id()));
        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
    }

    @Test
    void cutsAForwardedResponseThatFallsSilent() throws Exception {
        Scripted script = upstream.on(Script.unended("data: 1\n\n"));
        long began = System.nanoTime();

        WireResponse response = client().get("/v1/run/run_1/stream", script.header());

        assertEquals("data: 1\n\n", new String(response.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, response.end());
        assertTrue(millisSince(began) >= ShortBounds.IDLE_TIMEOUT.toMillis());
        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
    }

    @Test
    void bearsAForwardedResponseThatSaysLittle() throws Exception {
        bearsWhatSaysLittle(script -> client().get("/v1/run/run_1/stream", script.header()));
    }

    private interface Call {
        WireResponse of(Scripted script) throws Exception;
    }

    /** The response to a call of a stream that says little, whole, while that to another such call is cut for its silence. */
    private WireResponse bearsWhatSaysLittle(Call call) throws Exception {
        for (int tries = 1; ; tries++) {
            SaysLittle little = new SaysLittle();
            Scripted script = upstream.on(little);
            WireResponse response = call.of(script);
            response.readUpTo(1);

            awaitCut(call.of(fallingSilent()));

            little.enough.countDown();
            script.done();
            response.readAll();
            boolean saidLittle = little.longestPause.compareTo(ShortBounds.IDLE_TIMEOUT.dividedBy(2)) < 0;
            if (response.end() == WireResponse.End.WHOLE || saidLittle || tries == TRIES) {
                assertSaysTheLast(response);
                return response;
            }
        }
    }

    /** A stream that says a little again and again; when it is enough, it says its last and ends. */
    private static final class SaysLittle implements Script {

        private final CountDownLatch enough = new CountDownLatch(1);

        /** How long nothing was said; for more than a moment only where the machine held this thread up. */
        private Duration longestPause = Duration.ZERO;

        @Override
        public void answer(Exchange exchange) throws Exception {
            exchange.streamHead();
            long last = System.nanoTime();
            boolean more = true;
            while (more) {
                exchange.chunk(":\n");
                more = !enough.await(ShortBounds.IDLE_TIMEOUT.toMillis() / 20, TimeUnit.MILLISECONDS);
                long now = System.nanoTime();
                Duration pause = Duration.ofNanos(now - last);
                longestPause = pause.compareTo(longestPause) > 0 ? pause : longestPause;
                last = now;
            }
            exchange.chunk("data: x\n\n").end();
        }
    }

    private Scripted fallingSilent() {
        return upstream.on(Script.unended(":\n"));
    }

    /** A stream that falls silent is cut, though another one, which began before it, is not: that one has said something. */
    private static void awaitCut(WireResponse silent) throws IOException {
        assertEquals(":\n", new String(silent.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, silent.end());
    }

    private static void assertSaysTheLast(WireResponse response) throws IOException {
        assertEquals("data: x\n\n", new String(response.whole(), UTF_8).replace(":\n", ""));
    }

    @Test
    void blamesNoAgentApiForAClientThatTakesNoForwardedResponse() throws Exception {
        byte[] body = new byte[64 << 20];
        Scripted script = upstream.on(Script.whole(200, body));

        WireResponse response = client().get("/v1/files/1", script.header());
        response.readUpTo(1);
        TimeUnit.MILLISECONDS.sleep(2 * ShortBounds.IDLE_TIMEOUT.toMillis());

        assertArrayEquals(body, response.whole());
    }

    @Test
    void bearsAStreamThatSaysLittle() throws Exception {
        WireResponse response = bearsWhatSaysLittle(script -> client().post("/v1/run", "{}", script.header()));

        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void blamesNoAgentApiForASlowStore() throws Exception {
        byte[] chunk = ("data: " + "x".repeat(1016) + "\n\n").repeat(16).getBytes(UTF_8);
        int chunks = (24 << 20) / chunk.length;
        CountDownLatch locked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(chunk);
            locked.await();
            for (int i = 1; i < chunks; i++) {
                exchange.chunk(chunk);
            }
            exchange.end();
        });
        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(chunk.length);

        try (StoreLock lock = StoreLock.onFrames(store())) {
            locked.countDown();
            assertTrue(response.isSilentFor(ShortBounds.IDLE_TIMEOUT.multipliedBy(2)));
        }

        assertEquals(chunks * chunk.length, response.whole().length);
        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    // ---- Frames

    @Test
    void sendsAFrameBeforeAPauseAtOnce() throws Exception {
        WireResponse response;
        String first;
        int tries = 0;
        do {
            CountDownLatch headRead = new CountDownLatch(1);
            CountDownLatch read = new CountDownLatch(1);
            Scripted script = upstream.on(exchange -> {
                exchange.streamHead();
                headRead.await();
                exchange.chunk("data: 1\n\ndata: 2");
                read.await();
                exchange.chunk("\n\n").end();
            });

            response = client().post(ShortBounds.PATIENT_PATH, "{}", script.header());
            response.head();
            headRead.countDown();
            response.readUpTo(1);
            first = response.text();
            response.readUpTo(16);
            read.countDown();

            assertEquals("data: 1\n\ndata: 2\n\n", new String(response.whole(), UTF_8));
            tries++;
            // Where the commit of the frame takes long, what follows is flushed meanwhile, and is sent with it.
        } while (!first.equals("data: 1\n\n") && tries < TRIES);
        assertEquals("data: 1\n\n", first);
        table().ended(response.header("Runtape-Run-Id"));
        List<FrameRow> frames = table().frames(response.header("Runtape-Run-Id"));
        assertEquals(
                List.of(FrameKind.EVENT, FrameKind.PART, FrameKind.EVENT),
                frames.stream().map(FrameRow::kind).toList());
        assertEquals(1, frames.get(2).parts());
        assertEquals("\n\n", new String(frames.get(2).bytes(), UTF_8));
    }

    @Test
    void sendsAHeartbeatThatNoBlankLineFollows() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(": beat\n");
            read.await();
            exchange.end();
        });

        WireResponse response = client().post(ShortBounds.PATIENT_PATH, "{}", script.header());
        response.readUpTo(7);
        read.countDown();

        assertEquals(": beat\n", new String(response.whole(), UTF_8));
        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void waitsForTheRestOfAFrameForAWhile() throws Exception {
        AtomicLong tookNanos = new AtomicLong();
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            long began = System.nanoTime();
            for (String piece : List.of("da", "ta: ", "one\n", "\n")) {
                exchange.chunk(piece);
                tookNanos.set(System.nanoTime() - began);
                TimeUnit.MILLISECONDS.sleep(10);
            }
            exchange.end();
        });

        for (int tries = 1; ; tries++) {
            WireResponse response = client().post("/v1/run", "{}", script.header());

            assertEquals("data: one\n\n", new String(response.whole(), UTF_8));
            long frames = table().ended(response.header("Runtape-Run-Id")).frames();
            // On a busy machine the rest comes late.
            boolean late = tookNanos.get() >= ShortBounds.PARTIAL_FLUSH.toNanos() / 2;
            if (frames == 1 || !late || tries == TRIES) {
                assertEquals(1, frames);
                return;
            }
        }
    }

    @Test
    void storesAFrameOverTheLimitInParts() throws Exception {
        int data = 3 * ShortBounds.FRAME_BYTES_MAX;
        byte[] stream = ("event: big\ndata: " + "z".repeat(data) + "\n\ndata: small\n\n").getBytes(UTF_8);
        Scripted script = upstream.on(Script.stream(stream));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertArrayEquals(stream, response.whole());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals(2, run.events());
        List<FrameRow> frames = table().frames(run.id());
        List<FrameRow> parts = frames.subList(0, frames.size() - 2);
        assertTrue(parts.size() >= 2);
        assertTrue(parts.stream().allMatch(f -> f.kind() == FrameKind.PART));
        assertTrue(frames.stream().allMatch(f -> f.bytes().length <= ShortBounds.FRAME_BYTES_MAX));
        FrameRow completing = frames.get(frames.size() - 2);
        assertEquals(FrameKind.EVENT, completing.kind());
        assertEquals(parts.size(), completing.parts());
        assertEquals("big", completing.type());
        assertNull(frames.get(frames.size() - 1).parts());
        assertArrayEquals(stream, table().bytes(run.id()));
    }

    /** The terminal event repeats the whole response, and may be too long to be read. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/responses | response.created | {} | response.completed | completed",
                "/v1/responses | response.created | {} | response.failed | failed/upstream_error",
                "/v1/responses | response.created | {} | error | failed/upstream_error",
                "/v1/threads/t/runs/stream | metadata | {\"run_id\":\"r\",\"attempt\":1} | error | failed/upstream_error",
                "/v1/messages | message_start | {\"message\":{\"id\":\"m\"}} | error | failed/upstream_error",
                "/v1/run | run_started | {} | complete | completed",
                "/v1/run | run_started | {} | run_failed | failed/upstream_error"
            })
    void endsARunByTheNameOfAnEventThatIsTooLongToRead(
            String path, String first, String data, String last, String outcome) throws Exception {
        Scripted script = upstream.on(Script.stream(
                "event: " + first + "\ndata: " + data + "\n\n",
                "event: " + last + "\ndata: {\"z\":\"" + "z".repeat(3 * ShortBounds.FRAME_BYTES_MAX) + "\"}\n\n"));

        WireResponse response = client().post(path, "{\"stream\":true}", script.header());

        response.whole();
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals(outcome, run.outcome());
    }

    @Test
    void putsTheIdOfAFrameInPartsAtItsEnd() throws Exception {
        String data = "z".repeat(2 * ShortBounds.FRAME_BYTES_MAX);
        Scripted script = upstream.on(Script.stream("data: " + data + "\n\n", "data: small\n\n"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), "Runtape-Event-Ids: true");

        response.whole();
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        long last = run.lastSequence();
        assertEquals(
                "data: " + data + "\nid: " + (last - 1) + "\n\ndata: small\nid: " + last + "\n\n", response.text());
    }

    @Test
    void storesAResponseOverTheLimitInParts() throws Exception {
        byte[] json = ("{\"data\":{\"runId\":\"late\",\"text\":\"" + "z".repeat(3 * ShortBounds.FRAME_BYTES_MAX)
                        + "\"}}")
                .getBytes(UTF_8);
        Scripted script = upstream.on(Script.whole(200, json, "Content-Type: application/json"));

        WireResponse response = client().post("/v1/run", "{\"stream\":false}", script.header());

        assertArrayEquals(json, response.whole());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        List<FrameRow> frames = table().frames(run.id());
        assertTrue(frames.size() > 1);
        assertEquals(FrameKind.RESPONSE, frames.get(frames.size() - 1).kind());
        assertTrue(frames.subList(0, frames.size() - 1).stream().allMatch(f -> f.kind() == FrameKind.PART));
        assertArrayEquals(json, table().bytes(run.id()));
    }

    // ---- Bodies

    private static byte[] bodyOf(int length) {
        return ("{\"prompt\":\"" + "p".repeat(length - 13) + "\"}").getBytes(UTF_8);
    }

    @Test
    void takesABodyOfTheLimit() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        byte[] body = bodyOf(ShortBounds.BODY_BYTES_MAX);

        WireResponse response = client().send("POST", "/v1/run", body, script.header());

        response.whole();
        assertEquals(200, response.status());
        assertArrayEquals(body, script.call().body());
        assertEquals(
                body.length - 13,
                table().ended(response.header("Runtape-Run-Id")).prompt().length());
    }

    @Test
    void refusesABodyWhoseLengthIsOverTheLimitUnread() throws Exception {
        int before = table().runs().size();

        WireResponse response =
                client().sendHead("POST", "/v1/run", "Content-Type: application/json", "Content-Length: 262145");

        assertEquals("413 body_too_large", code(response));
        assertEquals(before, table().runs().size());
    }

    @Test
    void refusesAChunkedBodyOverTheLimit() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        int before = table().runs().size();

        WireResponse response = client().sendHead("POST", "/v1/run", script.header(), "Transfer-Encoding: chunked");
        byte[] chunk = ("8000\r\n" + "p".repeat(0x8000) + "\r\n").getBytes(UTF_8);
        for (int i = 0; i < 8; i++) {
            response.write(chunk);
        }
        response.write("1\r\nx\r\n".getBytes(UTF_8));

        assertEquals("413 body_too_large", code(response));
        assertTrue(script.isUncalled());
        assertEquals(before, table().runs().size());
    }

    // ---- Clients that go away

    /** A call whose run is cancelled once its client leaves, unless somebody else reads it. */
    private WireResponse postToBeCancelled(String body, Scripted script, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of(headerLines));
        lines.addAll(List.of(script.header(), "Runtape-On-Disconnect: cancel", "X-API-Key: mine"));
        return client().post(ShortBounds.PATIENT_PATH, body, lines.toArray(String[]::new));
    }

    /** A head that comes before the agent API's: who has it waits for that. */
    private static final String EARLY = "Runtape-Keep-Alive: 5; early";

    @Test
    void cancelsARunThatNobodyReads() throws Exception {
        Scripted script = upstream.on(Script.unended("data: 1\n\n"));

        WireResponse response = postToBeCancelled("{}", script);
        response.readUpTo(9);
        response.close();

        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("cancelled/client_disconnected", run.outcome());
        assertEquals(1, run.events());
    }

    @Test
    void asksTheAgentApiToCancelItsRun() throws Exception {
        Scripted script = upstream.on(exchange -> {
            if (exchange.call().target().equals("/v1/run/up-left-9/cancel")) {
                exchange.whole(202, "{}".getBytes(UTF_8));
            } else {
                exchange.streamHead("X-Run-ID: up-left-9").chunk("data: 1\n\n");
                exchange.awaitPeerGone();
            }
        });

        WireResponse response = postToBeCancelled("{}", script);
        response.readUpTo(9);
        response.close();

        assertEquals("/v1/run", script.call().target());
        ReceivedCall cancel = script.call();
        assertEquals("POST", cancel.method());
        assertEquals("mine", cancel.head().value("X-API-Key"));
        assertEquals(
                "cancelled/client_disconnected",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void cancelsARunWhoseClientLeftBeforeTheHead() throws Exception {
        Scripted script = upstream.on(Script.silence());

        WireResponse response = postToBeCancelled("{\"prompt\":\"left at once\"}", script);
        script.call();
        response.close();

        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
        RunRow run = RunTable.await(
                "the run ends",
                () -> table().runs().stream()
                        .filter(r -> "left at once".equals(r.prompt()) && !r.running())
                        .findFirst()
                        .orElse(null));
        assertEquals("cancelled/client_disconnected", run.outcome());
    }

    @Test
    void letsARunGoOnWhoseHeadARepeatWaitsFor() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            left.await();
            if (!exchange.peerGoneWithin(ShortBounds.DISCONNECT_GRACE.multipliedBy(3))) {
                exchange.streamHead().chunk("data: 1\n\n").end();
            }
        });
        String key = "Idempotency-Key: " + UUID.randomUUID();
        WireResponse response = postToBeCancelled("{}", script, key);
        script.call();
        WireResponse repeat = postToBeCancelled("{}", script, key, EARLY);
        assertEquals("true", repeat.header("Idempotent-Replayed"));

        response.close();
        left.countDown();

        String seen = new String(repeat.whole(), UTF_8);
        assertTrue(seen.endsWith("data: 1\n\n"), seen);
        assertEquals("completed", table().ended(repeat.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void cancelsARunWhoseHeadARepeatWaitsForNoLonger() throws Exception {
        Scripted script = upstream.on(Script.silence());
        String key = "Idempotency-Key: " + UUID.randomUUID();
        WireResponse response = postToBeCancelled("{}", script, key);
        script.call();
        WireResponse repeat = postToBeCancelled("{}", script, key, EARLY);
        assertEquals("true", repeat.header("Idempotent-Replayed"));

        repeat.close();
        response.close();

        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
        assertEquals(
                "cancelled/client_disconnected",
                table().ended(repeat.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void letsARunThatSomebodyElseReadsGoOn() throws Exception {
        CountDownLatch enough = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            while (!enough.await(ShortBounds.DISCONNECT_GRACE.toMillis() / 2, TimeUnit.MILLISECONDS)) {
                exchange.chunk(": beat\n\n");
            }
            exchange.chunk("data: 2\n\n").end();
        });
        WireResponse response = postToBeCancelled("{}", script);
        response.readUpTo(9);
        String events = "/history/v1/runs/" + response.header("Runtape-Run-Id") + "/events";
        WireResponse tail = client().get(events, "Accept: text/event-stream", "X-API-Key: mine");
        tail.readUpTo(9);

        response.close();
        for (int beat = 0; beat < 8; beat++) {
            assertTrue(tail.readMore());
        }
        enough.countDown();

        String seen = new String(tail.whole(), UTF_8);
        assertTrue(seen.contains("data: 2\nid: "), seen);
        assertTrue(seen.contains("\"status\":\"completed\""), seen);
        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }
}
