package io.runtape.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.KeyTable;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code Idempotency-Key}: a repeated call gets the run of the first one, and the agent is not run again. */
abstract class RepeatedCallTest extends RunningGateway {

    private static final String STREAM = "data: 1\n\n: beat\n\ndata: 2\n\ndata: 3\n\n";
    private static final String CREDENTIAL = "X-API-Key: repeats";
    private static final Duration A_WHILE = Duration.ofMillis(300);

    private String key;

    @BeforeEach
    void chooseKey() {
        key = "key-" + UUID.randomUUID();
    }

    private WireResponse post(String body, String... headerLines) throws Exception {
        return postTo("/v1/run", body, headerLines);
    }

    private WireResponse postTo(String path, String body, String... headerLines) throws Exception {
        List<String> lines = new ArrayList<>(List.of(headerLines));
        lines.add("Idempotency-Key: " + key);
        if (lines.stream().noneMatch(line -> line.startsWith("X-API-Key:"))) {
            lines.add(CREDENTIAL);
        }
        return client().post(path, body, lines.toArray(String[]::new));
    }

    private KeyTable keys() {
        return new KeyTable(store()::connect);
    }

    private static void assertRepeats(WireResponse first, WireResponse repeat) throws Exception {
        assertEquals("true", repeat.header("Idempotent-Replayed"));
        assertFalse(first.head().has("Idempotent-Replayed"));
        assertEquals(first.status(), repeat.status());
        assertEquals(first.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
        assertEquals(first.header("Runtape-Thread-Id"), repeat.header("Runtape-Thread-Id"));
    }

    private static void assertCalledOnce(Scripted script) throws Exception {
        script.call();
        assertTrue(script.isUncalled());
    }

    private static void assertRefused(int status, String code, WireResponse response) throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(status, response.status(), body);
        assertEquals(code, new JsonObject(body).getJsonObject("error").getString("code"));
        assertFalse(response.head().has("Idempotent-Replayed"));
    }

    // ---- The same run once more

    @Test
    void anotherHeaderThatTheOperatorNamesHasTheKeyToo() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        String named = "X-Stainless-Idempotency-Key: " + key;

        WireResponse first = client().post("/v1/run", "{}", script.header(), CREDENTIAL, named);
        first.whole();
        WireResponse repeat = client().post("/v1/run", "{}", script.header(), CREDENTIAL, named);
        WireResponse byName = post("{}", script.header());

        assertEquals(STREAM, new String(repeat.whole(), UTF_8));
        assertRepeats(first, repeat);
        assertEquals(STREAM, new String(byName.whole(), UTF_8));
        assertRepeats(first, byName);
        assertEquals(List.of(key), script.call().head().values("X-Stainless-Idempotency-Key"));
        assertTrue(script.isUncalled());
    }

    @Test
    void keysThatDifferAreRefused() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));

        assertRefused(
                400,
                "invalid_request",
                client().post(
                                "/v1/run",
                                "{}",
                                script.header(),
                                CREDENTIAL,
                                "X-Stainless-Idempotency-Key: " + key,
                                "X-Attempt-Of: other"));

        assertTrue(script.isUncalled());
    }

    @Test
    void fiveEqualCallsAtOnceRunTheAgentOnce() throws Exception {
        CountDownLatch all = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            all.await();
            exchange.streamHead("X-Run-ID: theirs", "X-Custom: kept")
                    .chunk(STREAM)
                    .end();
        });
        String prompt = UUID.randomUUID().toString();

        List<WireResponse> answers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            answers.add(post("{\"prompt\":\"" + prompt + "\"}", script.header()));
        }
        script.call();
        assertTrue(answers.get(4).isSilentFor(A_WHILE));
        all.countDown();

        Set<String> runs = new HashSet<>();
        int repeats = 0;
        for (WireResponse response : answers) {
            assertEquals(STREAM, new String(response.whole(), UTF_8));
            assertEquals(200, response.status());
            assertEquals("theirs", response.header("X-Run-ID"));
            assertEquals("kept", response.header("X-Custom"));
            runs.add(response.header("Runtape-Run-Id"));
            repeats += response.head().has("Idempotent-Replayed") ? 1 : 0;
        }
        assertEquals(1, runs.size());
        assertEquals(4, repeats);
        assertTrue(script.isUncalled());
        assertEquals(
                1,
                table().runs().stream()
                        .filter(run -> prompt.equals(run.prompt()))
                        .count());
    }

    @Test
    void callsThatWaitForOneCommitRunTheAgentOnce() {
        RunTable.await("all calls are taken", () -> {
            chooseKey();
            return calledOnceByAllThatWait() ? true : null;
        });
    }

    /** Not where a machine stands still for so long that calls are refused, as they are while the database stalls. */
    private boolean calledOnceByAllThatWait() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        Scripted others = upstream.on(Script.stream("data: other\n\n"));
        List<WireResponse> equal = new ArrayList<>();
        List<WireResponse> besides = new ArrayList<>();
        try (StoreLock lock = StoreLock.onRuns(store())) {
            // The first one is being committed for as long as the lock is held, and all others wait.
            besides.add(client().post("/v1/run", "{}", others.header()));
            for (int i = 0; i < 5; i++) {
                equal.add(post("{}", script.header()));
                besides.add(client().post("/v1/run", "{}", others.header(), CREDENTIAL, "Idempotency-Key: " + key + i));
            }
            if (!equal.get(4).isSilentFor(A_WHILE)) {
                assertEquals(503, equal.get(4).status());
            }
        }
        for (WireResponse response :
                Stream.concat(equal.stream(), besides.stream()).toList()) {
            response.whole();
            if (response.status() == 503) {
                return false;
            }
        }

        Set<String> runs = new HashSet<>();
        for (WireResponse response : equal) {
            assertEquals(STREAM, new String(response.whole(), UTF_8));
            runs.add(response.header("Runtape-Run-Id"));
        }
        assertEquals(1, runs.size());
        assertCalledOnce(script);
        for (WireResponse response : besides) {
            assertEquals("data: other\n\n", new String(response.whole(), UTF_8));
            assertFalse(response.head().has("Idempotent-Replayed"));
        }
        return true;
    }

    @Test
    void twoBodiesAtOnceWithOneKeyAreOneRunAndOneRefusal() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));

        WireResponse one = post("{\"prompt\":\"one\"}", script.header());
        WireResponse other = post("{\"prompt\":\"other\"}", script.header());

        assertEquals(Set.of(200, 422), Set.of(one.status(), other.status()));
        WireResponse run = one.status() == 200 ? one : other;
        assertEquals(STREAM, new String(run.whole(), UTF_8));
        assertRefused(422, "idempotency_key_reused", run == one ? other : one);
        assertCalledOnce(script);
    }

    @Test
    void followsALiveRunFromItsBeginning() throws Exception {
        CountDownLatch repeated = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            repeated.await();
            exchange.chunk("data: 2\n\n").end();
        });
        WireResponse first = post("{}", script.header());
        first.readUpTo(9);

        WireResponse repeat = post("{}", script.header());

        assertEquals("data: 1\n\n", new String(repeat.readUpTo(9), UTF_8));
        repeated.countDown();
        assertEquals("data: 1\n\ndata: 2\n\n", new String(repeat.whole(), UTF_8));
        assertArrayEquals(first.whole(), repeat.held());
        assertRepeats(first, repeat);
        assertCalledOnce(script);
    }

    @Test
    void goesOnWhenTheFirstClientHasLeft() throws Exception {
        CountDownLatch repeated = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            repeated.await();
            exchange.chunk("data: 2\n\n").end();
        });
        WireResponse first = post("{}", script.header(), "Runtape-Event-Ids: true");
        first.readUpTo("data: 1\nid: 1\n\n".length());
        first.close();

        WireResponse repeat = post("{}", script.header(), "Runtape-Event-Ids: true", "Last-Event-ID: 1");
        assertEquals(200, repeat.status());
        repeated.countDown();

        assertEquals("data: 2\nid: 2\n\n", new String(repeat.whole(), UTF_8));
        assertCalledOnce(script);
    }

    @Test
    void repeatsARunThatHasEnded() throws Exception {
        Scripted script = upstream.on(exchange -> exchange.streamHead(
                        "X-Run-ID: theirs", "Cache-Control: no-store", "X-Twice: a", "X-Twice: b", "Set-Cookie: s=1")
                .chunk(STREAM)
                .end());
        WireResponse first = post("{}", script.header());
        first.whole();

        WireResponse repeat = post("{}", script.header());

        assertArrayEquals(first.held(), repeat.whole());
        assertRepeats(first, repeat);
        assertEquals("theirs", repeat.header("X-Run-ID"));
        assertEquals("no-store", repeat.header("Cache-Control"));
        assertEquals(List.of("a", "b"), repeat.head().values("X-Twice"));
        assertEquals("text/event-stream", repeat.header("Content-Type"));
        assertFalse(repeat.head().has("Set-Cookie"), "an answer's cookies are not stored");
        assertCalledOnce(script);
    }

    @Test
    void givesEventIdsToWhoeverAsksForThem() throws Exception {
        byte[] stream = STREAM.getBytes(UTF_8);
        Scripted script = upstream.on(Script.whole(200, stream, "Content-Type: text/event-stream"));
        WireResponse first = post("{}", script.header());
        first.whole();

        WireResponse withIds = post("{}", script.header(), "Runtape-Event-Ids: true");
        WireResponse without = post("{}", script.header());

        assertEquals(
                "data: 1\nid: 1\n\n: beat\n\ndata: 2\nid: 3\n\ndata: 3\nid: 4\n\n", new String(withIds.whole(), UTF_8));
        assertFalse(withIds.head().has("Content-Length"));
        assertEquals(STREAM, new String(without.whole(), UTF_8));
        assertEquals(Integer.toString(stream.length), without.header("Content-Length"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void beginsAfterTheLastEventId(int position) throws Exception {
        byte[] stream = STREAM.getBytes(UTF_8);
        Scripted script = upstream.on(Script.whole(200, stream, "Content-Type: text/event-stream"));
        WireResponse first = post("{}", script.header());
        first.whole();

        WireResponse repeat = post("{}", script.header(), "Last-Event-ID: " + position);

        String[] frames = STREAM.split("(?<=\n\n)");
        assertEquals(
                String.join("", List.of(frames).subList(position, frames.length)), new String(repeat.whole(), UTF_8));
        assertRepeats(first, repeat);
        assertCalledOnce(script);
    }

    /** What is left of a body in a coding that the gateway cannot decode is shorter than its head says. */
    @Test
    void givesTheRestOfABodyThatItCannotDecode() throws Exception {
        byte[] bytes = new byte[200_000];
        new Random(1).nextBytes(bytes);
        Scripted script =
                upstream.on(Script.whole(200, bytes, "Content-Type: text/event-stream", "Content-Encoding: br"));
        assertArrayEquals(bytes, post("{}", script.header()).whole());

        WireResponse repeat = post("{}", script.header(), "Last-Event-ID: 1");

        byte[] rest = repeat.whole();
        assertTrue(rest.length > 0 && rest.length < bytes.length, rest.length + " bytes");
        assertArrayEquals(Arrays.copyOfRange(bytes, bytes.length - rest.length, bytes.length), rest);
        assertFalse(repeat.head().has("Content-Length"));
        assertCalledOnce(script);
    }

    @Test
    void repeatsWhatIsNoEventStream() throws Exception {
        String body = "{\"data\":{\"runId\":\"theirs\",\"threadId\":\"thr_theirs\"},\"answer\":42}";
        Scripted script = upstream.on(Script.json(200, body, "X-Custom: kept"));
        WireResponse first = post("{\"stream\":false}", script.header());
        first.whole();

        WireResponse repeat = post("{\"stream\":false}", script.header(), "Runtape-Event-Ids: true");

        assertEquals(body, new String(repeat.whole(), UTF_8));
        assertEquals("application/json", repeat.header("Content-Type"));
        assertEquals(Integer.toString(body.length()), repeat.header("Content-Length"));
        assertEquals("kept", repeat.header("X-Custom"));
        assertEquals("thr_theirs", repeat.header("Runtape-Thread-Id"));
        assertRepeats(first, repeat);
        assertCalledOnce(script);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 400, 402, 404, 500, 502, 504})
    void repeatsOtherStatusesOfTheAgentApi(int status) throws Exception {
        Scripted script = upstream.on(exchange -> {
            if (status == 204) {
                exchange.head(204);
                exchange.isWhole();
            } else {
                exchange.whole(status, "{\"said\":\"no\"}".getBytes(UTF_8), "Content-Type: application/json");
            }
        });
        WireResponse first = post("{}", script.header());
        first.whole();

        WireResponse repeat = post("{}", script.header());

        assertArrayEquals(first.held(), repeat.whole());
        assertEquals(status, repeat.status());
        assertRepeats(first, repeat);
        assertCalledOnce(script);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "data: 1\n\ndata: unfini"})
    void cutsTheRepeatWhereTheResponseBrokeOff(String said) throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(said);
            read.await();
        });
        WireResponse first = post("{}", script.header());
        first.readUpTo(Math.max(0, said.indexOf("data: unfini")));
        read.countDown();
        first.readAll();
        assertEquals(said, first.text());
        table().ended(first.header("Runtape-Run-Id"));

        WireResponse repeat = post("{}", script.header());

        assertArrayEquals(table().bytes(first.header("Runtape-Run-Id")), repeat.readAll());
        assertEquals(WireResponse.End.CUT, repeat.end());
        assertRepeats(first, repeat);
        assertCalledOnce(script);
    }

    @Test
    void waitsForTheRunOfAnotherGateway() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse first = post("{}", script.header());
        first.whole();
        RunRow run = table().ended(first.header("Runtape-Run-Id"));
        // As the row is while another gateway waits for the head.
        update(
                "update run set status = 'running', completed_at = null, upstream_status = null where run_pk = ?",
                run.pk());

        WireResponse repeat = post("{}", script.header());
        assertTrue(repeat.isSilentFor(A_WHILE));
        update(
                "update run set status = 'completed', completed_at = current_timestamp, upstream_status = 200"
                        + " where run_pk = ?",
                run.pk());

        assertEquals(STREAM, new String(repeat.whole(), UTF_8));
        assertRepeats(first, repeat);
        assertCalledOnce(script);
    }

    private void update(String sql, long runPk) throws SQLException {
        try (Connection connection = PatientConnection.to(store());
                PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, runPk);
            assertEquals(1, update.executeUpdate());
        }
    }

    // ---- What is no repeat

    @Test
    void refusesAnotherBodyOrPath() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        post("{\"prompt\":\"a\"}", script.header()).whole();

        assertRefused(422, "idempotency_key_reused", post("{\"prompt\":\"b\"}", script.header()));
        assertRefused(422, "idempotency_key_reused", post("{\"prompt\":\"a\" }", script.header()));
        assertRefused(
                422, "idempotency_key_reused", postTo("/v1/agents/coder/run", "{\"prompt\":\"a\"}", script.header()));

        assertEquals(
                200,
                postTo("/v1/run?trace=1", "{\"prompt\":\"a\"}", script.header()).status());
        assertCalledOnce(script);
    }

    @Test
    void keepsTheKeysOfOwnersApart() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse one = post("{}", script.header(), "X-API-Key: one");
        one.whole();

        WireResponse other = post("{\"prompt\":\"other\"}", script.header(), "X-API-Key: other");

        assertEquals(200, other.status());
        other.whole();
        assertFalse(other.head().has("Idempotent-Replayed"));
        script.call();
        script.call();
    }

    @Test
    void answersNobodyWithoutACredentialFromAnothersRun() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        String anyone = "Idempotency-Key: " + key;
        WireResponse alice = client().post("/v1/run", "{}", script.header(), anyone, "Cookie: session=alice");
        alice.whole();

        WireResponse mallory = client().post("/v1/run", "{}", script.header(), anyone, "Cookie: session=mallory");
        WireResponse further = client().post("/v1/run", "{}", script.header(), anyone, "Last-Event-ID: 1");

        assertEquals(STREAM, new String(mallory.whole(), UTF_8));
        assertFalse(mallory.head().has("Idempotent-Replayed"));
        assertNotEquals(alice.header("Runtape-Run-Id"), mallory.header("Runtape-Run-Id"));
        assertRefused(400, "unknown_sequence", further);
        script.call();
        assertEquals("session=mallory", script.call().head().value("Cookie"));
        assertTrue(script.isUncalled());
        assertFalse(keys().has(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "ä", "tab\there"})
    void refusesABadKey(String bad) throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));

        WireResponse response = client().post("/v1/run", "{}", script.header(), "Idempotency-Key: " + bad);

        String body = new String(response.whole(), UTF_8);
        assertEquals(400, response.status());
        assertTrue(body.contains("\"invalid_request\""), body);
        assertTrue(body.contains("Idempotency-Key") && body.contains("255 visible ASCII"), body);
        assertTrue(script.isUncalled());
    }

    @Test
    void boundsTheLengthOfAKeyAndTakesOnlyOne() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        String longest = (key + "~!\"" + "k".repeat(255)).substring(0, 255);

        WireResponse fits = client().post("/v1/run", "{}", script.header(), CREDENTIAL, "Idempotency-Key: " + longest);
        WireResponse tooLong =
                client().post("/v1/run", "{}", script.header(), CREDENTIAL, "Idempotency-Key: " + longest + "k");
        WireResponse two = post("{}", script.header(), "Idempotency-Key: " + key + "2");

        assertEquals(200, fits.status());
        assertRefused(400, "invalid_request", tooLong);
        assertRefused(400, "invalid_request", two);
    }

    @Test
    void refusesAPositionThatTheRunDoesNotHave() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        post("{}", script.header()).whole();

        assertRefused(400, "unknown_sequence", post("{}", script.header(), "Last-Event-ID: 5"));
        assertRefused(400, "invalid_request", post("{}", script.header(), "Last-Event-ID: evt_1"));
        assertRefused(400, "invalid_request", post("{}", script.header(), "Last-Event-ID: -1"));
        assertCalledOnce(script);
    }

    @Test
    void beginsNoRunForSomeoneWhoHasPartOfOne() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));

        assertRefused(400, "unknown_sequence", post("{}", script.header(), "Last-Event-ID: 1"));

        assertTrue(script.isUncalled());
        assertFalse(keys().has(key));
    }

    @Test
    void sendsNeitherKeyNorPositionOn() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));

        post("{}", script.header(), "Last-Event-ID: 0").whole();
        client().post("/v1/run", "{}", script.header(), "Last-Event-ID: evt_1").whole();

        ReceivedCall keyed = script.call();
        assertFalse(keyed.head().has("Last-Event-ID"));
        assertFalse(keyed.head().has("Idempotency-Key"));
        assertEquals("evt_1", script.call().head().value("Last-Event-ID"));
    }

    // ---- Keys that are free again

    private void assertFree(WireResponse failed) throws Exception {
        failed.whole();
        Scripted again = upstream.on(Script.stream(STREAM));
        WireResponse response = post("{}", again.header());
        assertEquals(STREAM, new String(response.whole(), UTF_8));
        assertFalse(response.head().has("Idempotent-Replayed"));
        assertCalledOnce(again);
        assertRepeats(response, post("{}", again.header()));
        assertTrue(again.isUncalled());
    }

    @Test
    void freesTheKeyWhereTheAgentApiCannotBeReached() throws Exception {
        upstream.refuse();
        WireResponse failed;
        try {
            failed = post("{}");
            assertEquals(502, failed.status());
        } finally {
            upstream.acceptAgain();
        }
        assertFree(failed);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void freesTheKeyWhereTheAgentApiAsksToTryAgain(int status) throws Exception {
        Scripted script = upstream.on(Script.json(status, "{\"error\":\"later\"}", "Retry-After: 1"));
        WireResponse failed = post("{}", script.header());
        assertEquals(status, failed.status());
        assertFree(failed);
    }

    @Test
    void freesTheKeyOfARunThatWasDeletedOnceItWasFree() throws Exception {
        Scripted script = upstream.on(Script.json(429, "{}"));
        WireResponse failed = post("{}", script.header(), "X-API-Key: mine");
        failed.whole();
        // A response of a known length is whole before the run's end is durable, and a live run is not deleted.
        String run = "/history/v1/runs/" + failed.header("Runtape-Run-Id");
        RunTable.await("the run ends for its readers", () -> {
            JsonObject body = new JsonObject(
                    new String(client().get(run, "X-API-Key: mine").whole(), UTF_8));
            return "running".equals(body.getJsonObject("data").getString("status")) ? null : true;
        });
        delete(failed, 204);

        Scripted again = upstream.on(Script.stream(STREAM));
        assertEquals(200, post("{}", again.header(), "X-API-Key: mine").status());
    }

    @Test
    void freesTheKeyWhereTheStoreDoesNotAnswer() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse refused;
        try (StoreLock lock = StoreLock.onRuns(store())) {
            refused = post("{}", script.header());
            assertEquals(503, refused.status());
            assertTrue(refused.head().has("Retry-After"));
        }
        assertTrue(new String(refused.whole(), UTF_8).contains("\"store_unavailable\""));
        assertTrue(script.isUncalled());
        RunTable.await(
                "the gateway takes calls again",
                () -> client().post("/v1/run", "{}", script.header()).status() == 200 ? true : null);
        assertFree(refused);
    }

    // ---- Keys that have a run without a response

    /** Whoever repeats the call is told the same, and that it is of no use, and the agent is not called again. */
    private void assertKept(int status, String code, Scripted script, WireResponse failed) throws Exception {
        for (WireResponse response : List.of(failed, post("{}", script.header()), post("{}", script.header()))) {
            assertRefused(status, code, response);
            assertEquals(failed.header("Runtape-Run-Id"), response.header("Runtape-Run-Id"));
            assertEquals(failed.header("Runtape-Thread-Id"), response.header("Runtape-Thread-Id"));
            assertFalse(response.head().has("Retry-After"), response.head().toString());
            if (status >= 500) {
                assertEquals("false", response.header("x-should-retry"));
            }
        }
        assertCalledOnce(script);
        assertRefused(422, "idempotency_key_reused", post("{\"prompt\":\"another\"}", script.header()));
    }

    @Test
    void keepsTheKeyWhereTheAgentApiSpeaksNoHttp() throws Exception {
        Scripted script = upstream.on(
                exchange -> exchange.raw("no HTTP\r\n\r\n".getBytes(UTF_8)).awaitPeerGone());

        assertKept(502, "upstream_invalid", script, post("{}", script.header()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void keepsTheKeyWhereTheAgentApiGoesWithoutAResponse(boolean byReset) throws Exception {
        Scripted script = upstream.on(exchange -> {
            if (byReset) {
                exchange.reset();
            }
        });

        assertKept(502, "upstream_unreachable", script, post("{}", script.header()));
    }

    @Test
    void keepsTheKeyOfARunThatWasCancelledBeforeItsResponse() throws Exception {
        Scripted script = upstream.on(Script.silence());
        String owner = "X-API-Key: " + key;
        WireResponse first = post("{}", script.header(), owner);
        script.call();
        String run;
        try (WireResponse runs = client().get("/history/v1/runs", owner)) {
            run = new JsonObject(new String(runs.whole(), UTF_8))
                    .getJsonArray("data")
                    .getJsonObject(0)
                    .getString("id");
        }
        try (WireResponse cancelled = client().post("/history/v1/runs/" + run + "/cancel", "", owner)) {
            assertEquals(200, cancelled.status());
        }

        assertRefused(410, "gone", first);
        assertRefused(410, "gone", post("{}", script.header(), owner));
        assertTrue(script.isUncalled());
    }

    /** As the row is where the gateway died, or the store was away for too long, after the call was sent. */
    @ParameterizedTest
    @ValueSource(strings = {"gateway_lost", "store_unavailable", "gateway_stopped"})
    void keepsTheKeyOfARunThatWasLostAfterItsCallWasSent(String reason) throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse first = post("{}", script.header());
        first.whole();
        RunRow run = table().ended(first.header("Runtape-Run-Id"));
        update(
                "update run set status = 'failed', cut = true, upstream_status = null, reason = '" + reason
                        + "' where run_pk = ?",
                run.pk());

        for (int i = 0; i < 2; i++) {
            WireResponse repeat = post("{}", script.header());
            assertRefused(500, "internal_error", repeat);
            assertEquals("false", repeat.header("x-should-retry"));
            assertEquals(run.id(), repeat.header("Runtape-Run-Id"));
            assertFalse(repeat.head().has("Retry-After"));
        }
        assertCalledOnce(script);
    }

    @Test
    void tellsThoseThatWaitForTheHeadHowTheRunFailed() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> waiting.await());
        WireResponse first = post("{}", script.header());
        script.call();
        WireResponse repeat = post("{}", script.header());
        assertTrue(repeat.isSilentFor(A_WHILE));
        waiting.countDown();

        assertRefused(502, "upstream_unreachable", first);
        assertRefused(502, "upstream_unreachable", repeat);
        assertEquals(first.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
        assertTrue(script.isUncalled());
    }

    // ---- Keys whose run or time is over

    private void delete(WireResponse response, int status) throws Exception {
        WireResponse deleted = client().send(
                        "DELETE",
                        "/history/v1/runs/" + response.header("Runtape-Run-Id"),
                        new byte[0],
                        "X-API-Key: mine");
        assertEquals(status, deleted.status());
    }

    @Test
    void saysThatTheRunIsGone() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse first = post("{}", script.header(), "X-API-Key: mine");
        first.whole();
        delete(first, 204);

        assertRefused(410, "gone", post("{}", script.header(), "X-API-Key: mine"));
        assertRefused(410, "gone", post("{}", script.header(), "X-API-Key: mine", "Last-Event-ID: 1"));
        assertCalledOnce(script);
    }

    /** The digest that the first one left is still there when the second one is deleted. */
    @Test
    void deletesTheSecondRunOfAKeyLikeTheFirst() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse first = post("{}", script.header(), "X-API-Key: mine");
        first.whole();
        String owner = table().ended(first.header("Runtape-Run-Id")).owner();
        delete(first, 204);
        String digest = GoneKey.of(owner, key);
        keys().expire(digest);
        WireResponse second;
        try (Connection other = store().connect();
                PreparedStatement lock =
                        other.prepareStatement("select 1 from idempotency_key where id = ? for update")) {
            // What is locked is not pruned.
            other.setAutoCommit(false);
            lock.setString(1, digest);
            assertTrue(lock.executeQuery().next());
            second = post("{}", script.header(), "X-API-Key: mine");
            second.whole();
            other.rollback();
        }
        assertNotEquals(first.header("Runtape-Run-Id"), second.header("Runtape-Run-Id"));

        delete(second, 204);

        assertRefused(410, "gone", post("{}", script.header(), "X-API-Key: mine"));
    }

    @Test
    void forgetsAKeyWhenItsTimeIsOver() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        WireResponse first = post("{}", script.header());
        first.whole();
        long left = keys().secondsLeft(key);
        assertTrue(
                left > Duration.ofHours(24).toSeconds() - 60
                        && left <= Duration.ofHours(24).toSeconds(),
                "" + left);
        keys().expire(key);

        WireResponse again = post("{\"prompt\":\"another\"}", script.header());

        assertEquals(STREAM, new String(again.whole(), UTF_8));
        assertFalse(again.head().has("Idempotent-Replayed"));
        script.call();
        script.call();
        assertTrue(keys().secondsLeft(key) > 0);
        assertEquals("completed", table().ended(first.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void prunesKeysWhoseTimeIsOver() throws Exception {
        Scripted script = upstream.on(Script.stream(STREAM));
        String old = key;
        post("{}", script.header()).whole();
        keys().expire(old);

        // Each new key takes two old ones along.
        for (int i = 0; keys().has(old); i++) {
            assertTrue(i < 50, "it is still there");
            chooseKey();
            post("{}", script.header()).whole();
        }
    }
}
