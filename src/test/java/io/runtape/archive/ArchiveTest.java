package io.runtape.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.restassured.response.ValidatableResponse;
import io.runtape.access.Owner;
import io.runtape.history.IndexedHistory;
import io.runtape.journal.Journal;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.ByteBudget;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.sse.CorpusCase;
import io.runtape.testsupport.MemoryWait;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.TakenMemory;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is exported is imported as the same runs, and nothing else is. */
abstract class ArchiveTest extends IndexedHistory {

    @Inject
    Journal journal;

    @Inject
    MemoryBudgets memory;

    private static final int FRAME_BYTES_MAX = 8 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LINES = "application/x-ndjson";
    private static final String STREAM = "text/event-stream";

    /** What shows a run, each with the type that is asked for. */
    private static final Map<String, String> VIEWS = Map.ofEntries(
            Map.entry("", "application/json"),
            Map.entry("/events?limit=500&include=raw", "application/json"),
            Map.entry("/events?limit=7&order=desc", "application/json"),
            Map.entry("/events?include=raw", LINES),
            Map.entry("/events", STREAM),
            Map.entry("/events?verbatim=true", STREAM),
            Map.entry("/replay?speed=max", "*/*"),
            Map.entry("/transcript", "application/json"),
            Map.entry("/request", "*/*"));

    private byte[] get(String target, String accept, String... headers) throws IOException {
        List<String> lines = new ArrayList<>(List.of("X-API-Key: " + key, "Accept: " + accept));
        lines.addAll(List.of(headers));
        try (WireResponse response = client().get("/history/v1" + target, lines.toArray(String[]::new))) {
            byte[] body = response.readAll();
            assertEquals(200, response.status(), target + "\n" + new String(body, UTF_8));
            return body;
        }
    }

    final String export(String target) throws IOException {
        return new String(get(target, LINES), UTF_8);
    }

    private Map<String, String> views(String id) throws IOException {
        Map<String, String> views = new LinkedHashMap<>();
        for (Map.Entry<String, String> view : VIEWS.entrySet()) {
            String shown = new String(get("/runs/" + id + view.getKey(), view.getValue()), ISO_8859_1);
            views.put(view.toString(), shown.replaceAll("\"requestId\":\"[^\"]*\"", ""));
        }
        return views;
    }

    /** In a cursor the key of a row is sealed, which an imported run has anew. */
    private static String withoutCursors(String archive) {
        return archive.replaceAll("\"cursor\":\"[^\"]*\"", "\"cursor\":\"\"");
    }

    private static String withoutChecks(String archive) {
        return archive.replaceAll("\"check\":\"[^\"]*\",", "");
    }

    private JsonNode post(byte[] archive, int status, String... headers) throws IOException {
        return postAs(key, archive, status, headers);
    }

    private JsonNode postAs(String owner, byte[] archive, int status, String... headers) throws IOException {
        List<String> lines = new ArrayList<>(List.of("X-API-Key: " + owner, "Content-Type: " + LINES));
        lines.addAll(List.of(headers));
        try (WireResponse response =
                client().send("POST", "/history/v1/import", archive, lines.toArray(String[]::new))) {
            // It comes when all is imported.
            byte[] body = response.patient(Duration.ofMinutes(2)).readAll();
            assertEquals(status, response.status(), new String(body, UTF_8));
            return JSON.readTree(body);
        }
    }

    private JsonNode imported(String archive) throws IOException {
        return post(archive.getBytes(UTF_8), 200).get("data");
    }

    /** Imports the archive of a run that was deleted, and compares all that the history shows of it. */
    private void assertIsMadeAgain(String id, Map<String, String> recorded, String archive) throws Exception {
        assertCounts(imported(archive), 1, 0, 0, 0);
        assertEquals(recorded, views(id));
        assertEquals(withoutCursors(archive), withoutCursors(export("/runs")));
    }

    private static void assertCounts(JsonNode summary, int imported, int skipped, int conflicts, int refused) {
        assertEquals(imported, summary.get("imported").asInt(), summary::toString);
        assertEquals(skipped, summary.get("skipped").asInt(), summary::toString);
        assertEquals(conflicts, summary.get("conflicts").asInt(), summary::toString);
        assertEquals(refused, summary.get("refused").asInt(), summary::toString);
        assertEquals(conflicts + refused, summary.get("problems").size(), summary::toString);
    }

    private long rows(String table) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement("select count(*) from " + table);
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private void delete(String target) {
        history().delete(target).then().statusCode(204);
    }

    final String body(String prompt) {
        return "{\"agent\":\"archivist\",\"prompt\":\"" + prompt + "\",\"threadId\":\"" + thread
                + "\",\"metadata\":{\"ticket\":7.50,\"of\":[\"ä\",null]},\"config\":{\"maxTurns\":3}}";
    }

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void makesTheSameRunAgain(CorpusCase corpusCase) throws Exception {
        String id = record(body("Archive this."), corpusCase.script());
        table().ended(id);
        Map<String, String> recorded = views(id);
        String archive = export("/runs");

        delete("/runs/" + id);
        assertIsMadeAgain(id, recorded, archive);
        assertCounts(imported(archive), 0, 1, 0, 0);
    }

    @Test
    void skipsWhatAnotherImportMakesAtTheSameTime() throws Exception {
        for (int i = 0; i < 8; i++) {
            // Longer than the pieces in which a body comes, between which the imports take turns.
            record(body("Question " + i), Script.stream("data: " + "x".repeat(200_000) + i + "\n\n"));
        }
        byte[] archive = export("/threads/" + thread).getBytes(UTF_8);
        ExecutorService senders = Executors.newFixedThreadPool(3);
        try {
            for (int round = 0; round < 5; round++) {
                String other = key + "-" + round;
                List<Future<JsonNode>> imports = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    imports.add(senders.submit(() -> postAs(other, archive, 200).get("data")));
                }
                int imported = 0;
                for (Future<JsonNode> each : imports) {
                    JsonNode summary = each.get();
                    imported += summary.get("imported").asInt();
                    assertEquals(
                            8,
                            summary.get("imported").asInt()
                                    + summary.get("skipped").asInt(),
                            summary::toString);
                }
                assertEquals(8, imported);
            }
        } finally {
            senders.shutdownNow();
        }
    }

    @Test
    void keepsAThreadWithItsOrderAndItsName() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(record(
                    body("Question " + i), Script.stream("id: " + i + "\ndata: {\"n\":" + i + "}\n\n", ": c\n\n")));
        }
        history()
                .contentType("application/json")
                .body("{\"title\":\"Kept numbat\",\"archived\":true}")
                .patch("/threads/" + thread)
                .then()
                .statusCode(200);
        String shown = shownThread();
        String events = new String(get("/threads/" + thread + "/events?limit=500", "application/json"), UTF_8);
        String archive = export("/threads/" + thread);
        assertEquals(ids, idsOf(archive));

        delete("/threads/" + thread);
        assertCounts(imported(archive), 5, 0, 0, 0);

        assertEquals(shown, shownThread());
        assertEquals(List.of(thread), json("/threads?q=numbat").getList("data.id"));
        assertEquals(
                withoutRequestId(events),
                withoutRequestId(
                        new String(get("/threads/" + thread + "/events?limit=500", "application/json"), UTF_8)));
        assertEquals(withoutCursors(archive), withoutCursors(export("/threads/" + thread)));
        String more = record(body("One more"), Script.stream("data: 1\n\n"));
        assertEquals(6, table().run(more).threadOrdinal());
    }

    /** An archive does not say it. */
    @Test
    void knowsWhichThreadsWereNamed() throws Exception {
        record(body("start the build"), Script.stream("data: 1\n\n"));
        record(body("go on"), Script.stream("data: 2\n\n"));
        for (String list : List.of("/runs", "/threads/" + thread)) {
            String archive = export(list);
            delete("/threads/" + thread);
            assertCounts(imported(archive), 2, 0, 0, 0);
            assertEquals(0, names());
        }
        name("art");
        for (String list : List.of("/runs", "/threads/" + thread)) {
            String archive = export(list);
            delete("/threads/" + thread);
            assertEquals(0, names());
            assertCounts(imported(archive), 2, 0, 0, 0);
            assertEquals(1, names());
            assertEquals(List.of(thread), json("/threads?q=art").getList("data.id"));
        }
    }

    @Test
    void knowsTheNameThatAnImportGivesToAThreadWithoutATitle() throws Exception {
        String body = "{\"threadId\":\"" + thread + "\"}";
        String first = record(body, Script.stream("data: 1\n\n"));
        String second = record(body, Script.stream("data: 2\n\n"));
        name("A zorilla");
        String archive = export("/runs/" + second);
        delete("/threads/" + thread);
        record(body, Script.stream("data: 3\n\n"));

        assertCounts(imported(archive), 1, 0, 0, 0);

        assertEquals(List.of(thread), json("/threads?q=zorilla").getList("data.id"));
        assertEquals(2, json("/threads/" + thread).getInt("data.runCount"), first);
    }

    private void name(String title) {
        history()
                .contentType("application/json")
                .body("{\"title\":\"" + title + "\"}")
                .patch("/threads/" + thread)
                .then()
                .statusCode(200);
    }

    private long names() throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement count =
                        connection.prepareStatement("select count(*) from thread_name where thread_id = ?")) {
            count.setString(1, thread);
            try (ResultSet row = count.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private String shownThread() throws IOException {
        return new String(get("/threads/" + thread, "application/json"), UTF_8);
    }

    private static String withoutRequestId(String json) {
        return json.replaceAll("\"requestId\":\"[^\"]*\"", "");
    }

    private static String lastLine(String archive) {
        List<String> lines = archive.lines().toList();
        return lines.get(lines.size() - 1);
    }

    private static List<String> idsOf(String archive) throws IOException {
        List<String> ids = new ArrayList<>();
        for (String line : archive.lines().toList()) {
            JsonNode read = JSON.readTree(line);
            if (read.get("line").asText().equals("run")) {
                ids.add(read.get("id").asText());
            }
        }
        return ids;
    }

    @Test
    void goesOnAtEachCursor() throws Exception {
        for (int i = 0; i < 4; i++) {
            record(body("Question " + i), Script.stream("data: " + i + "\n\n"));
        }
        for (String target : List.of("/runs", "/threads/" + thread)) {
            String archive = export(target);
            List<String> ids = idsOf(archive);
            assertEquals(4, ids.size());
            int runs = 0;
            for (String line : archive.lines().toList()) {
                JsonNode read = JSON.readTree(line);
                if (read.get("line").asText().equals("end")) {
                    runs++;
                    String rest =
                            export(target + "?cursor=" + read.get("cursor").asText());
                    assertEquals(ids.subList(runs, 4), idsOf(rest));
                }
            }
            refused(history().accept(LINES).get(target + "?cursor=x").then(), 400, "invalid_request", "cursor");
        }
        refused(history().accept(LINES).get("/runs?limit=3").then(), 400, "invalid_request", "limit");
        refused(history().get("/threads/" + thread + "?cursor=x").then(), 400, "invalid_request", "cursor");
    }

    private static final Pattern LAST_CURSOR = Pattern.compile(".*\"cursor\":\"([^\"]+)\"\\}.*", Pattern.DOTALL);

    /** An archive breaks off anywhere, and what follows is written behind it. */
    @Test
    void importsAnArchiveThatGoesOnInTheMiddleOfALine() throws Exception {
        record(body("Question"), Script.stream("data: {\"line\":\"archive\"}\n\n", "data: 2\n\n"));
        record(
                "{\"metadata\":{\"a\":{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}}}",
                Script.stream("data: 3\n\n"));
        record(body("{\\\"line\\\":\\\"archive\\\""), Script.stream("data: ä\n\n"));
        String archive = export("/runs");
        byte[] bytes = archive.getBytes(UTF_8);
        Map<String, String> rests = new LinkedHashMap<>();
        int cuts = 0;
        for (int cut = archive.indexOf('\n') + 1; cut < bytes.length; cut++) {
            boolean isNearEndOfLine = bytes[cut - 1] == '\n' || bytes[cut] == '\n' || bytes[cut - 2] == '\n';
            if (isNearEndOfLine || cut % 61 == 0) {
                byte[] before = Arrays.copyOf(bytes, cut);
                Matcher cursor = LAST_CURSOR.matcher(new String(before, UTF_8));
                String target = cursor.matches() ? "/runs?cursor=" + cursor.group(1) : "/runs";
                if (!rests.containsKey(target)) {
                    rests.put(target, export(target));
                }
                ByteArrayOutputStream joined = new ByteArrayOutputStream();
                joined.writeBytes(before);
                joined.writeBytes(rests.get(target).getBytes(UTF_8));

                JsonNode summary =
                        postAs(key + "-" + cut, joined.toByteArray(), 200).get("data");

                assertCounts(summary, 3, 0, 0, 0);
                assertTrue(summary.get("complete").asBoolean(), summary::toString);
                cuts++;
            }
        }
        assertTrue(cuts > 60, () -> "only at few places");
    }

    @Test
    void tellsOfARunThatDoesNotComeAgainBehindTheBreak() throws Exception {
        String lost = record(body("Lost"), Script.stream("data: 1\n\n", "data: 2\n\n"));
        String whole = record(body("Whole"), Script.stream("data: 3\n\n"));
        String archive = export("/runs/" + lost);
        String other = export("/runs/" + whole);
        delete("/threads/" + thread);

        JsonNode summary = imported(archive.substring(0, archive.indexOf("data: 2")) + other);

        assertCounts(summary, 1, 0, 0, 1);
        assertEquals(lost, summary.at("/problems/0/runId").asText());
        assertEquals(6, summary.at("/problems/0/line").asInt());
        assertTrue(summary.get("complete").asBoolean());
        JsonNode damaged = imported(archive.replaceFirst(
                "\"kind\":", "\"x\":\\{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1},,\"kind\":"));
        assertCounts(damaged, 0, 0, 0, 1);
    }

    @Test
    void leavesOutLiveRunsAndObeysFilters() throws Exception {
        String ended = record(body("Ended"), Script.stream("data: 1\n\n"));
        try (LiveRun live = begin("{\"agent\":\"other\"}", "data: 1\n\n")) {
            assertEquals(List.of(ended), idsOf(export("/runs")));
            assertEquals("{\"line\":\"archiveEnd\",\"runs\":1,\"leftOut\":1}", lastLine(export("/runs")));
            refused(history().accept(LINES).get("/runs/" + live.id()).then(), 409, "run_active");
            live.finish();
            assertEquals(List.of(live.id(), ended), idsOf(export("/runs")));
            assertEquals(List.of(live.id()), idsOf(export("/runs?agent=other")));
            assertEquals(List.of(live.id()), idsOf(export("/runs/" + live.id())));
        }
        assertEquals(List.of(), idsOf(export("/runs?agent=nobody")));
        assertEquals(
                1,
                change("update run set frames_expired_at = now(), packed_at = now() where run_pk = "
                        + table().run(ended).pk()));
        assertEquals("{\"line\":\"archiveEnd\",\"runs\":1,\"leftOut\":1}", lastLine(export("/runs")));
        assertEquals("{\"line\":\"archiveEnd\",\"runs\":0,\"leftOut\":1}", lastLine(export("/threads/" + thread)));
    }

    /** The client of the JDK, and whatever is made of it, speaks HTTP/2 where the server does. */
    @ParameterizedTest
    @ValueSource(ints = {1, 10_000})
    void takesAnArchiveOverHttp2(int events) throws Exception {
        String id = record(body("Two"), Script.stream("data: {\"text\":\"again\"}\n\n".repeat(events)));
        String archive = export("/runs");
        delete("/runs/" + id);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/history/v1/import"))
                .header("X-API-Key", key)
                .header("Content-Type", LINES)
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(archive))
                .build();

        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());

        assertEquals(HttpClient.Version.HTTP_2, response.version());
        assertEquals(200, response.statusCode(), response::body);
        assertCounts(JSON.readTree(response.body()).get("data"), 1, 0, 0, 0);
        assertEquals(withoutCursors(archive), withoutCursors(export("/runs")));
    }

    @Test
    void takesAndGivesGzip() throws Exception {
        String id = record(body("Compressed"), Script.stream("data: {\"text\":\"again\"}\n\n".repeat(3000)));
        String archive = export("/runs");
        byte[] zipped = get("/runs", LINES, "Accept-Encoding: gzip");
        assertTrue(zipped.length * 10 < archive.length(), () -> zipped.length + " of " + archive.length());
        assertEquals(archive, new String(new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes(), UTF_8));

        delete("/runs/" + id);
        assertCounts(post(zipped, 200, "Content-Encoding: gzip").get("data"), 1, 0, 0, 0);
        assertEquals(withoutCursors(archive), withoutCursors(export("/runs")));
        try (WireResponse refused = client().send(
                        "POST",
                        "/history/v1/import",
                        zipped,
                        "X-API-Key: " + key,
                        "Content-Type: " + LINES,
                        "Content-Encoding: br")) {
            assertEquals(415, refused.status());
            assertEquals("gzip", refused.header("Accept-Encoding"));
            assertEquals(
                    "unsupported_media_type",
                    JSON.readTree(refused.readAll()).at("/error/code").asText());
        }
        byte[] half = Arrays.copyOf(zipped, zipped.length / 2);
        delete("/runs/" + id);
        JsonNode cut = post(half, 200, "Content-Encoding: gzip").get("data");
        assertEquals(1, cut.get("refused").asInt(), cut::toString);
        assertDamaged("ends early", cut);
    }

    /** A turn may bring no more than an archive's first line, however long the archive is. */
    @Test
    void givesGzipWhereTheNewestRunsAreLeftOut() throws Exception {
        record(body("Compressed"), Script.stream("data: {\"text\":\"again\"}\n\n".repeat(3000)));
        List<LiveRun> live = new ArrayList<>();
        try {
            for (int i = 0; i < 16; i++) {
                live.add(begin("{}", "data: 1\n\n"));
            }
            String archive = export("/runs");
            byte[] zipped = get("/runs", LINES, "Accept-Encoding: gzip");

            assertTrue(zipped.length * 10 < archive.length(), () -> zipped.length + " of " + archive.length());
            assertEquals(
                    archive, new String(new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes(), UTF_8));
            assertCounts(post(zipped, 200, "Content-Encoding: gzip").get("data"), 0, 1, 0, 0);
        } finally {
            for (LiveRun run : live) {
                run.close();
            }
        }
    }

    @Test
    void givesAShortArchiveInGzipToo() throws Exception {
        String archive = export("/runs");

        assertTrue(archive.contains("\"line\":\"archive\""), archive);
        byte[] zipped = get("/runs", LINES, "Accept-Encoding: gzip");
        assertEquals(archive, new String(new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes(), UTF_8));
    }

    private static void assertDamaged(String reason, JsonNode summary) {
        JsonNode problems = summary.get("problems");
        JsonNode last = problems.get(problems.size() - 1);
        assertTrue(last.get("reason").asText().contains("the gzip stream " + reason), summary::toString);
        assertTrue(last.get("runId").isNull(), summary::toString);
        assertFalse(summary.get("complete").asBoolean(), summary::toString);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    private static byte[] flipped(byte[] bytes, int at) {
        byte[] flipped = bytes.clone();
        flipped[at] ^= 1;
        return flipped;
    }

    @Test
    void tellsOfADamagedGzipStream() throws Exception {
        byte[] noise = new byte[200_000];
        new Random(5).nextBytes(noise);
        record(body("Zipped"), Script.stream("data: " + Base64.getEncoder().encodeToString(noise) + "\n\n"));
        byte[] archive = export("/runs").getBytes(UTF_8);
        byte[] whole = zipped(archive);
        byte[] first = zipped(Arrays.copyOf(archive, 1000));
        byte[] second = zipped(Arrays.copyOfRange(archive, 1000, archive.length));
        Map<byte[], String> damages = new LinkedHashMap<>();
        damages.put(flipped(whole, whole.length - 8), "is damaged");
        damages.put(flipped(whole, whole.length - 1), "is damaged");
        damages.put(flipped(whole, whole.length / 2), "is damaged");
        damages.put(joined(flipped(first, first.length - 5), second), "is damaged");
        damages.put(joined(whole, "x".getBytes(UTF_8)), "is damaged");
        damages.put(joined(whole, new byte[2000], whole), "is damaged");
        damages.put(joined(whole, Arrays.copyOf(whole, 5)), "ends early");
        damages.put(Arrays.copyOf(whole, whole.length - 3), "ends early");
        damages.put(Arrays.copyOf(whole, whole.length / 2), "ends early");
        for (Map.Entry<byte[], String> damage : damages.entrySet()) {
            assertDamaged(
                    damage.getValue(),
                    post(damage.getKey(), 200, "Content-Encoding: gzip").get("data"));
        }

        for (byte[] good : new byte[][] {joined(first, second), joined(whole, new byte[2000])}) {
            JsonNode summary = post(good, 200, "Content-Encoding: gzip").get("data");

            assertCounts(summary, 0, 1, 0, 0);
            assertTrue(summary.get("complete").asBoolean(), summary::toString);
        }
    }

    @Test
    void namesGzipWhereItIsNotWhatIsSaid() throws Exception {
        byte[] archive = "{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}\n".getBytes(UTF_8);
        byte[] zipped = zipped(archive);

        refusedAs("Content-Encoding: gzip, and is no gzip", archive, "Content-Encoding: gzip");
        refusedAs("it is gzip, and has no Content-Encoding", zipped);
        refusedAs("compressed more than once", zipped(zipped), "Content-Encoding: gzip");
        for (int length : List.of(0, 5, zipped.length / 2)) {
            refusedAs("the gzip stream ends early", Arrays.copyOf(zipped, length), "Content-Encoding: gzip");
        }
    }

    private void refusedAs(String reason, byte[] body, String... headers) throws IOException {
        JsonNode refused = post(body, 400, headers);
        String message = refused.at("/error/message").asText();
        assertTrue(message.contains(reason) && message.contains("first line"), message);
    }

    @Test
    void belongsToWhoImportsIt() throws Exception {
        String id = record(body("Whose"), Script.stream("data: 1\n\n"));
        String other = key + "-other";

        assertEquals(
                1,
                postAs(other, export("/runs").getBytes(UTF_8), 200)
                        .at("/data/imported")
                        .asInt());

        String owner = json("/runs/" + id).getString("data.owner");
        String theirs = historyOf(other)
                .get("/runs/" + id)
                .then()
                .statusCode(200)
                .extract()
                .path("data.owner");
        assertNotEquals(owner, theirs);
        historyOf(other).delete("/runs/" + id).then().statusCode(204);
        history().get("/runs/" + id).then().statusCode(200);
        refused(
                historyOf("")
                        .contentType(LINES)
                        .body("x".getBytes(UTF_8))
                        .post("/import")
                        .then(),
                401,
                "unauthorized");
    }

    @Test
    void overwritesNothing() throws Exception {
        String id = record(body("First"), Script.stream("data: 1\n\n"));
        String archive = export("/runs");
        delete("/threads/" + thread);
        String other = record(body("Second"), Script.stream("data: 2\n\n"));
        String otherArchive = export("/runs/" + other);

        JsonNode placed = imported(archive);
        assertCounts(placed, 0, 0, 1, 0);
        assertTrue(placed.at("/problems/0/reason").asText().contains(other), placed::toString);

        JsonNode same = imported(archive.replace(id, other));
        assertCounts(same, 0, 0, 1, 0);
        assertTrue(same.at("/problems/0/reason").asText().contains("digest"), same::toString);
        assertEquals("conflict", same.at("/problems/0/kind").asText());
        assertEquals(withoutCursors(otherArchive), withoutCursors(export("/runs/" + other)));
        history().get("/runs/" + id).then().statusCode(404);
    }

    /** With a change of one line; the last one of its run does not tell whether its lines are those that were written. */
    private static String changed(String archive, String what, int nth, UnaryOperator<ObjectNode> change)
            throws IOException {
        StringBuilder lines = new StringBuilder();
        int met = 0;
        for (String line : archive.lines().toList()) {
            ObjectNode read = (ObjectNode) JSON.readTree(line);
            boolean unchecked = read.remove("check") != null;
            if (read.get("line").asText().equals(what) && met++ == nth) {
                ObjectNode now = change.apply(read);
                if (now == null) {
                    continue;
                }
                lines.append(now).append('\n');
            } else {
                lines.append(unchecked ? read : line).append('\n');
            }
        }
        assertTrue(met > nth, what);
        return lines.toString();
    }

    private static UnaryOperator<ObjectNode> with(String name, Object value) {
        return line -> line.set(name, JSON.valueToTree(value));
    }

    /** What no other check would see. */
    @Test
    void refusesRunsWhoseLinesAreNotThoseThatWereWritten() throws Exception {
        String id = record(
                body("The bandicoot asks"), Script.stream("data: {\"text\":\"a bandicoot\"}\n\n", "data: b\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);
        Map<String, String> damages = new LinkedHashMap<>();
        damages.put("the request", archive.replaceFirst("(\"line\":\"request\".*)bandicoot asks", "$1bandicooo asks"));
        damages.put("the prompt", archive.replaceFirst("(\"prompt\":\")The", "$1Tha"));
        damages.put("the status", archive.replaceFirst("\"status\":\"\\w+\"", "\"status\":\"cancelled\""));
        damages.put("the head", archive.replaceFirst("(?i)(\"line\":\"head\".*)event-stream", "$1event-strean"));
        damages.put("an offset", archive.replaceFirst("(\"line\":\"frame\".*\"offsetUs\":)", "$11"));
        damages.put(
                "the digest of the lines", archive.replaceFirst("\"check\":\"sha-256:\\w", "\"check\":\"sha-256:g"));
        for (Map.Entry<String, String> damage : damages.entrySet()) {
            assertNotEquals(archive, damage.getValue(), damage.getKey());
            JsonNode told = imported(damage.getValue());
            assertEquals(1, told.path("refused").asInt(), damage.getKey() + told);
            assertTrue(told.path("problems").path(0).path("reason").asText().contains("check"), damage.getKey() + told);
            assertEquals(404, historyOf(key).get("/runs/" + id).statusCode(), damage.getKey());
        }

        String spread = "\r\n" + archive.replace("\n", "\r\n\r\n");
        for (String whole : List.of(archive, archive.replace("\n", "\r\n"), spread)) {
            assertCounts(imported(whole), 1, 0, 0, 0);
            delete("/runs/" + id);
        }
        assertEquals(1, imported(withoutChecks(archive)).path("imported").asInt(), "an earlier version has written it");
    }

    @Test
    void refusesDamagedRunsAndTakesTheOthers() throws Exception {
        String good = record(body("Good"), Script.stream("data: good\n\n"));
        String goodArchive = export("/runs/" + good);
        String id = record(
                "{\"prompt\":\"Damaged\"}",
                Script.stream("id: 1\ndata: a\n\n", "data: b\n\n", ": c\n\n", "data: d\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);
        long runs = rows("run");
        Map<String, String> damages = new LinkedHashMap<>();
        damages.put("frame 2 is missing", changed(archive, "frame", 1, line -> null));
        damages.put("3 came", changed(archive, "frame", 3, line -> null));
        damages.put("another digest than the run", changed(archive, "frame", 1, with("text", "data: x\n\n")));
        damages.put(
                "last line has another digest",
                changed(archive, "end", 0, with("digest", "sha-256:" + "0".repeat(64))));
        damages.put("digest must be", changed(archive, "end", 0, with("digest", "sha-256:x")));
        damages.put("deleted while", changed(archive, "end", 0, with("frames", 3)));
        damages.put("has no last line", changed(archive, "end", 0, line -> null));
        damages.put("has no request", changed(archive, "request", 0, line -> null));
        damages.put("the request must not be empty", changed(archive, "request", 0, with("text", "")));
        damages.put("no head with the status", changed(archive, "head", 0, line -> null));
        damages.put("head with the status of", changed(archive, "head", 0, with("status", null)));
        damages.put("base64 must be letters, digits, + and /", changed(archive, "frame", 0, line -> {
            line.remove("text");
            return line.put("base64", "?");
        }));
        damages.put("either text or base64", changed(archive, "frame", 0, line -> {
            line.remove("text");
            return line;
        }));
        damages.put(
                "half of a surrogate pair",
                changed(archive, "frame", 0, with("text", "@@")).replace("@@", "\\ud800"));
        damages.put(
                "kind must be one of: event, comment, part, tail, response, encoded",
                changed(archive, "frame", 0, with("kind", "thing")));
        damages.put("offsetUs must be", changed(archive, "frame", 0, with("offsetUs", -1)));
        damages.put("parts must be", changed(archive, "frame", 0, with("parts", 1)));
        damages.put("parts must be 0", changed(archive, "frame", 2, with("parts", 1)));
        damages.put("parts must be 1", changed(archive, "frame", 1, with("kind", "part")));
        damages.put("idSetBy must be", changed(archive, "frame", 1, with("idSetBy", 2)));
        damages.put("idSetBy must be 1", changed(archive, "frame", 3, with("idSetBy", 2)));
        String head = archive.lines()
                .filter(line -> line.startsWith("{\"line\":\"head\""))
                .findFirst()
                .orElseThrow();
        damages.put(
                "head comes behind a frame",
                archive.replaceFirst("(\\{\"line\":\"frame\".*\n)", "$1" + Matcher.quoteReplacement(head) + "\n")
                        .replaceFirst(Pattern.quote(head) + "\n", ""));
        damages.put(
                "RUNTAPE_MAX_FRAME allows",
                changed(archive, "frame", 0, with("text", "data: " + "x".repeat(9 << 20) + "\n\n")));
        damages.put("id is longer than 64", changed(archive, "run", 0, with("id", "x".repeat(5 << 20))));
        damages.put("id must be one line", changed(archive, "frame", 1, line -> {
            line.remove("idSetBy");
            return line.put("id", "a\nb");
        }));
        damages.put("id is longer than 65536", changed(archive, "frame", 1, line -> {
            line.remove("idSetBy");
            return line.put("id", "9".repeat((64 << 10) + 1));
        }));
        damages.put("status must be", changed(archive, "run", 0, with("status", "running")));
        damages.put(
                "reason must be null, or one of: upstream_error, upstream_unreachable, ",
                changed(archive, "run", 0, with("reason", "boredom")));
        damages.put("id may hold", changed(archive, "run", 0, with("id", "run 1")));
        damages.put("threadId may hold", changed(archive, "run", 0, with("threadId", "..")));
        damages.put("completedAt is before", changed(archive, "run", 0, with("completedAt", "2001-01-01T00:00:00Z")));
        damages.put("createdAt must be a time", changed(archive, "run", 0, with("createdAt", "yesterday")));
        damages.put("years 1970 to 9999", changed(archive, "run", 0, with("createdAt", "1969-12-31T23:59:59Z")));
        damages.put("usage must be an object", changed(archive, "run", 0, with("usage", "x")));
        damages.put(
                "usage.outputTokens must be",
                changed(archive, "run", 0, with("usage", Map.of("inputTokens", 1, "outputTokens", -5))));
        damages.put("list of pairs", changed(archive, "head", 0, with("headers", List.of("X-A"))));
        damages.put(
                "no control characters",
                changed(archive, "head", 0, with("headers", List.of(List.of("X-A", "a\r\nX-B: b")))));
        damages.put("a name is a token", changed(archive, "head", 0, with("headers", List.of(List.of("X A", "a")))));
        damages.put("set cookies", changed(archive, "head", 0, with("headers", List.of(List.of("set-Cookie", "a=b")))));
        damages.put("metadata must be an object", changed(archive, "run", 0, with("metadata", List.of())));
        damages.put("config must be an object", changed(archive, "run", 0, with("config", "{no")));
        damages.put("result is longer", changed(archive, "run", 0, with("result", "x".repeat((1 << 20) + 1))));
        damages.put("error is longer", changed(archive, "run", 0, with("error", "x".repeat(3 << 20))));
        damages.put("usage is longer", changed(archive, "run", 0, with("usage", Map.of("x", "x".repeat(1 << 20)))));
        damages.put("prompt is longer", changed(archive, "run", 0, with("prompt", "x".repeat((1 << 20) + 1))));
        damages.put(
                "metadata is longer", changed(archive, "run", 0, with("metadata", Map.of("x", "x".repeat(1 << 18)))));
        damages.put("config is longer", changed(archive, "run", 0, with("config", Map.of("x", "\n".repeat(1 << 17)))));
        damages.put("path is longer", changed(archive, "run", 0, with("path", "/" + "x".repeat(192 << 10))));
        damages.put(
                "title is longer",
                archive.replaceFirst("\"title\":\"[^\"]*\"", "\"title\":\"" + "x".repeat(2001) + "\""));
        damages.put(
                "headers is longer",
                changed(archive, "head", 0, with("headers", List.of(List.of("X-A", "x".repeat(192 << 10))))));
        damages.put("ordinal must be", archive.replaceFirst("\"ordinal\":1,", "\"ordinal\":2147483647,"));
        for (String name : List.of("Transfer-Encoding", "connection")) {
            damages.put(
                    "must not have " + name, changed(archive, "head", 0, with("headers", List.of(List.of(name, "x")))));
        }
        for (String length : List.of("5", "5000")) {
            damages.put(
                    "of 38 bytes" + " ".repeat(damages.size()),
                    changed(archive, "head", 0, with("headers", List.of(List.of("content-length", length)))));
        }
        damages.put(
                "of 38 bytes",
                changed(
                        archive,
                        "head",
                        0,
                        with("headers", List.of(List.of("Content-Length", "38"), List.of("content-length", "5")))));
        damages.put("kind encoded", changed(archive, "frame", 1, with("kind", "encoded")));
        damages.put("status 204 has no body", changed(archive, "head", 0, with("status", 204)));
        damages.put("status must be a whole number from 200", changed(archive, "head", 0, with("status", 103)));
        damages.put(
                "has more than is read", archive.replaceFirst("\"kind\":", "\"x\":" + "[".repeat(1001) + "\"kind\":"));
        damages.put("prompt must not hold", changed(archive, "run", 0, with("prompt", "a\u0000b")));
        damages.put("eventCount must be", changed(archive, "run", 0, with("eventCount", 5)));
        damages.put("events of", changed(archive, "run", 0, with("byteCount", 5)));
        damages.put("path is missing", changed(archive, "run", 0, line -> {
            line.remove("path");
            return line;
        }));
        damages.put("no JSON, at column", archive.replaceFirst("\"kind\":\"event\"", "\"kind\":event"));
        damages.put("no JSON object", archive.replaceFirst("\\{\"line\":\"frame\"", "[]\n{\"line\":\"frame\""));
        damages.put(
                "follows the JSON object",
                archive.replaceFirst("\\}\n\\{\"line\":\"frame\"", "} {}\n{\"line\":\"frame\""));
        damages.put("kind comes twice", archive.replaceFirst("\"kind\":", "\"kind\":\"event\",\"kind\":"));
        damages.put(
                "line must be one of: archive, run, request, head, frame, end, archiveEnd",
                archive.replaceFirst("\"line\":\"frame\"", "\"line\":\"frames\""));
        for (Map.Entry<String, String> damage : damages.entrySet()) {
            JsonNode summary = imported(damage.getValue() + goodArchive);
            assertTrue(
                    summary.at("/problems/0/reason")
                            .asText()
                            .contains(damage.getKey().strip()),
                    () -> damage + "\n" + summary);
            assertEquals("refused", summary.at("/problems/0/kind").asText());
            assertTrue(summary.toString().length() < 5000, "it quotes no long id");
            assertCounts(summary, 0, 1, 0, 1);
            history().get("/runs/" + id).then().statusCode(404);
        }
        JsonNode two = imported(changed(archive, "frame", 1, line -> null)
                + archive.replace(id, id + "-2").replaceFirst("\"line\":\"run\"", "\"line\":\"run\",,"));
        assertCounts(two, 0, 0, 0, 2);
        JsonNode unread = imported(archive.replaceFirst("\"line\":\"run\"", "\"line\":\"run\","));
        assertTrue(unread.get("complete").asBoolean(), unread::toString);
        assertEquals(runs, rows("run"));
        assertCounts(imported(archive + goodArchive), 1, 1, 0, 0);
    }

    /** A response has it as a string, since parsers would not take it so deep. */
    @Test
    void takesMetadataThatNestsAsDeepAsItIsRecorded() throws Exception {
        String deep = "{\"a\":".repeat(950) + "1" + "}".repeat(950);
        String id = record("{\"prompt\":\"Deep\",\"metadata\":" + deep + "}", Script.stream("data: x\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);

        assertCounts(imported(archive), 1, 0, 0, 0);

        assertEquals(withoutCursors(archive), withoutCursors(export("/runs/" + id)));
    }

    @Test
    void showsTheNumbersOfImportedMetadataAsTheyAre() throws Exception {
        String id = record(body("Numbered"), Script.stream("data: x\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);

        assertCounts(
                imported(changed(
                        archive,
                        "run",
                        0,
                        with("metadata", "{\n  \"of\": 12345678901234567890123,\n  \"at\": [7.50, 1]\n}"))),
                1,
                0,
                0,
                0);

        String shown = "\"metadata\":{\"of\":12345678901234567890123,\"at\":[7.50,1]}";
        String run = new String(get("/runs/" + id, "application/json"), UTF_8);
        assertTrue(run.contains(shown), run);
        String list = new String(get("/runs?fields=metadata", "application/json"), UTF_8);
        assertTrue(list.startsWith("{\"data\":[{" + shown + "}]"), list);
    }

    /** What JSON has to escape is six times as long in a line. */
    @Test
    void makesARunAgainWhoseTextsAreAsLongAsTheyMayBe() throws Exception {
        String escaped = "\\u0001".repeat(1 << 20);
        String pad = "x".repeat((256 << 10) - 8);
        String id = record(
                "{\"threadId\":\"" + thread + "\",\"prompt\":\"" + escaped + "\",\"metadata\":{\"a\":\"" + pad
                        + "\"},\"config\":{\"b\":\"" + pad + "\"}}",
                Script.stream("event: run_completed\ndata: {\"result\":\"" + escaped + "\"}\n\n"));
        name("\uD83E\uDD98".repeat(500));
        Map<String, String> recorded = views(id);
        assertEquals(1 << 20, json("/runs/" + id).getString("data.result").length());
        String archive = export("/runs");
        delete("/threads/" + thread);

        assertIsMadeAgain(id, recorded, archive);
    }

    /** A value of very many others is kept as the agent API wrote it: with its spaces, its escapes, and half of a pair. */
    @Test
    void makesARunAgainWhoseResultIsKeptAsItWasWritten() throws Exception {
        String result = "[" + "1, ".repeat(60_000) + "\"\\u00e9 \\/ \\ud83d\"]";
        String id = record(
                body("Keep the ocelot"), Script.stream("event: run_completed\ndata: {\"result\": " + result + "}\n\n"));
        Map<String, String> recorded = views(id);
        String archive = export("/runs");
        assertTrue(archive.contains("\"result\":" + result + ","));
        delete("/threads/" + thread);

        assertIsMadeAgain(id, recorded, archive);
    }

    @Test
    void takesAFileThatAnEditorHasMarkedAsUtf8() throws Exception {
        String id = record(body("Marked"), Script.stream("data: 1\n\n"));
        String archive = export("/runs");
        delete("/runs/" + id);

        JsonNode summary = imported("\uFEFF" + archive);

        assertCounts(summary, 1, 0, 0, 0);
        assertTrue(summary.get("complete").asBoolean(), summary::toString);
    }

    /** A character of four bytes is twelve in JSON. */
    @ParameterizedTest
    @ValueSource(strings = {"\n\n\n\n", "\uD83E\uDD98"})
    void writesALongTextOfEscapedCharactersInBase64(String four) throws Exception {
        String quote = four.isBlank() ? "" : "\"";
        String id =
                record("{\"pad\":[" + quote + four.repeat(1 << 19) + quote + "]}", Script.stream("data: readable\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);

        assertCounts(imported(archive), 1, 0, 0, 0);

        assertTrue(archive.length() < 3 << 20 && archive.contains("\"base64\":"));
        assertTrue(archive.contains("\"text\":\"data: readable"));
        assertEquals(withoutCursors(archive), withoutCursors(export("/runs/" + id)));
    }

    /** An agent API may take longer requests than others do. */
    @Test
    void makesARunAgainWhoseRequestIsAsLongAsItsAgentApiTakes() throws Exception {
        String asked = "{\"pad\":\"" + "abcd\\n".repeat(5 << 20) + "\"}";
        String id = record("/anthropic/v1/messages", asked, Script.stream("data: short\n\n"));
        // Until it is, that holds as much memory as this takes, or the row.
        awaitIndexed(id);
        byte[] archive = get("/runs/" + id, LINES);
        assertTrue(archive.length > 34 << 20, () -> archive.length + " bytes are no test of this");
        delete("/runs/" + id);

        assertCounts(post(archive, 200).get("data"), 1, 0, 0, 0);

        assertEquals(asked, new String(get("/runs/" + id + "/request", "*/*"), UTF_8));
        // So that what comes next is not held up either.
        awaitIndexed(id);
    }

    @Test
    void goesOnBehindARunThatCannotBeRead() throws Exception {
        String first = record(body("Sound"), Script.stream("data: 1\n\n"));
        String damaged = record(body("Damaged"), Script.stream("data: 2\n\n"));
        String last = record(body("Sound too"), Script.stream("data: 3\n\n"));
        long pk = table().ended(damaged).pk();
        assertEquals(
                1,
                change("update block set content = cast('?' as bytea) where run_pk = " + pk)
                        + change("update packed_block set content = cast('?' as bytea) where run_pk = " + pk));

        String archive = export("/runs");

        assertEquals(List.of(last, damaged, first), idsOf(archive));
        assertTrue(archive.contains("{\"line\":\"end\",\"run\":\"" + damaged + "\",\"frames\":0,"), archive);
        JsonNode summary = imported(archive);
        assertCounts(summary, 0, 2, 0, 1);
        assertTrue(summary.get("complete").asBoolean());
        assertTrue(summary.at("/problems/0/reason").asText().contains("could not be read"), summary::toString);
        // Other tests pack whatever is there.
        delete("/runs/" + damaged);
    }

    @Test
    void hasTheFramesBeforeThoseThatCannotBeRead() throws Exception {
        CountDownLatch next = new CountDownLatch(1);
        String[] chunks = {"data: 1\n\ndata: 2\n\ndata: 3\n\n", "data: 4\n\n"};
        String id;
        try (WireResponse response = client().post(
                        "/v1/run",
                        body("Readable at first"),
                        "X-API-Key: " + key,
                        upstream.on(exchange -> {
                                    exchange.streamHead();
                                    exchange.chunk(chunks[0]);
                                    assertTrue(next.await(60, TimeUnit.SECONDS));
                                    exchange.chunk(chunks[1]);
                                    exchange.end();
                                })
                                .header())) {
            id = response.header("Runtape-Run-Id");
            // They are durable, in a row of their own.
            response.readUpTo(chunks[0].length());
            next.countDown();
            response.whole();
        }
        assertEquals(
                1,
                change("update block set content = cast('?' as bytea) where last_sequence = 4 and run_pk = "
                        + table().ended(id).pk()));

        String archive = export("/runs");

        assertEquals(
                3, archive.lines().filter(line -> line.contains("\"frame\"")).count(), archive);
        assertTrue(archive.contains("{\"line\":\"end\",\"run\":\"" + id + "\",\"frames\":3,"), archive);
        delete("/runs/" + id);
        assertCounts(imported(archive), 0, 0, 0, 1);
    }

    /** Bodies of more than a kilobyte are stored with zstd; earlier versions took gzip. */
    @ParameterizedTest
    @ValueSource(strings = {"28b52ffd2064ff", "1f8b0800ffffff7f"})
    void goesOnBehindARunWhoseRequestCannotBeRead(String stored) throws Exception {
        String first = record(body("Asked well"), Script.stream("data: 1\n\n"));
        String damaged = record(body("Asked in vain"), Script.stream("data: 2\n\n"));
        String last = record(body("Asked well too"), Script.stream("data: 3\n\n"));
        try (Connection connection = PatientConnection.to(store());
                PreparedStatement update =
                        connection.prepareStatement("update run set request_body = ? where run_pk = ?")) {
            update.setBytes(1, HexFormat.of().parseHex(stored));
            update.setLong(2, table().ended(damaged).pk());
            assertEquals(1, update.executeUpdate());
        }

        String archive = export("/runs");

        assertEquals(List.of(last, damaged, first), idsOf(archive));
        assertFalse(archive.contains("{\"line\":\"request\",\"run\":\"" + damaged + "\""), archive);
        assertTrue(archive.contains("{\"line\":\"end\",\"run\":\"" + damaged + "\",\"frames\":1,"), archive);
        delete("/runs/" + damaged);
        JsonNode summary = imported(archive);
        assertCounts(summary, 0, 2, 0, 1);
        assertTrue(summary.get("complete").asBoolean());
        assertTrue(summary.at("/problems/0/reason").asText().contains("no request"), summary::toString);
    }

    /** Retention may come between the look at a run and the one at its request. */
    @Test
    void leavesOutARunWhoseRequestIsDeletedMeanwhile() throws Exception {
        String kept = record(body("Kept"), Script.stream("data: 1\n\n"));
        String expiring = record(body("Expiring"), Script.stream("data: 2\n\n"));
        assertEquals(
                1,
                change("update run set request_body = cast('' as bytea) where run_pk = "
                        + table().ended(expiring).pk()));

        assertEquals(List.of(kept), idsOf(export("/runs")));
        delete("/runs/" + expiring);
    }

    private int change(String sql) throws SQLException {
        try (Connection connection = PatientConnection.to(store());
                Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    private static void read(ArchiveImport importing, byte[] archive) throws SQLException, IOException {
        importing.take(archive);
        boolean more = true;
        while (more) {
            more = importing.readOn();
        }
    }

    @Test
    void tellsThatARunWasDeletedWhileItsLinesCame() throws Exception {
        String id = record(body("Soon deleted"), Script.stream("data: 1\n\n"));
        Owner owner = new Owner(json("/runs/" + id).getString("data.owner"));
        byte[] archive = export("/runs").getBytes(UTF_8);
        int end = new String(archive, UTF_8).indexOf("{\"line\":\"end\"");
        try (ArchiveImport importing =
                new ArchiveImport(owner, true, store(), journal, null, 1 << 20, FRAME_BYTES_MAX, bytes -> {})) {
            read(importing, Arrays.copyOf(archive, end));
            delete("/runs/" + id);
            read(importing, Arrays.copyOfRange(archive, end, archive.length));
            ImportSummary summary = importing.end();

            assertEquals(1, summary.conflicts());
            assertTrue(summary.problems().get(0).reason().contains("deleted meanwhile"), summary::toString);
        }
        assertCounts(imported(new String(archive, UTF_8)), 1, 0, 0, 0);
    }

    /** Of a run whose gateway was lost nobody knows the digest until it is packed. */
    @Test
    void skipsARunWithoutADigest() throws Exception {
        String id = record(body("Lost"), Script.stream("data: 1\n\n", "data: 2\n\n"));
        String archive = export("/runs");
        assertEquals(
                1,
                change("update run set digest = null where run_pk = "
                        + table().ended(id).pk()));

        assertCounts(imported(archive), 0, 1, 0, 0);
        JsonNode other = imported(changed(
                        archive.replace("data: 2", "data: 3"), "end", 0, with("digest", "sha-256:" + "0".repeat(64)))
                .replaceFirst("\"digest\":\"[^\"]*\"", "\"digest\":null"));
        assertCounts(other, 0, 0, 1, 0);
        assertTrue(other.at("/problems/0/reason").asText().contains("another digest"), other::toString);
    }

    /** Where one of the tellings has frames, and the other one is right. */
    @Test
    void comparesEachTellingOfARunWithoutADigest() throws Exception {
        String full = record(body("Full"), Script.stream("data: 1\n\n"));
        String empty = record(body("Empty"), Script.stream(""));
        String archive = export("/runs/" + empty);
        String wrong = changed(export("/runs/" + full).replace(full, empty), "run", 0, line -> line);
        assertEquals(
                1,
                change("update run set digest = null where run_pk = "
                        + table().ended(empty).pk()));

        assertCounts(imported(wrong + archive + wrong), 0, 1, 2, 0);
    }

    /** However often an archive has it. */
    @Test
    void readsTheFramesOfARunWithoutADigestOnce() throws Exception {
        String id = record(body("Lost, and here again"), Script.stream("data: 1\n\n", "data: 2\n\n"));
        Owner owner = new Owner(json("/runs/" + id).getString("data.owner"));
        byte[] archive = export("/runs").getBytes(UTF_8);
        long pk = table().ended(id).pk();
        assertEquals(1, change("update run set digest = null where run_pk = " + pk));
        try (ArchiveImport importing =
                new ArchiveImport(owner, true, store(), journal, null, 1 << 20, FRAME_BYTES_MAX, bytes -> {})) {
            read(importing, archive);
            for (String table : List.of("block", "packed_block")) {
                change("update " + table + " set content = cast('?' as bytea) where run_pk = " + pk);
            }
            read(importing, archive);

            assertEquals(2, importing.end().skipped());
        }
        delete("/runs/" + id);
    }

    @Test
    void saysThatRunsAreImportedWhereItFindsNoMoreMemory() throws Exception {
        String id = record(body("Before"), Script.stream("data: 1\n\n"));
        String archive = export("/runs");
        delete("/runs/" + id);
        try (BudgetShare large = TakenMemory.allOf(memory.bodies())) {
            JsonNode refused = post((archive + "x".repeat(1 << 20)).getBytes(UTF_8), 503);

            assertEquals("overloaded", refused.at("/error/code").asText());
            assertTrue(refused.at("/error/message").asText().contains("are imported"), refused::toString);
        }
        history().get("/runs/" + id).then().statusCode(200);
    }

    /** Takes what others may have of the memory for bodies, but for so many bytes. */
    private BudgetShare allBut(long bytes) {
        long max = Runtime.getRuntime().maxMemory() / 8;
        return TakenMemory.of(memory.bodies(), max - max / 4 - bytes);
    }

    private static final int REQUEST_BYTES = 400_000;

    /** An archive of one run, which takes room for its request until it ends. */
    private byte[] archiveOfLargeRequest() throws Exception {
        String id = record(
                "{\"pad\":\"" + "x".repeat(REQUEST_BYTES) + "\"}",
                Script.stream(("data: " + "y".repeat(500) + "\n\n").repeat(300)));
        byte[] archive = export("/runs/" + id).getBytes(UTF_8);
        delete("/runs/" + id);
        RunTable.await(
                "nothing is held for calls that are over", () -> memory.bodies().taken() == 0 ? true : null);
        return archive;
    }

    private WireResponse beginImport(byte[] archive, String... headers) throws IOException {
        return beginImportAs(key, archive.length, headers);
    }

    private WireResponse beginImportAs(String owner, int length, String... headers) throws IOException {
        List<String> lines =
                new ArrayList<>(List.of("X-API-Key: " + owner, "Content-Type: " + LINES, "Content-Length: " + length));
        lines.addAll(List.of(headers));
        return client().sendHead("POST", "/history/v1/import", lines.toArray(String[]::new));
    }

    /** Sends all but the end of the run, and waits until that was taken. */
    private void sendToTheEndOfTheRun(WireResponse importing, byte[] archive) throws IOException {
        long before = memory.bodies().taken();
        importing.write(Arrays.copyOf(archive, endOf(archive)));
        RunTable.await("the import holds the request of its run", () -> holdsRequests(1, before) ? true : null);
    }

    private static int endOf(byte[] archive) {
        return new String(archive, UTF_8).indexOf("{\"line\":\"end\"");
    }

    /** Whether so many requests take room, and nothing else that has come meanwhile: a line of theirs would take more. */
    private boolean holdsRequests(int requests, long before) {
        long more = memory.bodies().taken() - before - (long) requests * REQUEST_BYTES;
        return more >= 0 && more < 4 * LineCutter.SHORT - REQUEST_BYTES;
    }

    @Test
    void refusesAnImportWithoutRoomAtOnceWhileAnotherOneGoesOn() throws Exception {
        String small = record(body("Before"), Script.stream("data: 1\n\n"));
        byte[] second = (export("/runs/" + small) + "x".repeat(1 << 20)).getBytes(UTF_8);
        delete("/runs/" + small);
        byte[] archive = archiveOfLargeRequest();
        try (BudgetShare others = allBut(4 << 20);
                WireResponse first = beginImport(archive)) {
            long before = memory.bodies().taken();
            sendToTheEndOfTheRun(first, archive);

            boolean atOnce = false;
            for (int i = 0; i < 3 && !atOnce; i++) {
                atOnce = isRefusedAtOnce(second);
            }

            assertTrue(atOnce);

            assertTrue(holdsRequests(1, before));
            history().get("/runs/" + small).then().statusCode(200);
            first.write(Arrays.copyOfRange(archive, endOf(archive), archive.length));
            assertCounts(JSON.readTree(first.whole()).get("data"), 1, 0, 0, 0);
        }
    }

    /** Where it waited, it would take as long each time. */
    private boolean isRefusedAtOnce(byte[] archive) throws IOException {
        long began = System.nanoTime();
        JsonNode refused = post(archive, 503);
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertTrue(refused.at("/error/message").asText().contains("are imported"), refused::toString);
        return took.compareTo(ByteBudget.PATIENCE) < 0;
    }

    @Test
    void waitsForRoomWhereNoOtherImportGoesOn() throws Exception {
        byte[] archive = archiveOfLargeRequest();
        try (BudgetShare others = allBut(0);
                WireResponse importing = beginImport(archive)) {
            importing.write(archive);
            MemoryWait.await("io.runtape.archive");

            others.close();

            assertCounts(JSON.readTree(importing.whole()).get("data"), 1, 0, 0, 0);
        }
    }

    @Test
    void givesTheRoomOfAnAbortedImportBackWhileAnotherOneIsAtWork() throws Exception {
        byte[] archive = archiveOfLargeRequest();
        long before = memory.bodies().taken();
        awaitALockAtOnce();
        try (WireResponse aborted = beginImport(archive);
                WireResponse other = beginImport(archive)) {
            sendToTheEndOfTheRun(aborted, archive);
            sendToTheEndOfTheRun(other, archive);
            assertTrue(holdsRequests(2, before));
            try (StoreLock lock = StoreLock.onRuns(store())) {
                other.write(Arrays.copyOfRange(archive, endOf(archive), archive.length));
                RunTable.await("an import waits for the database", () -> isImportAt(ImportedRows.class) ? true : null);

                aborted.close();

                RunTable.await("the room is given back", () -> holdsRequests(1, before) ? true : null);
                assertTrue(isImportAt(ImportedRows.class));
            }
            assertCounts(JSON.readTree(other.whole()).get("data"), 1, 0, 0, 0);
        }
    }

    /** What is indexed just then may hold a lock up for longer than a body may stand still. */
    private void awaitALockAtOnce() {
        RunTable.await("the table of runs can be locked at once", Duration.ofMinutes(2), () -> {
            long began = System.nanoTime();
            StoreLock.onRuns(store()).close();
            return System.nanoTime() - began < Duration.ofSeconds(1).toNanos() ? true : null;
        });
    }

    private static boolean isImportAt(Class<?> code) {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().equals("runtape-import"))
                .anyMatch(thread -> Arrays.stream(thread.getValue())
                        .anyMatch(frame -> frame.getClassName().equals(code.getName())));
    }

    /** The lines of so many runs, each as the one of this archive, in the places of its thread from the second on. */
    private static String copies(String archive, String id, int number) {
        List<String> lines = withoutChecks(archive).lines().toList();
        String run = String.join("\n", lines.subList(1, lines.size() - 1)) + "\n";
        StringBuilder copies = new StringBuilder();
        for (int i = 1; i <= number; i++) {
            copies.append(run.replace(id, id + "-" + i).replaceFirst("\"ordinal\":1,", "\"ordinal\":" + (i + 1) + ","));
        }
        return copies.toString();
    }

    private boolean isTrue(String sql) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement("select " + sql);
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static String firstLine(String archive) {
        return archive.substring(0, archive.indexOf('\n') + 1);
    }

    /** What comes in one piece may be long once it is decoded: here until its client leaves. */
    @Test
    void givesOthersTheirTurnsWithinAPiece() throws Exception {
        String few = record(body("Of one"), Script.stream("data: 1\n\n"));
        byte[] small = export("/runs/" + few).getBytes(UTF_8);
        delete("/threads/" + thread);
        String id = record(body("Over and over"), Script.stream("data: 1\n\n"));
        String archive = export("/runs/" + id);
        List<String> lines = archive.lines().toList();
        String pair = lines.get(1) + "\n" + lines.get(lines.size() - 2) + "\n";
        byte[] pairs = zipped(pair.repeat(1000).getBytes(UTF_8));
        byte[] many = zipped(firstLine(archive).getBytes(UTF_8));
        // As much as comes in one piece.
        while (many.length + pairs.length < 60_000) {
            many = joined(many, pairs);
        }
        many = joined(many, zipped(copies(archive, id, 1).getBytes(UTF_8)));
        try (WireResponse first = beginImportAs(key, many.length, "Content-Encoding: gzip")) {
            first.write(many);
            RunTable.await("the import is at work", () -> isImportAt(ArchiveImport.class) ? true : null);

            assertCounts(postAs(key + "-other", small, 200).get("data"), 1, 0, 0, 0);
        }
        assertTrue(isTrue("not exists (select 1 from run where id = '" + id + "-1' and packed_at <= "
                + "(select max(packed_at) from run where id = '" + few + "'))"));
    }

    private static String frame(String padding, int nth) {
        return "data: " + padding.substring(nth * 50_000, (nth + 1) * 50_000) + "\n\n";
    }

    /** It would be in the way of others for as long as it takes. */
    @Test
    void leavesTheRestOfAPieceWhereTheClientHasLeft() throws Exception {
        byte[] noise = new byte[300_000];
        new Random(9).nextBytes(noise);
        String padding = Base64.getEncoder().encodeToString(noise);
        assertEquals(REQUEST_BYTES, padding.length());
        String small = record(body("Small, and many"), Script.stream("data: 1\n\n"));
        String copied = export("/runs/" + small);
        String large = record(
                "{\"pad\":\"" + padding + "\"}",
                Script.stream(frame(padding, 0), frame(padding, 1), frame(padding, 2), frame(padding, 3)));
        String archive = export("/runs/" + large);
        delete("/runs/" + large);
        int end = archive.indexOf("{\"line\":\"end\"");
        byte[] before = zipped(archive.substring(0, end).getBytes(UTF_8));
        // More than is read at once, and behind all runs.
        String behind = "{\"line\":\"run\",\"id\":\"" + padding.substring(0, 150_000);
        byte[] rest =
                zipped((archive.substring(end, archive.indexOf('\n', end) + 1) + copies(copied, small, 200) + behind)
                        .getBytes(UTF_8));
        RunTable.await(
                "nothing is held for calls that are over", () -> memory.bodies().taken() == 0 ? true : null);
        awaitALockAtOnce();
        try (WireResponse aborted = beginImportAs(key, before.length + rest.length + 1, "Content-Encoding: gzip")) {
            aborted.write(before);
            RunTable.await("the import holds the request of its run", () -> holdsRequests(1, 0) ? true : null);
            try (StoreLock lock = StoreLock.onRuns(store())) {
                aborted.write(rest);
                RunTable.await("the import waits for the database", () -> isImportAt(ImportedRows.class) ? true : null);

                aborted.reset();

                RunTable.await("its room is given back", () -> memory.bodies().taken() == 0 ? true : null);
                assertTrue(isImportAt(ImportedRows.class));
            }
        }
        // Behind what was left to do for the other one.
        assertCounts(postAs(key + "-other", copied.getBytes(UTF_8), 200).get("data"), 1, 0, 0, 0);
        history().get("/runs/" + large).then().statusCode(200);
        history().get("/runs/" + small + "-200").then().statusCode(404);
    }

    /** Each end of a run is compared with the frames that are there. */
    @Test
    void answersOthersHoweverOftenAnArchiveHasARun() throws Exception {
        String few = record(body("Of one caller"), Script.stream("data: 1\n\n"));
        byte[] small = export("/runs/" + few).getBytes(UTF_8);
        String id = record(body("Over and over"), Script.stream(("data: " + "x".repeat(500) + "\n\n").repeat(10_000)));
        String archive = export("/runs/" + id);
        List<String> lines = archive.lines().toList();
        String pair = lines.get(1) + "\n" + lines.get(lines.size() - 2) + "\n";
        byte[] many = zipped((lines.get(0) + "\n" + pair.repeat(10_000)).getBytes(UTF_8));
        assertEquals(
                1,
                change("update run set digest = null where run_pk = "
                        + table().ended(id).pk()));
        try (WireResponse first = beginImportAs(key, many.length, "Content-Encoding: gzip")) {
            first.write(many);
            RunTable.await("the import is at work", () -> isImportAt(ArchiveImport.class) ? true : null);
        }

        assertCounts(postAs(key + "-other", small, 200).get("data"), 1, 0, 0, 0);
    }

    @Test
    void leavesAPlaceToOtherOwners() throws Exception {
        byte[] archive = "{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}\n".getBytes(UTF_8);
        List<WireResponse> open = new ArrayList<>();
        try {
            beginImportsUntilOneIsRefused(key, open, key, archive);

            assertCounts(postAs(key + "-other", archive, 200).get("data"), 0, 0, 0, 0);

            beginImportsUntilOneIsRefused(key + "-other", open, key + "-third", archive);
        } finally {
            for (WireResponse each : open) {
                each.close();
            }
        }
        RunTable.await("their places are given back", () -> areAllPlacesFree(archive) ? true : null);
    }

    /** Whether as many imports as there may be go on beside each other, to their ends. */
    private boolean areAllPlacesFree(byte[] archive) throws IOException {
        List<WireResponse> open = new ArrayList<>();
        for (String owner : List.of(key, key, key, key + "-other")) {
            open.add(beginImportAs(owner, archive.length));
        }
        boolean free = true;
        for (WireResponse each : open) {
            try (each) {
                each.write(archive).readAll();
                free &= each.status() == 200;
            }
        }
        return free;
    }

    /** Begins one at a time: each may be refused itself while the import that asks has the last place. */
    private void beginImportsUntilOneIsRefused(String owner, List<WireResponse> open, String asking, byte[] archive) {
        RunTable.await("an import is refused", () -> {
            open.add(beginImportAs(owner, archive.length));
            return isRefused(asking, archive) ? true : null;
        });
    }

    private boolean isRefused(String owner, byte[] archive) throws IOException {
        try (WireResponse response = beginImportAs(owner, archive.length)) {
            response.write(archive);
            String body = new String(response.readAll(), UTF_8);
            return response.status() == 503 && body.contains("3 of yours");
        }
    }

    /** The frames of a compressed response that come over the wire stand among the parts of an event. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void makesARunAgainWhoseEventsCameInParts(boolean compressed) throws Exception {
        // More than a frame may have, in base64.
        byte[] noise = new byte[6_600_000];
        new Random(8).nextBytes(noise);
        byte[] stream = ("data: " + Base64.getEncoder().encodeToString(noise) + "\n\ndata: whole\n\n").getBytes(UTF_8);
        byte[] sent = compressed ? zipped(stream) : stream;
        String id = record("{\"prompt\":\"In parts\"}", exchange -> {
            exchange.head(
                    200,
                    "Content-Type: text/event-stream",
                    "Transfer-Encoding: chunked",
                    compressed ? "Content-Encoding: gzip" : "X-Coding: none");
            for (int from = 0; from < sent.length; from += 1 << 20) {
                exchange.chunk(Arrays.copyOfRange(sent, from, Math.min(sent.length, from + (1 << 20))));
            }
            exchange.end();
        });
        table().ended(id);
        String archive = export("/runs/" + id);
        assertTrue(archive.contains("\"parts\":"));
        assertEquals(compressed, archive.contains("\"kind\":\"encoded\""));
        delete("/runs/" + id);

        assertCounts(imported(archive), 1, 0, 0, 0);

        assertEquals(withoutCursors(archive), withoutCursors(export("/runs/" + id)));
    }

    private String recordZipped(byte[] sent, boolean whole, String... heads) throws Exception {
        List<String> lines = new ArrayList<>(List.of(heads));
        lines.add("Transfer-Encoding: chunked");
        String id = record(body("Zipped"), exchange -> {
            exchange.head(200, lines.toArray(String[]::new));
            for (int from = 0; from < sent.length; from += 20_000) {
                exchange.chunk(Arrays.copyOfRange(sent, from, Math.min(sent.length, from + 20_000)));
            }
            if (whole) {
                exchange.end();
            }
        });
        table().ended(id);
        return id;
    }

    /** The digest of a compressed response says nothing of them. */
    @Test
    void refusesOtherFramesThanACompressedResponseHas() throws Exception {
        byte[] stream = ("data: 1\n\n: c\n\n" + "data: 2\n\n".repeat(5000) + "data: last\n\n").getBytes(UTF_8);
        String id = recordZipped(zipped(stream), true, "Content-Type: text/event-stream", "Content-Encoding: gzip");
        String archive = export("/runs");
        delete("/runs/" + id);
        Map<String, String> damages = new LinkedHashMap<>();
        damages.put("frame 2 is not", archive.replace("data: 1", "data: 0"));
        damages.put("frame 4 is", archive.replaceFirst("data: 2", "data: 22"));
        damages.put("frame 4 is not", archive.replaceFirst("data: 2", "data: "));
        damages.put("frame 5004 is not", archive.replace("data: last\\n\\n", "data: last\\n\\n\\n"));
        damages.put("more than the other frames", archive.replace("data: last\\n\\n", "data: last\\n"));
        for (Map.Entry<String, String> damage : damages.entrySet()) {
            assertNotEquals(archive, damage.getValue());
            JsonNode summary = imported(damage.getValue());
            assertCounts(summary, 0, 0, 0, 1);
            assertTrue(summary.at("/problems/0/reason").asText().contains(damage.getKey()), summary::toString);
        }

        assertCounts(imported(archive), 1, 0, 0, 0);

        assertEquals(withoutCursors(archive), withoutCursors(export("/runs")));
    }

    @Test
    void refusesDecodedFramesOfACodingThatNothingDecodes() throws Exception {
        byte[] noise = new byte[60_000];
        new Random(8).nextBytes(noise);
        String id = recordZipped(noise, true, "Content-Type: text/event-stream", "Content-Encoding: br");
        String archive = export("/runs/" + id);
        delete("/runs/" + id);

        long frames = archive.lines()
                .filter(line -> line.startsWith("{\"line\":\"frame\""))
                .count();
        String decoded = "{\"line\":\"frame\",\"run\":\"" + id + "\",\"sequence\":" + (frames + 1)
                + ",\"offsetUs\":1,\"kind\":\"event\",\"text\":\"data: 1\\n\\n\"}\n";

        JsonNode summary = imported(archive.replace("{\"line\":\"end\"", decoded + "{\"line\":\"end\""));

        assertCounts(summary, 0, 0, 0, 1);
        assertTrue(summary.at("/problems/0/reason").asText().contains("nothing decodes"), summary::toString);
        assertCounts(imported(archive), 1, 0, 0, 0);
    }

    /** Which says that a response is not compressed. */
    @Test
    void writesACassetteOfAResponseWhoseCodingIsNone() throws Exception {
        byte[] stream = "data: plain\n\n".getBytes(UTF_8);
        String id = recordZipped(stream, true, "Content-Type: text/event-stream", "Content-Encoding: identity");

        String cassette = new String(get("/runs/" + id + "/cassette", LINES), UTF_8);

        assertTrue(cassette.contains("\"text\":\"data: plain\\n\\n\""), cassette);
    }

    /** A call's body is a JSON object, and begins like neither. */
    @Test
    void keepsARequestThatLooksLikeAStoredOne() throws Exception {
        String id = record("{\"prompt\":\"Odd\"}", Script.stream("data: 1\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);
        byte[] forged = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) 0xa0, 0, (byte) 0x94, 0x35, 0x77};
        for (byte[] request : List.of(zipped("{}".getBytes(UTF_8)), forged)) {
            String odd = changed(archive, "request", 0, line -> {
                line.remove("text");
                return line.put("base64", Base64.getEncoder().encodeToString(request));
            });

            assertCounts(imported(odd), 1, 0, 0, 0);

            assertEquals(odd, withoutChecks(export("/runs/" + id)));
            delete("/runs/" + id);
        }
    }

    /** As far as it was decoded when it was recorded, it is compared. */
    @Test
    void makesARunAgainWhoseCompressedResponseIsNotWhole() throws Exception {
        byte[] noise = new byte[60_000];
        new Random(6).nextBytes(noise);
        byte[] stream =
                ("data: 1\n\ndata: " + Base64.getEncoder().encodeToString(noise) + "\n\ndata: 2\n\n").getBytes(UTF_8);
        byte[] zipped = zipped(stream);
        byte[] marked = zipped(joined(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf}, stream));
        byte[] half = Arrays.copyOf(zipped, zipped.length / 2);
        String events = "Content-Type: text/event-stream";
        List<String> ids = List.of(
                recordZipped(half, true, events, "Content-Encoding: gzip"),
                recordZipped(half, false, events, "Content-Encoding: gzip"),
                recordZipped(flipped(zipped, zipped.length / 3), true, events, "Content-Encoding: gzip"),
                recordZipped(stream, true, events, "Content-Encoding: gzip"),
                recordZipped(stream, true, events, "Content-Encoding: br"),
                recordZipped(marked, true, events, "Content-Encoding: X-GZIP"),
                recordZipped(zipped, true, events, "Content-Encoding: gzip", "Content-Encoding: gzip"),
                recordZipped(joined(zipped, zipped), true, "Content-Type: text/plain", "Content-Encoding: gzip"));
        String archive = export("/runs");
        assertEquals(ids.size(), idsOf(archive).size());
        delete("/threads/" + thread);

        assertCounts(imported(archive), ids.size(), 0, 0, 0);

        assertEquals(withoutCursors(archive), withoutCursors(export("/runs")));
    }

    /** What waits for the end of its run takes room until then, so that several imports cannot fill the memory. */
    @Test
    void takesRoomForARunUntilItEnds() throws Exception {
        String id = record("{\"pad\":\"" + "x".repeat(300_000) + "\"}", Script.stream("data: 1\n\n", "data: 2\n\n"));
        Owner owner = new Owner(json("/runs/" + id).getString("data.owner"));
        byte[] archive = export("/runs/" + id).getBytes(UTF_8);
        delete("/runs/" + id);
        int end = new String(archive, UTF_8).indexOf("{\"line\":\"end\"");
        AtomicLong taken = new AtomicLong();
        for (int round = 0; round < 2; round++) {
            try (ArchiveImport importing = new ArchiveImport(
                    owner, true, store(), journal, null, 1 << 20, FRAME_BYTES_MAX, taken::addAndGet)) {
                read(importing, Arrays.copyOf(archive, end));
                assertTrue(taken.get() > 300_000, taken::toString);
                if (round > 0) {
                    read(importing, Arrays.copyOfRange(archive, end, archive.length));
                    assertEquals(0, taken.get());
                    assertEquals(1, importing.end().imported());
                }
            }
            assertEquals(0, taken.get());
        }
    }

    /** The clock of a gateway may have been wrong by any time. */
    @Test
    void takesRunsOfFarYears() throws Exception {
        String id = record(body("Far"), Script.stream("data: far\n\n"));
        String archive = export("/runs");
        delete("/threads/" + thread);
        for (String time : List.of("1970-01-01T00:00:00.000000Z", "9000-01-01T00:00:00.000001Z")) {
            String far = changed(
                    archive,
                    "run",
                    0,
                    line -> line.put("createdAt", time)
                            .put("firstEventAt", time)
                            .put("completedAt", time));

            assertCounts(imported(far), 1, 0, 0, 0);

            for (String list : List.of("/runs", "/runs?order=asc", "/threads/" + thread + "/runs")) {
                assertEquals(List.of(time), json(list).getList("data.createdAt"), list);
            }
            assertEquals(time, json("/runs/" + id + "/transcript").getString("data.messages[0].createdAt"));
            assertEquals(withoutCursors(far), withoutChecks(withoutCursors(export("/runs"))));
            delete("/runs/" + id);
        }
    }

    @Test
    void refusesWhatIsNoArchive() throws Exception {
        for (String body : List.of(
                "",
                "x",
                "{}",
                "{\"line\":\"run\"}",
                "{\"line\":\"archive\",\"format\":\"other\",\"version\":1}",
                "{\"line\":\"archive\",\"format\":\"runtape\",\"version\":2}")) {
            JsonNode refused = post(body.getBytes(UTF_8), 400);
            assertTrue(refused.at("/error/message").asText().contains("first line"), refused::toString);
        }
        ValidatableResponse json = history()
                .contentType("application/json")
                .body("{}")
                .post("/import")
                .then();
        refused(json, 415, "unsupported_media_type", LINES);
        assertEquals(LINES, json.extract().header("Accept"));
        JsonNode deflated = post(new byte[] {0x78, (byte) 0x9c}, 415, "Content-Encoding: deflate");
        assertEquals("unsupported_media_type", deflated.at("/error/code").asText());
        JsonNode empty = imported("{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}");
        assertCounts(empty, 0, 0, 0, 0);
        assertFalse(empty.get("complete").asBoolean());
    }

    /** Longer than what waits in memory, so that the transaction spans the whole run. */
    @Test
    void importsALongRunAndNothingOfADamagedOne() throws Exception {
        Random random = new Random(7);
        String id = record("{\"prompt\":\"Long\"}", exchange -> {
            exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
            byte[] noise = new byte[9000];
            for (int i = 0; i < 800; i++) {
                random.nextBytes(noise);
                ByteArrayOutputStream frame = new ByteArrayOutputStream();
                frame.writeBytes("data: ".getBytes(UTF_8));
                frame.writeBytes(Base64.getEncoder().encode(noise));
                frame.writeBytes("\n\n".getBytes(UTF_8));
                exchange.chunk(frame.toByteArray());
            }
            exchange.end();
        });
        table().ended(id);
        String archive = export("/runs/" + id);
        delete("/runs/" + id);
        long before = rows("packed_block");

        JsonNode damaged = imported(changed(archive, "frame", 799, with("text", "data: x\n\n")));
        assertCounts(damaged, 0, 0, 0, 1);
        assertEquals(before, rows("packed_block"));

        assertCounts(imported(archive), 1, 0, 0, 0);
        assertEquals(archive, export("/runs/" + id));
    }

    static byte[] zipped(byte[] bytes) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(bytes);
        }
        return zipped.toByteArray();
    }

    /** A line of any length takes no more memory than is allowed, compressed or not: here twice the body of Anthropic's API. */
    @Test
    void boundsTheLine() throws Exception {
        String id = record("{\"prompt\":\"Short\"}", Script.stream("data: 1\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);
        String first = archive.lines().findFirst().orElseThrow() + "\n";

        byte[] tooLong = (first + "{\"line\":\"" + "x".repeat(70 << 20) + "\"}\n" + archive).getBytes(UTF_8);
        JsonNode summary = post(zipped(tooLong), 200, "Content-Encoding: gzip").get("data");

        assertCounts(summary, 1, 0, 0, 1);
        assertTrue(summary.at("/problems/0/reason").asText().contains("longer than 67108864 bytes"), summary::toString);
        assertEquals(2, summary.at("/problems/0/line").asInt());
    }

    /** A line has room for twice as much. */
    @Test
    void boundsTheRequest() throws Exception {
        String id = record("{\"prompt\":\"Longer\"}", Script.stream("data: 1\n\n"));
        String archive = export("/runs/" + id);
        delete("/runs/" + id);
        byte[] bytes = new byte[(32 << 20) + 1];
        Arrays.fill(bytes, (byte) 'x');
        Map<String, String> written = Map.of(
                "text", new String(bytes, UTF_8), "base64", Base64.getEncoder().encodeToString(bytes));
        for (Map.Entry<String, String> request : written.entrySet()) {
            String tooLong = changed(archive, "request", 0, line -> {
                line.remove("text");
                return line.put(request.getKey(), request.getValue());
            });

            JsonNode summary = post(zipped(tooLong.getBytes(UTF_8)), 200, "Content-Encoding: gzip")
                    .get("data");

            assertCounts(summary, 0, 0, 0, 1);
            String reason = summary.at("/problems/0/reason").asText();
            assertTrue(reason.startsWith("the request has 33554433 bytes, and RUNTAPE_MAX_BODY"), reason);
        }
    }
}
