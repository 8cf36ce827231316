package io.runtape.history;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/** What tests of the history begin with: runs that were really recorded, of a caller that no other test is. */
public abstract class RecordedHistory extends RunningGateway {

    /** An answer may take as long on a crowded machine. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The credential of this test. */
    protected final String key = "rt_test_" + UUID.randomUUID();

    /** A thread that no other test uses. */
    protected final String thread = "thr_" + UUID.randomUUID();

    /** A request of this test's caller to the history. */
    protected RequestSpecification history() {
        return historyOf(key);
    }

    /** A request of another caller. */
    protected RequestSpecification historyOf(String otherKey) {
        return given().baseUri(url())
                .basePath("/history/v1")
                .urlEncodingEnabled(false)
                .header("X-API-Key", otherKey);
    }

    /** The JSON at this address. */
    protected Json json(String target) {
        return json(key, target);
    }

    /** The same, as another caller sees it. */
    protected Json json(String otherKey, String target) {
        return Json.of(read(otherKey, target, 200));
    }

    /** What is answered to this caller with this status, which is JSON. */
    private String read(String caller, String target, int status) {
        try (WireResponse response = get(caller, target)) {
            response.whole();
            String body = response.text();
            Assertions.assertEquals(status, response.status(), body);
            Assertions.assertTrue(response.header("Content-Type").startsWith("application/json"), body);
            return body;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private WireResponse get(String caller, String target) throws IOException {
        return client().get("/history/v1" + target, "X-API-Key: " + caller).patient(PATIENCE);
    }

    /** Checks that the address is refused so. */
    protected void refused(String target, int status, String code, String... said) {
        refused(read(key, target, status), code, said);
    }

    protected static void refused(ValidatableResponse response, int status, String code, String... said) {
        refused(
                response.statusCode(status)
                        .contentType(ContentType.JSON)
                        .extract()
                        .asString(),
                code,
                said);
    }

    private static void refused(String body, String code, String... said) {
        Json error = Json.of(body);
        Assertions.assertEquals(code, error.getString("error.code"));
        Assertions.assertNotNull(error.getString("error.requestId"));
        for (String words : said) {
            String message = error.getString("error.message");
            Assertions.assertTrue(message.contains(words), message);
        }
    }

    /** Checks that this test's caller has no run. */
    protected void assertNoRun() {
        Assertions.assertEquals(List.of(), json("/runs").getList("data"));
    }

    /** Waits until readers see that a caller's run has ended; on H2 its row says so a moment earlier. Who is refused asks again. */
    protected void awaitEnd(String otherKey, String id) {
        RunTable.await("run " + id + " ends for its readers", () -> {
            try (WireResponse response = get(otherKey, "/runs/" + id)) {
                response.whole();
                String status = Json.of(response.text()).getString("data.status");
                return "running".equals(status) ? null : status;
            }
        });
    }

    /** Records a run of the agent API's response to this body, to its end. */
    protected String record(String body, Script script, String... headerLines) throws Exception {
        return record("/v1/run", body, script, headerLines);
    }

    protected String record(String target, String body, Script script, String... headerLines) throws Exception {
        try (WireResponse response = call(target, body, upstream.on(script), headerLines)) {
            response.readAll();
            String id = response.header("Runtape-Run-Id");
            // A body of a known length has no closing chunk: its last byte is sent before the run's end is durable.
            if (response.head().has("Content-Length")) {
                awaitEnd(key, id);
            }
            return id;
        }
    }

    private WireResponse call(String target, String body, Scripted script, String... headerLines) throws Exception {
        String[] lines = new String[headerLines.length + 2];
        lines[0] = "X-API-Key: " + key;
        lines[1] = script.header();
        System.arraycopy(headerLines, 0, lines, 2, headerLines.length);
        return client().post(target, body, lines);
    }

    /** Begins a run that goes on until it is told to end. */
    protected LiveRun begin(String body, String... chunks) throws Exception {
        return beginAt("/v1/run", body, chunks);
    }

    /** The same of a call to another path. */
    protected LiveRun beginAt(String target, String body, String... chunks) throws Exception {
        return new LiveRun(target, body, chunks);
    }

    /** A run that goes on, and has sent all its chunks so far. */
    protected final class LiveRun implements AutoCloseable {

        private final CountDownLatch end = new CountDownLatch(1);
        private final WireResponse response;
        private final String id;

        private LiveRun(String target, String body, String... chunks) throws Exception {
            int length = String.join("", chunks).length();
            response = call(target, body, upstream.on(exchange -> {
                exchange.streamHead();
                for (String chunk : chunks) {
                    exchange.chunk(chunk);
                }
                Assertions.assertTrue(end.await(5, TimeUnit.MINUTES));
                exchange.end();
            }));
            response.readUpTo(length);
            id = response.header("Runtape-Run-Id");
        }

        public String id() {
            return id;
        }

        /** Lets it end, and waits until its client knows: then its end is durable, and no longer only in its row. */
        public void finish() throws Exception {
            end.countDown();
            response.whole();
        }

        @Override
        public void close() throws Exception {
            end.countDown();
            response.close();
        }
    }
}
