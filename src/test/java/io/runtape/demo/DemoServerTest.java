package io.runtape.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DemoServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private record Event(String type, JsonObject data) {}

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Vertx vertx;
    private String origin;

    @BeforeEach
    void listen() {
        vertx = Vertx.vertx();
        serve(new Pace(0));
    }

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void runsAScriptThatTakesUpThePrompt() throws Exception {
        HttpResponse<String> response =
                post("/v1/run", "{'agent':'coder','prompt':'Add a\\nhealth check','threadId':'thr_1'}");

        assertEquals(200, response.statusCode());
        assertEquals("text/event-stream", header(response, "Content-Type"));
        assertEquals("thr_1", header(response, "X-Thread-ID"));
        List<Event> events = events(response.body());
        assertTrue(events.size() > 100 && events.size() < 200, events.size() + " events");
        assertEquals("run_started", events.get(0).type());
        assertEquals(header(response, "X-Run-ID"), events.get(0).data().getString("runId"));
        JsonObject end = events.get(events.size() - 1).data();
        assertEquals("completed", end.getString("status"));
        assertEquals(5, end.getInteger("iterations"));
        assertTrue(end.getString("result").contains("“Add a health check”"), end.getString("result"));
        assertTrue(end.getJsonObject("usage").getInteger("inputTokens") > 1_000);
        assertTrue(end.getJsonObject("usage").getInteger("outputTokens") > 50);
    }

    @Test
    void sumsItsDeltasUp() throws Exception {
        List<Event> events = events(post("/v1/agents/coder/run", "{'messages':[{'role':'user','content':'Hi'}]}")
                .body());

        StringBuilder typed = new StringBuilder();
        for (Event event : events) {
            if (event.type().equals("assistant_message_delta")) {
                typed.append(event.data().getString("delta"));
            } else if (event.type().equals("assistant_message")) {
                assertEquals(event.data().getString("content"), typed.toString());
                typed.setLength(0);
            }
        }
        assertEquals("", typed.toString());
    }

    @Test
    void takesSomeSecondsAsWritten() {
        DemoRun run = run("Add a health check");

        int millis =
                DemoScripts.of(run).stream().mapToInt(ScriptStep::pauseMillis).sum();

        assertTrue(millis > 4_000 && millis < 9_000, millis + " ms");
    }

    @Test
    void takesSomeMinutesWhenAskedForALongRun() {
        int millis = DemoScripts.of(run("A LONG run")).stream()
                .mapToInt(ScriptStep::pauseMillis)
                .sum();

        assertTrue(millis > 120_000 && millis < 300_000, millis + " ms");
    }

    @Test
    void endsInAnErrorWhenAskedForOne() throws Exception {
        List<Event> events = events(
                post("/v1/run", "{'agent':'a','prompt':'Show me an error.'}").body());

        Event last = events.get(events.size() - 1);
        assertEquals("error", last.type());
        assertEquals("tool_error", last.data().getString("code"));
        assertEquals("failed", rows("/v1/run").getJsonObject(0).getString("status"));
    }

    @Test
    void sendsThousandsOfEventsInABurst() throws Exception {
        HttpResponse<InputStream> response = open("{'agent':'a','prompt':'burst'}");

        String body = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);

        List<Event> events = events(body);
        assertEquals(3_003, events.size());
        assertEquals("run_completed", events.get(3_002).type());
    }

    @Test
    void answersInOnePieceWhereNoStreamIsWanted() throws Exception {
        HttpResponse<String> response =
                post("/v1/run", "{'agent':'a','prompt':'Hi','stream':false,'threadId':'thr_2'}");

        JsonObject data = new JsonObject(response.body()).getJsonObject("data");
        assertEquals("application/json", header(response, "Content-Type"));
        assertEquals(header(response, "X-Run-ID"), data.getString("runId"));
        assertEquals("thr_2", data.getString("threadId"));
        assertEquals("completed", data.getString("status"));
        assertTrue(data.getString("result").contains("“Hi”"));
        assertTrue(data.containsKey("usage") && data.containsKey("iterations"));
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertRefused("agent", "{'prompt':'Hi'}");
        assertRefused("prompt or messages", "{'agent':'a'}");
        assertRefused("prompt or messages", "{'agent':'a','messages':[{'role':'assistant','content':'x'}]}");
        assertRefused("threadId", "{'agent':'a','prompt':'Hi','threadId':'a b'}");
        assertRefused("JSON object", "[1]");
        assertRefused("JSON object", "not json");
        assertRefused("JSON object", "");
    }

    @Test
    void cancelsAStreamThatGoesOn() throws Exception {
        serve(Pace.AS_WRITTEN);
        HttpResponse<InputStream> stream = open("{'agent':'a','prompt':'long'}");
        String id = stream.headers().firstValue("X-Run-ID").orElseThrow();
        BufferedReader lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8));
        assertEquals("event: run_started", lines.readLine());
        assertEquals("running", rows("/v1/run").getJsonObject(0).getString("status"));

        HttpResponse<String> response = post("/v1/run/" + id + "/cancel", "");

        assertEquals(200, response.statusCode());
        List<String> rest = lines.lines().filter(line -> !line.isEmpty()).toList();
        assertTrue(rest.get(rest.size() - 1).contains("\"status\":\"cancelled\""), rest.toString());
        assertEquals("cancelled", get("/v1/run/" + id).getJsonObject("data").getString("status"));
        assertEquals(200, post("/v1/run/" + id + "/cancel", "").statusCode());
    }

    @Test
    void cancelsAResponseThatIsAwaited() throws Exception {
        serve(new Pace(1_000));
        var response = client.sendAsync(
                request("/v1/run", "{'agent':'a','prompt':'Hi','stream':false}"), BodyHandlers.ofString());
        Awaitility.await().atMost(PATIENCE).until(() -> rows("/v1/run").size() == 1);

        post("/v1/run/" + rows("/v1/run").getJsonObject(0).getString("id") + "/cancel", "");

        assertEquals(
                "cancelled",
                new JsonObject(response.join().body()).getJsonObject("data").getString("status"));
    }

    @Test
    void stopsWhenItsClientGoesAway() throws Exception {
        serve(Pace.AS_WRITTEN);
        HttpResponse<InputStream> stream = open("{'agent':'a','prompt':'long'}");

        stream.body().close();

        Awaitility.await()
                .atMost(PATIENCE)
                .until(() ->
                        rows("/v1/run").getJsonObject(0).getString("status").equals("cancelled"));
    }

    @Test
    void listsItsRunsAndThreads() throws Exception {
        post("/v1/run", "{'agent':'a','prompt':'One','threadId':'thr_1'}");
        post("/v1/run", "{'agent':'b','prompt':'Two','threadId':'thr_2'}");
        post("/v1/run", "{'agent':'a','prompt':'Three','threadId':'thr_1'}");

        assertEquals(3, rows("/v1/run").size());
        assertEquals(2, rows("/v1/run?agent=a&status=completed").size());
        assertEquals(1, rows("/v1/run?limit=1").size());
        assertEquals(0, rows("/v1/run?status=failed").size());
        JsonObject threads = get("/v1/threads?limit=1");
        JsonObject thread =
                threads.getJsonObject("data").getJsonArray("threads").getJsonObject(0);
        assertEquals("thr_1", thread.getString("id"));
        assertEquals("One", thread.getString("title"));
        assertTrue(threads.getBoolean("hasMore"));
        assertNull(threads.getString("nextCursor"));
        assertEquals(
                "invalid_request",
                get("/v1/run?limit=501").getJsonObject("error").getString("code"));
    }

    @Test
    void tellsTheOutcomeOfARun() throws Exception {
        String id = header(post("/v1/run", "{'agent':'a','prompt':'Hi'}"), "X-Run-ID");

        JsonObject run = get("/v1/run/" + id).getJsonObject("data");

        assertEquals("completed", run.getString("status"));
        assertTrue(run.getString("output").contains("“Hi”"));
        assertTrue(run.getInteger("tokensUsed") > 1_000);
        assertTrue(run.getString("completedAt").endsWith("Z"));
    }

    @Test
    void knowsNothingElse() throws Exception {
        assertEquals("not_found", get("/v1/run/nope").getJsonObject("error").getString("code"));
        assertEquals("not_found", get("/v1/sandboxes").getJsonObject("error").getString("code"));
        assertEquals(404, post("/v1/run/nope/cancel", "").statusCode());
    }

    @Test
    void forgetsItsOldestRuns() {
        RecentRuns runs = new RecentRuns();
        List<DemoRun> made = new ArrayList<>();
        for (int i = 0; i <= RecentRuns.RUNS_MAX; i++) {
            made.add(run("Hi"));
            runs.add(made.get(i));
        }

        assertNull(runs.byId(made.get(0).id()));
        assertEquals(RecentRuns.RUNS_MAX, runs.newestFirst().size());
        assertEquals(made.get(RecentRuns.RUNS_MAX), runs.newestFirst().get(0));
    }

    @Test
    void invitesToTheGatewaysOwnPort() {
        assertTrue(DemoAgent.invitation(8081).contains("curl -N http://localhost:8081/v1/run"));
    }

    private void serve(Pace pace) {
        DemoServer server = new DemoServer(vertx, Clock.systemUTC(), pace);
        origin = "http://127.0.0.1:"
                + server.listen().toCompletionStage().toCompletableFuture().join();
    }

    private static DemoRun run(String prompt) {
        return new DemoRun(
                new DemoRequest("a", prompt, "thr_1", true), Clock.systemUTC().instant());
    }

    private void assertRefused(String what, String body) throws Exception {
        HttpResponse<String> response = post("/v1/run", body);

        assertEquals(400, response.statusCode());
        JsonObject error = new JsonObject(response.body()).getJsonObject("error");
        assertEquals("invalid_request", error.getString("code"));
        assertTrue(error.getString("message").contains(what), error.getString("message"));
    }

    /** Cuts a stream as the documented client does: at LF LF. */
    private static List<Event> events(String body) {
        assertTrue(body.endsWith("\n\n"));
        assertFalse(body.contains("\r"));
        List<Event> events = new ArrayList<>();
        for (String block : body.split("\n\n")) {
            String[] lines = block.split("\n");
            assertEquals(2, lines.length, block);
            events.add(new Event(
                    lines[0].substring("event: ".length()), new JsonObject(lines[1].substring("data: ".length()))));
        }
        return events;
    }

    private JsonArray rows(String path) throws Exception {
        return get(path).getJsonArray("data");
    }

    private JsonObject get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(origin + path)).build();
        return new JsonObject(client.send(request, BodyHandlers.ofString()).body());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(request(path, body), BodyHandlers.ofString());
    }

    private HttpResponse<InputStream> open(String body) throws Exception {
        return client.send(request("/v1/run", body), BodyHandlers.ofInputStream());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(URI.create(origin + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.replace('\'', '"')))
                .build();
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElseThrow();
    }
}
