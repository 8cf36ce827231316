package io.runtape.search;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.restassured.http.ContentType;
import io.runtape.access.Owner;
import io.runtape.history.IndexedHistory;
import io.runtape.segment.Candidates;
import io.runtape.segment.CommonRuns;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import io.runtape.segment.RunSource;
import io.runtape.segment.Segment;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import io.runtape.segment.SegmentReader;
import io.runtape.segment.Segments;
import io.runtape.segment.TermBlocks;
import io.runtape.store.Engine;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs and threads are found by what was said in them. */
abstract class SearchTest extends IndexedHistory {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The removals of all callers are in one line, with rests between. */
    private static final Duration TAKEN_OUT_WITHIN = Duration.ofMinutes(2);

    @Inject
    SegmentReader segments;

    @Inject
    Search search;

    private static String found(String list, String query, String... more) {
        return list + "?q=" + URLEncoder.encode(query, UTF_8) + String.join("", more);
    }

    private List<String> runs(String query, String... more) {
        return json(found("/runs", query, more)).getList("data.id");
    }

    private static ObjectNode object() {
        return JSON.createObjectNode();
    }

    private static String event(String type, ObjectNode data) {
        return "event: " + type + "\ndata: " + data + "\n\n";
    }

    static Script answering(String text) {
        return Script.stream(event("run_completed", object().put("result", text)));
    }

    String asked(String prompt) {
        return object().put("prompt", prompt)
                .put("threadId", thread)
                .put("agent", "coder")
                .toString();
    }

    /** Records a run and waits until it is indexed. */
    String indexed(String body, Script script) throws Exception {
        String id = record(body, script);
        awaitIndexed(id);
        return id;
    }

    long count(String sql, String value) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, value);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    @Test
    void findsWhatTheTableOfCasesSays() throws Exception {
        Map<String, String> runOf = new LinkedHashMap<>();
        for (SearchCases.Case one : SearchCases.ALL) {
            if (!runOf.containsKey(one.text())) {
                // Half of a surrogate pair is no JSON of a test's client.
                runOf.put(one.text(), record("{}", answering(one.text().replace("\ud800", ""))));
            }
        }
        runOf.values().forEach(this::awaitIndexed);

        Map<String, Boolean> wrong = new TreeMap<>();
        for (SearchCases.Case one : SearchCases.ALL) {
            boolean is = runs(one.query(), "&limit=500").contains(runOf.get(one.text()));
            if (is != one.found()) {
                wrong.put(one.toString(), is);
            }
        }

        assertEquals(Map.of(), wrong);
    }

    @Test
    void findsARunWithinASecondOfItsEnd() throws Exception {
        record("{}", answering("warm"));
        List<Duration> took = new ArrayList<>();
        do {
            String word = "swiftly" + took.size();
            String id = record("{}", answering(word));
            long ended = System.nanoTime();
            RunTable.await("it is found", () -> runs(word).contains(id) ? true : null);
            took.add(Duration.ofNanos(System.nanoTime() - ended));
            // Where the machine was busy for a moment, the next one is in time.
        } while (took.size() < 10 && Collections.min(took).compareTo(Duration.ofSeconds(1)) > 0);

        assertTrue(Collections.min(took).compareTo(Duration.ofSeconds(1)) <= 0, took::toString);
    }

    @Test
    void tellsWhereTheWordsStand() throws Exception {
        String id = indexed(
                asked("Where is the aardvark?"),
                Script.stream(
                        event("assistant_message_delta", object().put("delta", "Looking for ")),
                        event("assistant_message_delta", object().put("delta", "the buffalo.")),
                        event(
                                "tool_call",
                                object().put("toolCallId", "c1")
                                        .put("name", "find_animal")
                                        .set("arguments", object().put("kind", "line\ncheetah"))),
                        event("tool_result", object().put("toolCallId", "c1").put("output", "a dingo in the yard")),
                        event("assistant_message_delta", object().put("delta", "It is an elephant.")),
                        event("run_completed", object().put("result", "It is an elephant."))));

        assertWhere(id, "aardvark", "prompt", null, "Where is the aardvark?");
        assertWhere(id, "BUFFALO", "text", 1, "Looking for the buffalo.");
        assertWhere(id, "cheetah find_animal", "tool_call", 3, "find_animal kind: line\ncheetah");
        assertWhere(id, "ding*", "tool_result", 4, "a dingo in the yard");
        assertWhere(id, "elephant", "result", 5, "It is an elephant.");

        Json all = json(found("/runs", "aardvark elephant dingo"));
        assertEquals(List.of("prompt", "result", "tool_result"), all.getList("data[0].highlight.where"));
        assertEquals(List.of(id, id, id), all.getList("data[0].highlight.runId"));
        assertEquals(List.of(List.of(13, 21)), all.getList("data[0].highlight[0].matches"));
        assertFalse(json("/runs").getMap("data[0]").containsKey("highlight"));
    }

    private void assertWhere(String id, String query, String where, Integer sequence, String fragment) {
        Json found = json(found("/runs", query));
        assertEquals(List.of(id), found.getList("data.id"), query);
        assertEquals(where, found.getString("data[0].highlight[0].where"), query);
        assertEquals(sequence, found.get("data[0].highlight[0].sequence"), query);
        assertEquals(fragment, found.getString("data[0].highlight[0].fragment"), query);
    }

    @Test
    void findsErrorsAndWholeAnswersAndUnknownDialects() throws Exception {
        String refused = indexed(
                "{}",
                Script.json(400, "{\"error\":{\"code\":\"quota_exceeded\",\"message\":\"The zebra is spent.\"}}"));
        String failed = indexed(
                "{}",
                Script.stream(event("error", object().put("code", "tiger_lost").put("message", "It is gone."))));
        String chat = indexedAt(
                "/v1/recorded",
                "{\"messages\":[{\"role\":\"system\",\"content\":\"Be a walrus.\"},"
                        + "{\"role\":\"user\",\"content\":\"An earlier lion?\"},{\"role\":\"assistant\",\"content\":\"Yes.\"},"
                        + "{\"role\":\"user\",\"content\":\"And a puma?\"}]}",
                Script.json(
                        200,
                        "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"A jaguar.\"},"
                                + "\"finish_reason\":\"stop\"}]}"));
        String unknown = indexed("{}", Script.stream("data: some ocelot words\n\n"));

        assertEquals(List.of(refused), runs("zebra"));
        assertEquals("error", json(found("/runs", "zebra")).getString("data[0].highlight[0].where"));
        assertEquals(List.of(refused), runs("quota_exceeded"));
        assertEquals(List.of(failed), runs("tiger_lost gone"));
        assertEquals(List.of(chat), runs("jaguar puma"));
        assertEquals(List.of(), runs("lion"), "an earlier run brought it");
        assertEquals(List.of(), runs("walrus"));
        assertEquals(List.of(unknown), runs("ocelot"));
        assertEquals(1, json(found("/runs", "ocelot")).getInt("data[0].highlight[0].sequence"));
    }

    private String indexedAt(String target, String body, Script script) throws Exception {
        String id = record(target, body, script);
        awaitIndexed(id);
        return id;
    }

    @Test
    void findsARunningRunByItsPrompt() throws Exception {
        try (LiveRun run = begin(asked("Catch the okapi"), "data: 1\n\n")) {
            Json found = json(found("/runs", "\"the okapi\""));
            assertEquals(List.of(run.id()), found.getList("data.id"));
            assertEquals("running", found.getString("data[0].status"));
            assertEquals("prompt", found.getString("data[0].highlight[0].where"));
            assertNull(found.getString("meta.nextCursor"));
            assertEquals(List.of(), runs("okapi -catch"));
            assertEquals(List.of(thread), json(found("/threads", "okapi")).getList("data.id"));
            run.finish();
            awaitIndexed(run.id());
            assertEquals(List.of(run.id()), runs("okapi"));
        }
    }

    /** Between its end and its indexing as well. */
    @Test
    void findsARunByItsPromptAtEachMoment() throws Exception {
        for (int i = 0; i < 25; i++) {
            String word = "bongo" + i;
            String id = record(asked(word), answering("x"));
            boolean indexed;
            do {
                indexed = isIndexed(id);
                assertEquals(List.of(id), runs(word));
            } while (!indexed);
        }
    }

    /** They wait for their indexing in one line with it. */
    @ParameterizedTest
    @ValueSource(strings = {"other", "same"})
    void findsARunThatHasJustEndedAmongManyOfAnOwner(String others) throws SQLException {
        long node = 777_778;
        long firstPk = node << 40;
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement();
                PreparedStatement insert = connection.prepareStatement("""
                        insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, prompt, metadata, config,
                            request_body, created_at, completed_at)
                        values (?, ?, ?, 'ended', ?, '/v1/run', 'completed', true, 'a tayra', '{}', '{}', ?, ?, ?)""")) {
            // Of a gateway that lives: no other one indexes what has just ended there.
            statement.execute(
                    "insert into node (node_id, epoch, started_at) values (" + node + ", 1, current_timestamp)");
            try {
                Instant now = Instant.now();
                for (int i = 1; i <= 600; i++) {
                    insert.setLong(1, firstPk + i);
                    insert.setString(2, (i == 1 ? "same-" : others + "-") + thread);
                    insert.setString(3, "run_ended_" + i + thread);
                    insert.setLong(4, node);
                    insert.setBytes(5, new byte[0]);
                    insert.setObject(6, now.atOffset(ZoneOffset.UTC));
                    insert.setObject(7, now.plusSeconds(i == 1 ? 0 : 30).atOffset(ZoneOffset.UTC));
                    insert.addBatch();
                }
                insert.executeBatch();

                List<Document> found =
                        search.live(new Owner("same-" + thread), SearchQuery.of("tayra"), DocumentRange.ALL);

                assertTrue(found.stream().anyMatch(run -> run.runPk() == firstPk + 1));
                assertEquals(others.equals("same") ? 600 : 1, found.size());
            } finally {
                statement.execute("delete from run where node_id = " + node);
                statement.execute("delete from node where node_id = " + node);
            }
        }
    }

    /** Long prompts of many live runs take seconds to compare: some runs are left to the page, which has bounds. */
    @Test
    void leavesRunsToThePageWhereManyLiveOnesHaveLongPrompts() throws Exception {
        indexed(asked("a lone tarsier"), answering("x"));
        String owner =
                table().run(json("/runs?limit=1").getString("data[0].id")).owner();
        SearchQuery query = SearchQuery.of("tarsier");
        int count = 80;
        long firstPk = 960_000_000_000_000L;
        try (Connection connection = store().connect();
                PreparedStatement insert = connection.prepareStatement("""
                        insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, prompt, metadata, config,
                            request_body, created_at)
                        values (?, ?, ?, 'many', 873, '/v1/run', 'running', true, ?, '{}', '{}', ?, ?)""")) {
            for (int i = 0; i < count; i++) {
                insert.setLong(1, firstPk + i);
                insert.setString(2, owner);
                insert.setString(3, "run_many_" + i + thread);
                insert.setString(4, "\u7684".repeat(60_000) + (i == 7 ? " tarsier" : ""));
                insert.setBytes(5, new byte[0]);
                insert.setObject(6, Instant.now().atOffset(ZoneOffset.UTC));
                insert.addBatch();
            }
            insert.executeBatch();

            List<Document> left = search.live(new Owner(owner), query, DocumentRange.ALL);
            assertTrue(left.size() > 1 && left.size() < count, left.size() + " are left");
            Instant later = Instant.now().plusSeconds(60);
            assertEquals(
                    List.of(),
                    search.live(
                            new Owner(owner),
                            query,
                            DocumentRange.of(Optional.of(later), later.plusSeconds(1), Optional.empty())));
            assertEquals("run_many_7" + thread, pages("tarsier", 50).get(0));
            assertEquals(2, pages("tarsier", 50).size());
        } finally {
            execute("delete from run where thread_id = 'many' and owner = ?", owner);
        }
    }

    /** Half a megabyte each, however well it is compressed. */
    @Test
    void readsAFewMegabytesOfTextsAtOnce() throws Exception {
        Random random = new Random(5);
        List<String> ids = new ArrayList<>();
        Map<Long, Integer> bytesOf = new HashMap<>();
        for (int i = 0; i < 6; i++) {
            String id = indexed(asked("a zorilla"), answering("x"));
            ids.add(0, id);
            String others = random.ints(250_000, 0x4E00, 0x9FA5)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            byte[] texts = RunText.stored(List.of(new Passage(Place.TEXT, 1, others + " zorilla")));
            long runPk = table().run(id).pk();
            bytesOf.put(runPk, texts.length);
            try (Connection connection = store().connect();
                    PreparedStatement update =
                            connection.prepareStatement("update search_document set content = ? where run_pk = ?")) {
                update.setBytes(1, texts);
                update.setLong(2, runPk);
                assertEquals(1, update.executeUpdate());
            }
        }

        List<Long> left = List.copyOf(bytesOf.keySet());
        List<Long> all = new ArrayList<>();
        int reads = 0;
        while (!left.isEmpty()) {
            Search.Read read = search.read(left);
            List<Long> some = read.runs().stream().map(Search.RunTexts::runPk).toList();
            assertFalse(some.isEmpty());
            assertTrue(some.stream().mapToInt(bytesOf::get).sum() < 3 << 20);
            all.addAll(some);
            left = read.left();
            reads++;
        }

        assertTrue(reads > 1);
        assertEquals(bytesOf.keySet(), Set.copyOf(all));
        assertEquals(6, all.size());
        assertEquals(ids, runs("zorilla"));
    }

    @Test
    void findsTheResultsOfToolsThatTheCallerRan() throws Exception {
        String anthropic = indexedAt("/v1/recorded", """
                {"system":"a dugong","messages":[{"role":"user","content":"a vicuna?"},
                  {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"look","input":{"at":"guanaco"}}]},
                  {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a caracal"},
                    {"type":"text","text":"and a serval?"}]}]}""", answering("x"));
        String responses = indexedAt("/v1/recorded", """
                {"instructions":"a dugong","previous_response_id":"r1","input":[
                  {"type":"function_call_output","call_id":"c1","output":"{\\"seen\\":\\"a kinkajou\\"}"}]}""", answering("x"));
        String chat = indexedAt("/v1/recorded", """
                {"messages":[{"role":"system","content":"a dugong"},{"role":"user","content":"a vicuna?"},
                  {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
                    "function":{"name":"look","arguments":"{}"}}]},
                  {"role":"tool","tool_call_id":"c1","content":"a margay"}]}""", answering("x"));
        String two = indexedAt("/v1/recorded", """
                {"messages":[{"role":"user","content":"one jerboa"},{"role":"user","content":"two pacas"}]}""", answering("x"));

        String aiSdk = indexedAt("/v1/recorded", """
                {"id":"t","messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"a vicuna?"}]},
                  {"id":"2","role":"assistant","parts":[{"type":"tool-look","toolCallId":"c9","state":"output-available",
                    "input":{},"output":{"seen":"a binturong"}}]}]}""", answering("x"));

        assertEquals(List.of(aiSdk), runs("binturong"));
        assertWhere(anthropic, "caracal", "tool_result", null, "a caracal");
        assertWhere(anthropic, "serval", "prompt", null, "and a serval?");
        assertWhere(chat, "margay", "tool_result", null, "a margay");
        assertEquals(List.of(responses), runs("kinkajou"));
        assertEquals(List.of(two), runs("jerboa pacas"));
        assertEquals(List.of(), runs("guanaco"), "an earlier run brought it");
        assertEquals(List.of(), runs("dugong"), "the system says so each time");
    }

    /** Tools that answer in JSON, and agents with a schema for their answers, send it as a string: what counts is what that says. */
    @Test
    void findsWhatJsonInAStringSays() throws Exception {
        String output =
                object().put("stdout", "alpha\ntamandua").put("city", "\\u6771").toString();
        String call = object().put("role", "tool").put("content", output).toString();
        String brought = indexedAt(
                "/v1/recorded",
                object().set(
                                "messages",
                                JSON.createArrayNode()
                                        .add(object().put("role", "user").put("content", "Look."))
                                        .add(object().put("role", "tool")
                                                .put("tool_call_id", "c1")
                                                .put("content", output.replace("\\\\", "\\"))))
                        .toString(),
                answering("x"));
        String called = indexed(
                "{}",
                Script.stream(
                        event("tool_call", object().put("toolCallId", "c1").put("name", "look")),
                        event("tool_result", object().put("toolCallId", "c1").put("output", call))));
        String answer = object().put("verdict", "fine\npangolin").toString();
        String answered = indexed(
                "{}",
                Script.stream(
                        event("assistant_message_delta", object().put("delta", answer)),
                        event("run_completed", object().put("result", answer))));

        assertWhere(brought, "東 alpha", "tool_result", null, "stdout: alpha\ntamandua city: 東");
        assertEquals(List.of(called, brought), runs("tamandua"));
        assertWhere(
                called, "tamandua role", "tool_result", 2, "role: tool content: stdout: alpha\ntamandua city: \\u6771");
        assertWhere(answered, "pangolin", "result", 1, "verdict: fine\npangolin");
    }

    @Test
    void findsAQuestionWithAnImageByWhatIsSaid() throws Exception {
        String id = indexedAt("/v1/recorded", """
                {"messages":[{"role":"user","content":[{"type":"image","source":{"data":"AAAA"}},
                  {"type":"text","text":"Is it an echidna?"},{"type":"file","file":{"filename":"quokka.pdf"}},
                  {"type":"text","text":"Or a numbat?"}]}]}""", answering("x"));

        assertWhere(id, "echidna", "prompt", null, "Is it an echidna?\nOr a numbat?");
        assertEquals(List.of("prompt"), json(found("/runs", "echidna numbat")).getList("data[0].highlight.where"));
        assertWhere(id, "quokka.pdf", "prompt", null, "[quokka.pdf]");
        assertEquals(List.of(), runs("image"));
    }

    @Test
    void combinesWithOtherFilters() throws Exception {
        String first = indexed(asked("a common gnu"), answering("x"));
        String second = indexed(
                "{\"prompt\":\"a common gnu\",\"agent\":\"other\"}",
                Script.json(500, "{\"error\":{\"code\":\"x\",\"message\":\"y\"}}"));

        assertEquals(List.of(second, first), runs("gnu"));
        assertEquals(List.of(first), runs("gnu", "&agent=coder"));
        assertEquals(List.of(second), runs("gnu", "&status=failed"));
        assertEquals(List.of(first), runs("gnu", "&threadId=" + thread));
        String created = json("/runs/" + second).getString("data.createdAt");
        assertEquals(List.of(second), runs("gnu", "&since=" + created));
        assertEquals(List.of(first), runs("gnu", "&until=" + created));
        assertEquals(List.of(), runs("gnu", "&agent=nobody"));
        assertEquals(List.of(second), runs("gnu", "&agent=other&status=failed"));
        assertEquals(List.of(), runs("gnu", "&agent=coder&status=failed"));
        assertEquals(List.of(second, first), runs("gnu", "&agent=coder&agent=other&status=completed&status=failed"));
        assertEquals(List.of(first), runs("gnu", "&agent=coder&status=completed&threadId=" + thread));
    }

    @Test
    void goesOnPageByPageOverMergedSegments() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2 * SegmentMerge.SEGMENTS + 3; i++) {
            ids.add(0, indexed(asked("number n" + i), answering(i % 2 == 0 ? "even kudu" : "odd kudu")));
        }
        String owner = json("/runs?limit=1").getString("data[0].owner");
        assertEquals(2, count("select count(*) from search_segment where level = 1 and owner = ?", owner));
        assertEquals(3, count("select count(*) from search_segment where level = 0 and owner = ?", owner));

        assertEquals(ids, pages("kudu", 10));
        assertEquals(ids, pages("kud* -hare", 7));
        assertEquals(ids.size() / 2 + 1, pages("even", 4).size());
        assertEquals(List.of(ids.get(2)), runs("n" + (ids.size() - 3)));
        assertEquals(List.of(ids.get(ids.size() - 1)), runs("n0"));
        assertEquals(List.of(thread), json(found("/threads", "kudu")).getList("data.id"));
    }

    /** More runs than are compared one by one have the words, and more meet the other filters. */
    @Test
    void combinesWordsOfManyRunsWithFiltersThatManyMeet() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 420; i++) {
            ObjectNode body = object().put("prompt", i % 2 == 0 ? "even kudu" : "odd hare")
                    .put("threadId", thread)
                    .put("agent", i % 3 == 0 ? "coder" : "other");
            body.putObject("metadata").put("shelf", i % 15);
            ids.add(record(body.toString(), answering("done")));
        }
        ids.forEach(this::awaitIndexed);
        String owner = json("/runs?limit=1").getString("data[0].owner");
        assertEquals(1, count("select count(*) from trait_segment where owner = ?", owner));

        assertEquals(newest(ids, i -> i % 2 == 0 && i % 3 != 0), pages("kudu", 50, "&agent=other"));
        assertEquals(newest(ids, i -> i % 2 == 0 && i % 3 != 0), pages("kudu -hare", 500, "&agent=other"));
        assertEquals(newest(ids, i -> i % 2 == 0 && i % 3 == 0), pages("kud*", 7, "&agent=coder&status=completed"));
        assertEquals(newest(ids, i -> i % 2 == 0 && i % 15 == 4), pages("kudu", 5, "&metadata.shelf=4"));
        assertEquals(newest(ids, i -> i % 2 == 0), pages("kudu", 60, "&threadId=" + thread));
        assertEquals(List.of(), pages("kudu", 60, "&agent=nobody"));
        assertEquals(List.of(), pages("kudu hare", 60, "&agent=other"));
        String from = json("/runs/" + ids.get(50)).getString("data.createdAt");
        String to = json("/runs/" + ids.get(399)).getString("data.createdAt");
        assertEquals(
                newest(ids, i -> i % 2 == 0 && i % 3 != 0 && i >= 50 && i < 399),
                pages("kudu", 50, "&agent=other&since=" + from + "&until=" + to));
        String changed = ids.get(210);
        assertFalse(pages("kudu", 50, "&agent=other").contains(changed));
        try (Connection connection = PatientConnection.to(store());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            boolean indexed;
            do {
                connection.rollback();
                statement.executeUpdate(
                        "update run set agent = 'other', indexed_at = null where id = '" + changed + "'");
                connection.commit();
                // From here on nobody indexes it.
                try (ResultSet locked = statement.executeQuery(
                        "select indexed_at is not null from run where id = '" + changed + "' for update")) {
                    assertTrue(locked.next());
                    indexed = locked.getBoolean(1);
                }
            } while (indexed);
            assertTrue(pages("kudu", 50, "&agent=other").contains(changed), "its row decides");
            connection.rollback();
        }
        try (LiveRun live = begin("{\"prompt\":\"a live kudu\",\"agent\":\"other\"}", "data: 1\n\n")) {
            assertEquals(live.id(), runs("kudu", "&agent=other").get(0));
            assertEquals(
                    ids.get(418),
                    runs("kudu", "&agent=coder&agent=other&status=completed").get(0));
        }
    }

    private static List<String> newest(List<String> ids, IntPredicate which) {
        List<String> those = new ArrayList<>();
        for (int i = ids.size() - 1; i >= 0; i--) {
            if (which.test(i)) {
                those.add(ids.get(i));
            }
        }
        return those;
    }

    /** Segments of a hundred gateways that indexed at the same time, and of one that indexed one run after the other. */
    @Test
    void readsSegmentsThatOverlapOrFollowEachOther() throws SQLException {
        for (boolean overlapping : new boolean[] {true, false}) {
            String owner = "c-of-segments-" + overlapping;
            try {
                insertSegments(owner, overlapping, i -> i % 4);

                assertEquals(keys(299, 0), candidates(owner, "kudu", DocumentRange.ALL, 10));
                assertEquals(keys(299, 0), candidates(owner, "kudu", DocumentRange.ALL, 1000));
                List<Long> ibexes = overlapping ? List.of(277L, 177L, 77L) : List.of(233L, 232L, 231L);
                assertEquals(ibexes, candidates(owner, "ibex", DocumentRange.ALL, 2));
                assertEquals(List.of(), candidates(owner, "yak", DocumentRange.ALL, 10));
                DocumentRange range = DocumentRange.of(
                        Optional.of(document(50).createdAt()), document(250).createdAt(), Optional.of(document(200)));
                assertEquals(keys(199, 50), candidates(owner, "kudu", range, 7));
            } finally {
                deleteSegments(owner);
            }
        }
    }

    /** What a search has read it reads no more: the rows of blocks are gone, and it finds the same. */
    @Test
    void findsAgainWithoutReadingBlocks() throws SQLException {
        String owner = "c-of-read-segments";
        try {
            insertSegments(owner, false, i -> 3);
            List<Long> before = candidates(owner, "ibex", DocumentRange.ALL, 10);
            try (Connection connection = store().connect();
                    PreparedStatement delete = connection.prepareStatement(
                            "delete from search_block where exists"
                                    + " (select 1 from search_segment s where s.owner = ? and block_pk / 1048576 = s.segment_pk)")) {
                delete.setString(1, owner);
                assertEquals(100, delete.executeUpdate());
            }

            assertEquals(List.of(233L, 232L, 231L), before);
            assertEquals(before, candidates(owner, "ibex", DocumentRange.ALL, 10));
        } finally {
            deleteSegments(owner);
        }
    }

    @Test
    void findsWhatTwoQueriesHaveInCommon() throws SQLException {
        String owner = "c-of-common-runs";
        try {
            insertSegments(owner, false, i -> 3);

            List<Long> both = List.of(233L, 232L, 231L);
            assertEquals(both, common(owner, "kudu", "ibex", DocumentRange.ALL, 2));
            assertEquals(both, common(owner, "ibex", "kudu", DocumentRange.ALL, 10));
            assertEquals(keys(299, 0), common(owner, "kudu", "kudu", DocumentRange.ALL, 7));
            Candidates begun = candidates(owner, "kudu", DocumentRange.ALL);
            List<Document> handedOut = begun.next(150);
            assertEquals(150, handedOut.size());
            begun.putBack(handedOut);
            // It has looked at more already.
            CommonRuns first = new CommonRuns(begun, candidates(owner, "kudu", DocumentRange.ALL), 50);
            List<Long> page = all(first, 7);
            assertEquals(keys(299, 300 - page.size()), page);
            assertTrue(page.size() < 300, "a page ends early");
            assertEquals(
                    page.get(page.size() - 1), first.reached().orElseThrow().runPk());
            assertEquals(List.of(), common(owner, "kudu", "yak", DocumentRange.ALL, 7));
            DocumentRange range =
                    DocumentRange.of(Optional.empty(), document(299).createdAt(), Optional.of(document(232)));
            assertEquals(List.of(231L), common(owner, "ibex", "kudu", range, 2));
        } finally {
            deleteSegments(owner);
        }
    }

    private static Document document(long number) {
        return new Document(1_767_225_600_000_000L + number, number);
    }

    private static List<Long> keys(long from, long to) {
        return LongStream.rangeClosed(-from, -to).map(key -> -key).boxed().toList();
    }

    private void insertSegments(String owner, boolean overlapping, IntUnaryOperator level) throws SQLException {
        try (Connection connection = store().connect()) {
            for (int i = 0; i < 100; i++) {
                List<Segment> runs = new ArrayList<>();
                for (int j = 0; j < 3; j++) {
                    Document document = document(overlapping ? 100 * j + i : 3 * i + j);
                    runs.add(Segment.of(
                            Map.of(document, i == 77 ? Set.of("kudu", "ibex") : Set.of("kudu")), SegmentKind.WORDS));
                }
                Segment merged = Segment.merged(runs, Set.of(), SegmentKind.WORDS);
                Segments.insert(connection, owner, SegmentKind.WORDS, level.applyAsInt(i), merged);
            }
        }
    }

    private void deleteSegments(String owner) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select =
                        connection.prepareStatement("select segment_pk from search_segment where owner = ?")) {
            select.setString(1, owner);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Segments.delete(connection, SegmentKind.WORDS, row.getLong(1));
                }
            }
        }
    }

    private List<Long> candidates(String owner, String query, DocumentRange range, int max) throws SQLException {
        return all(candidates(owner, query, range), max);
    }

    private Candidates candidates(String owner, String query, DocumentRange range) {
        return new Candidates(
                segments, owner, SegmentKind.WORDS, new WordQuery(SearchQuery.of(query)), range, List.of());
    }

    /** The runs of both queries, on as many pages as it takes. */
    private List<Long> common(String owner, String one, String other, DocumentRange range, int max)
            throws SQLException {
        List<Long> all = new ArrayList<>();
        DocumentRange left = range;
        while (true) {
            CommonRuns common =
                    new CommonRuns(candidates(owner, one, left), candidates(owner, other, left), CommonRuns.RUNS_MAX);
            all.addAll(all(common, max));
            Optional<Document> reached = common.reached();
            if (reached.isEmpty()) {
                return all;
            }
            left = new DocumentRange(range.sinceMicros(), range.endMicros(), reached.get());
        }
    }

    private static List<Long> all(RunSource source, int max) throws SQLException {
        List<Long> all = new ArrayList<>();
        List<Document> some = source.next(max);
        while (!some.isEmpty()) {
            some.forEach(document -> all.add(document.runPk()));
            some = source.next(max);
        }
        return all;
    }

    private List<String> pages(String query, int limit, String... more) {
        List<String> all = new ArrayList<>();
        String cursor = "";
        String rest = String.join("", more);
        while (cursor != null) {
            Json page =
                    json(found("/runs", query, rest, "&limit=" + limit, cursor.isEmpty() ? "" : "&cursor=" + cursor));
            List<String> ids = page.getList("data.id");
            assertTrue(ids.size() <= limit);
            all.addAll(ids);
            cursor = page.getString("meta.nextCursor");
        }
        return all;
    }

    @Test
    void findsThreadsByTheirRunsAndTitles() throws Exception {
        indexed(asked("the first lemur"), answering("x"));
        indexed(asked("second"), answering("a tapir"));
        String other = "thr_other-" + thread;
        indexed("{\"prompt\":\"a lemur again\",\"threadId\":\"" + other + "\"}", answering("x"));
        history()
                .contentType(ContentType.JSON)
                .body("{\"title\":\"My Capybara\"}")
                .patch("/threads/" + thread)
                .then()
                .statusCode(200);

        assertEquals(List.of(other, thread), json(found("/threads", "lemur")).getList("data.id"));
        assertEquals(List.of(thread), json(found("/threads", "tapir")).getList("data.id"));
        assertEquals(List.of(), json(found("/threads", "lemur tapir")).getList("data.id"), "both in one run");
        Json titled = json(found("/threads", "capybara"));
        assertEquals(List.of(thread), titled.getList("data.id"));
        assertEquals("title", titled.getString("data[0].highlight[0].where"));
        assertNull(titled.get("data[0].highlight[0].runId"));
        Json page = json(found("/threads", "lemur", "&limit=1"));
        assertEquals(List.of(other), page.getList("data.id"));
        assertEquals(
                List.of(thread),
                json(found("/threads", "lemur", "&limit=1&cursor=" + page.getString("meta.nextCursor")))
                        .getList("data.id"));
        assertEquals(
                List.of(), json(found("/threads", "lemur", "&archived=true")).getList("data.id"));
    }

    @Test
    void findsAThreadBehindThousandsOfOthersAtOnce() throws Exception {
        String said = indexed(asked("the only okapi\nwas seen by a quetzal"), answering("x"));
        String named = "thr_named-" + thread;
        indexed("{\"prompt\":\"another\",\"threadId\":\"" + named + "\"}", answering("x"));
        title(named, "Okapi of mine");
        String owner = table().run(said).owner();
        addNewerThreads(owner, 5000, "The okapi-less number ");

        Json page = json(found("/threads", "okapi", "&limit=1"));
        assertEquals(List.of(named), page.getList("data.id"));
        assertEquals("title", page.getString("data[0].highlight[0].where"));
        assertEquals(
                List.of(thread),
                json(found("/threads", "okapi", "&limit=1&cursor=" + page.getString("meta.nextCursor")))
                        .getList("data.id"));
        assertFalse(json(found("/threads", "okapi", "&limit=2")).getBoolean("meta.hasMore"));
        assertEquals(List.of(named), json(found("/threads", "okapi -quetzal")).getList("data.id"));
        assertEquals(
                List.of(thread),
                json(found("/threads", "okapi", "&agent=coder")).getList("data.id"));
        assertEquals(
                List.of(), json(found("/threads", "okapi", "&archived=true")).getList("data.id"));

        title(named, null);
        assertEquals(List.of(thread), json(found("/threads", "okapi")).getList("data.id"));
        assertEquals(List.of(named), json(found("/threads", "another")).getList("data.id"));
        assertEquals(0, count("select count(*) from thread_name where thread_id = ?", named));
    }

    @Test
    void looksAtAllTitlesWhereManyThreadsAreNamed() throws Exception {
        String said = indexed(asked("a lone okapi"), answering("x"));
        title(thread, "The numbat");
        String owner = table().run(said).owner();
        addNewerThreads(owner, 2500, "Named ");
        execute("insert into thread_name select owner, id from thread where owner = ? and id like 'newer_%'", owner);

        Json first = json(found("/threads", "numbat"));
        assertEquals(List.of(), first.getList("data.id"));
        Json next = json(found("/threads", "numbat", "&cursor=" + first.getString("meta.nextCursor")));
        assertEquals(List.of(thread), next.getList("data.id"));
        assertEquals(
                50, json(found("/threads", "named -okapi")).getList("data.id").size());
    }

    /** They leave no trace of a name. */
    @Test
    void looksAtAllTitlesWhereAGatewayOfAnEarlierVersionMayHaveNamedOne() throws Exception {
        String said = indexed(asked("start the build"), answering("x"));
        String owner = table().run(said).owner();
        execute("update thread set title = 'art' where owner = ?", owner);
        assertEquals(List.of(), json(found("/threads", "art")).getList("data.id"));

        execute(
                "insert into thread_name_since (at) select current_timestamp + interval '1' day from thread where owner = ?",
                owner);
        try {
            assertEquals(List.of(thread), json(found("/threads", "art")).getList("data.id"));
            assertEquals(List.of(thread), json(found("/threads", "art -start")).getList("data.id"));
        } finally {
            execute("delete from thread_name_since where cast(? as varchar) is not null", owner);
        }
    }

    private void execute(String sql, String value) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement change = connection.prepareStatement(sql)) {
            change.setString(1, value);
            change.executeUpdate();
        }
    }

    private void title(String threadId, String title) {
        history()
                .contentType(ContentType.JSON)
                .body(object().put("title", title).toString())
                .patch("/threads/" + threadId)
                .then()
                .statusCode(200);
    }

    private void addNewerThreads(String owner, int count, String title) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement insert = connection.prepareStatement(
                        "insert into thread (owner, id, title, last_ordinal, created_at, updated_at)"
                                + " values (?, ?, ?, 1, current_timestamp, current_timestamp)")) {
            for (int i = 0; i < count; i++) {
                insert.setString(1, owner);
                insert.setString(2, "newer_" + i);
                insert.setString(3, title + i);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    @Test
    void mergesNoMoreRunsThanASegmentMayHave() throws Exception {
        String owner = "merged-" + thread;
        int runs = 300;
        try (Connection connection = store().connect()) {
            for (int i = 0; i < SegmentMerge.SEGMENTS; i++) {
                Map<Document, Set<String>> terms = new HashMap<>();
                for (int j = 0; j < runs; j++) {
                    long place = i * runs + j;
                    terms.put(new Document(place, 940_000_000_000_000L + place), Set.of("lemur"));
                }
                Segment segment = Segment.of(terms, SegmentKind.WORDS);
                Segments.insert(connection, owner, SegmentKind.WORDS, 2, segment);
            }

            SegmentMerge.merge(connection, owner, SegmentKind.WORDS, 2);

            List<Integer> merged = new ArrayList<>();
            try (Statement select = connection.createStatement();
                    ResultSet row = select.executeQuery(
                            "select documents from search_segment where level = 9 and owner = '" + owner + "'")) {
                while (row.next()) {
                    merged.add(Segment.documents(row.getBytes(1)).size());
                }
            }
            assertEquals(List.of(13 * runs), merged);
            assertEquals(3, count("select count(*) from search_segment where level = 2 and owner = ?", owner));
        } finally {
            deleteSegments(owner);
        }
    }

    /** Between two segments others index and merge: what was not looked at yet goes on into a segment behind all. */
    @Test
    void takesRunsOutOfSegmentsThatAreMergedMeanwhile() throws SQLException {
        String owner = "tidied-" + thread;
        Set<Long> gone = Set.of(7L, 45L, 50L, 150L, 250L, 299L);
        try (Connection connection = store().connect()) {
            insertSegments(owner, true, i -> i >= 40 && i < 40 + SegmentMerge.SEGMENTS ? 1 : 3);
            int walked = 0;
            OptionalLong at = OptionalLong.of(Long.MIN_VALUE);
            while (at.isPresent()) {
                at = SegmentMerge.takeOut(connection, owner, SegmentKind.WORDS, gone, at.getAsLong());
                if (++walked == 1) {
                    SegmentMerge.merge(connection, owner, SegmentKind.WORDS, 1);
                    assertEquals(
                            85, count("select count(*) from search_segment where owner = ?", owner), "after the merge");
                }
            }

            List<Long> left =
                    keys(299, 0).stream().filter(key -> !gone.contains(key)).toList();
            assertEquals(left, candidates(owner, "kudu", DocumentRange.ALL, 1000));
        } finally {
            deleteSegments(owner);
        }
    }

    @Test
    void endsAlthoughSegmentsKeepComing() throws SQLException {
        String owner = "busy-" + thread;
        Set<Long> gone = Set.of(7L, 250L);
        try (Connection connection = store().connect()) {
            insertSegments(owner, true, i -> 3);
            int steps = 0;
            OptionalLong at = OptionalLong.of(Long.MIN_VALUE);
            while (at.isPresent() && steps < 20) {
                at = SegmentMerge.takeOut(connection, owner, SegmentKind.WORDS, gone, at.getAsLong());
                steps++;
                Map<Document, Set<String>> ended = Map.of(document(1000 + steps), Set.of("quokka"));
                Segments.insert(connection, owner, SegmentKind.WORDS, 0, Segment.of(ended, SegmentKind.WORDS));
            }

            assertTrue(at.isEmpty(), "it goes on after " + steps + " steps");
            List<Long> left =
                    keys(299, 0).stream().filter(key -> !gone.contains(key)).toList();
            assertEquals(left, candidates(owner, "kudu", DocumentRange.ALL, 1000));
        } finally {
            deleteSegments(owner);
        }
    }

    /** The server may have lost the last commits with the connection, and a segment of before is there again. */
    @Test
    void takesRunsOutAnewOverAnotherConnection() throws SQLException {
        String owner = "walked-anew-" + thread;
        Document gone = document(7);
        Instant later = Instant.now().plus(Duration.ofDays(1));
        RunTable.await(
                "nothing else is to be taken out",
                TAKEN_OUT_WITHIN,
                () -> count("select count(*) from search_removal where owner <> ?", owner) == 0 ? true : null);
        try (Connection first = store().connect();
                Connection second = store().connect()) {
            Segment segment = Segment.of(Map.of(gone, Set.of("kudu"), document(8), Set.of("kudu")), SegmentKind.WORDS);
            Segments.insert(first, owner, SegmentKind.WORDS, 3, segment);
            execute(
                    "insert into search_removal (run_pk, owner, removed_at)"
                            + " values (7, ?, current_timestamp + interval '1' hour)",
                    owner);
            Tidying walk = Tidying.of(first, later, Set.of(), "");
            // Out of its segment, and to the end of the segments of words.
            assertTrue(walk.next(first, store().engine()));
            assertTrue(walk.next(first, store().engine()));
            assertEquals(List.of(8L), candidates(owner, "kudu", DocumentRange.ALL, 10));
            Segments.insert(first, owner, SegmentKind.WORDS, 3, segment);

            int steps = 0;
            while (walk.next(second, store().engine())) {
                assertTrue(++steps < 20, "it goes on");
            }

            assertEquals(List.of(8L), candidates(owner, "kudu", DocumentRange.ALL, 10));
            assertEquals(0, count("select count(*) from search_removal where owner = ?", owner));
        } finally {
            execute("delete from search_removal where owner = ?", owner);
            deleteSegments(owner);
        }
    }

    @Test
    void takesManyRunsOutInSeveralWalks() throws SQLException {
        String owner = "many-gone-" + thread;
        Instant removed = Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
        Instant later = removed.plus(Duration.ofHours(1));
        RunTable.await(
                "nothing else is to be taken out",
                TAKEN_OUT_WITHIN,
                () -> count("select count(*) from search_removal where owner <> ?", owner) == 0 ? true : null);
        try (Connection connection = store().connect()) {
            Segments.insert(
                    connection,
                    owner,
                    SegmentKind.WORDS,
                    3,
                    Segment.of(
                            Map.of(
                                    document(1),
                                    Set.of("kudu"),
                                    document(2),
                                    Set.of("kudu"),
                                    document(3),
                                    Set.of("kudu")),
                            SegmentKind.WORDS));
            remove(connection, owner, 1, later, 1);
            remove(connection, owner, 2, removed, 1);
            remove(connection, owner, 100, removed, Tidying.RUNS_AT_ONCE - 1);

            walk(connection, later);

            assertEquals(List.of(3L, 1L), candidates(owner, "kudu", DocumentRange.ALL, 10));
            assertEquals(1, count("select count(*) from search_removal where owner = ?", owner));

            walk(connection, later);

            assertEquals(List.of(3L), candidates(owner, "kudu", DocumentRange.ALL, 10));
            assertEquals(0, count("select count(*) from search_removal where owner = ?", owner));
        } finally {
            execute("delete from search_removal where owner = ?", owner);
            deleteSegments(owner);
        }
    }

    /** However many runs one of them deletes, or has deleted where he is to rest. */
    @Test
    void ownersTakeTurns() throws SQLException {
        String owner = "turn-" + thread;
        Instant removed = Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
        RunTable.await(
                "nothing else is to be taken out",
                TAKEN_OUT_WITHIN,
                () -> count("select count(*) from search_removal where owner not like ?", owner + "%") == 0
                        ? true
                        : null);
        try (Connection connection = store().connect()) {
            remove(connection, owner + "a", 1, removed, 3);
            remove(connection, owner + "b", 4, removed.minusSeconds(1), 1);
            remove(connection, owner + "c", 5, removed.plusSeconds(1), 1);
            remove(connection, owner + "d", 6, removed, 1);

            List<String> turns = new ArrayList<>();
            for (String last : List.of("", owner + "a", owner + "b", owner + "d")) {
                turns.add(Tidying.of(connection, removed, Set.of(), last).owner());
            }
            assertEquals(List.of(owner + "a", owner + "b", owner + "d", owner + "a"), turns);
            Set<String> resting = Set.of(owner + "a", owner + "d");
            assertEquals(
                    owner + "b",
                    Tidying.of(connection, removed, resting, owner + "b").owner());
            assertNull(Tidying.of(connection, removed.minusSeconds(2), Set.of(), owner + "b"));
        } finally {
            execute("delete from search_removal where owner like ?", owner + "%");
        }
    }

    private static void remove(Connection connection, String owner, long firstPk, Instant at, int count)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into search_removal (run_pk, owner, removed_at) values (?, ?, ?)")) {
            for (int i = 0; i < count; i++) {
                insert.setLong(1, firstPk + i);
                insert.setString(2, owner);
                insert.setObject(3, at.atOffset(ZoneOffset.UTC));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void walk(Connection connection, Instant until) throws SQLException {
        Tidying walk = Tidying.of(connection, until, Set.of(), "");
        for (int steps = 0; walk.next(connection, store().engine()); steps++) {
            assertTrue(steps < 20, "it goes on");
        }
    }

    /** More runs have the word than are looked up one by one: their threads are looked at, the latest first. */
    @Test
    void findsThreadsOfAWordThatManyRunsHave() throws Exception {
        indexed(asked("a lemur among many"), answering("x"));
        String other = "thr_other-" + thread;
        indexed("{\"prompt\":\"no such animal\",\"threadId\":\"" + other + "\"}", answering("x"));
        String latest = "thr_latest-" + thread;
        indexed("{\"prompt\":\"a lemur again\",\"threadId\":\"" + latest + "\"}", answering("x"));
        String owner = json("/runs?limit=1").getString("data[0].owner");
        long later = Instant.now().plusSeconds(3600).getEpochSecond() * 1_000_000;
        List<Segment> runs = new ArrayList<>();
        for (int i = 0; i < 2500; i++) {
            runs.add(Segment.of(
                    Map.of(new Document(later + i, 930_000_000_000_000L + i), Set.of("lemur")), SegmentKind.WORDS));
        }
        try (Connection connection = store().connect()) {
            Segments.insert(connection, owner, SegmentKind.WORDS, 3, Segment.merged(runs, Set.of(), SegmentKind.WORDS));

            assertEquals(
                    List.of(latest, thread), json(found("/threads", "lemur")).getList("data.id"));
        } finally {
            deleteSegments(owner);
        }
    }

    @Test
    void forgetsWhatIsDeleted() throws Exception {
        String kept = indexed(asked("the kept ibex"), answering("x"));
        String gone = indexed("{\"prompt\":\"the gone ibex quokka\"}", answering("x"));
        String owner = json("/runs?limit=1").getString("data[0].owner");

        history().delete("/runs/" + gone).then().statusCode(204);

        assertEquals(List.of(kept), runs("ibex"));
        assertEquals(
                1,
                count(
                        "select count(*) from search_document d join run r on r.run_pk = d.run_pk where r.owner = ?",
                        owner));
        RunTable.await(
                "its terms are gone",
                TAKEN_OUT_WITHIN,
                () -> count("select count(*) from search_segment where owner = ?", owner) == 1
                                && count("select count(*) from search_removal where owner = ?", owner) == 0
                        ? true
                        : null);
        assertFalse(holds("quokka"));
        assertTrue(holds("ibex"));
        assertEquals(List.of(kept), runs("ibex"));
    }

    /** It is that owner's alone, whose runs are noted until it is mended. */
    @Test
    void forgetsWhatOthersDeleteWhereASegmentOfOneOwnerIsDamaged() throws Exception {
        String damaged = "damaged-" + thread;
        String gone = indexed(asked("the gone wombat"), answering("x"));
        String owner = json("/runs?limit=1").getString("data[0].owner");
        try (Connection connection = store().connect()) {
            Segments.insert(
                    connection,
                    damaged,
                    SegmentKind.WORDS,
                    3,
                    Segment.of(Map.of(document(1), Set.of("kudu"), document(2), Set.of("kudu")), SegmentKind.WORDS));
            execute(
                    "update search_block set content = cast('?' as "
                            + (store().engine() == Engine.H2 ? "varbinary" : "bytea")
                            + ") where block_pk / 1048576 in (select segment_pk from search_segment where owner = ?)",
                    damaged);
            remove(connection, damaged, 1, Instant.now().minus(Duration.ofHours(1)), 1);

            history().delete("/runs/" + gone).then().statusCode(204);

            RunTable.await(
                    "its terms are gone",
                    TAKEN_OUT_WITHIN,
                    () -> count("select count(*) from search_removal where owner = ?", owner) == 0 ? true : null);
            assertEquals(0, count("select count(*) from search_segment where owner = ?", owner));
            assertEquals(1, count("select count(*) from search_removal where owner = ?", damaged));
        } finally {
            execute("delete from search_removal where owner = ?", damaged);
            deleteSegments(damaged);
        }
        // The next test finds no rest after a failure.
        indexed(asked("another wombat"), answering("x"));
    }

    /** They cannot be merged. */
    @Test
    void keepsTheWordsOfFurtherRunsOfAnOwnerWhoseSegmentsAreDamaged() throws Exception {
        List<String> found = new ArrayList<>(List.of(indexed(asked("the first okapi"), answering("x"))));
        String owner = json("/runs?limit=1").getString("data[0].owner");
        String damaged = "cast('?' as " + (store().engine() == Engine.H2 ? "varbinary" : "bytea") + ")";
        try (Connection connection = store().connect()) {
            String before = "select max(segment_pk) from search_segment where owner = ?";
            long last = count(before, owner);
            for (int i = 1; i < SegmentMerge.SEGMENTS; i++) {
                Segments.insert(
                        connection,
                        owner,
                        SegmentKind.WORDS,
                        SegmentKind.WORDS.first(),
                        Segment.of(Map.of(document(i), Set.of("kudu")), SegmentKind.WORDS));
            }
            String ofDamaged = "%s in (select segment_pk from search_segment where owner = ? and segment_pk > " + last
                    + " and segment_pk <= " + count(before, owner) + ")";
            execute(
                    "update search_block set content = " + damaged + " where "
                            + ofDamaged.formatted("block_pk / 1048576"),
                    owner);
            for (int i = 0; i < 3; i++) {
                found.add(0, indexed(asked("okapi " + i), answering("x")));
            }
            execute("delete from search_segment where " + ofDamaged.formatted("segment_pk"), owner);
        }

        assertEquals(found, runs("okapi"));
    }

    /** One after the other at once, and not one with each look for something to do. */
    @Test
    void forgetsWhatManyOwnersDelete() throws Exception {
        Map<String, String> runOf = new LinkedHashMap<>();
        for (int i = 0; i < 40; i++) {
            String credential = key + i;
            try (WireResponse recorded = client().post(
                            "/v1/run",
                            asked("a tarsier"),
                            "X-API-Key: " + credential,
                            upstream.on(answering("x")).header())) {
                recorded.whole();
                runOf.put(credential, recorded.header("Runtape-Run-Id"));
            }
        }
        runOf.values().forEach(this::awaitIndexed);
        List<String> owners = new ArrayList<>();
        for (String credential : runOf.keySet()) {
            String run = "/runs/" + runOf.get(credential);
            String owner = json(credential, run).getString("data.owner");
            assertTrue(count("select count(*) from search_segment where owner = ?", owner) > 0);
            owners.add(owner);
            historyOf(credential).delete(run).then().statusCode(204);
        }

        RunTable.await("the terms of all are gone", TAKEN_OUT_WITHIN, () -> {
            for (String owner : owners) {
                if (count("select count(*) from search_segment where owner = ?", owner) > 0) {
                    return null;
                }
            }
            return true;
        });
    }

    private boolean holds(String word) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement("select content from search_block");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                TermBlocks.Reader terms = new TermBlocks.Reader(List.of(row.getBytes(1)));
                while (terms.next()) {
                    if (terms.term().equals(word)) {
                        return true;
                    }
                }
            }
            return false;
        }
    }

    @Test
    void keepsOwnersApart() throws Exception {
        String mine = indexed(asked("a secret narwhal"), answering("x"));

        assertEquals(List.of(mine), runs("narwhal"));
        for (String list : List.of("/runs", "/threads")) {
            assertEquals(
                    List.of(), json("rt_another_" + key, found(list, "narwhal")).getList("data"));
        }
    }

    @Test
    void indexesARunAnewWhenAskedTo() throws Exception {
        String id = indexed(asked("the same mandrill"), answering("x"));
        try (Connection connection = store().connect();
                PreparedStatement update =
                        connection.prepareStatement("update run set indexed_at = null where id = ?")) {
            update.setString(1, id);
            update.executeUpdate();
        }
        awaitIndexed(id);

        assertEquals(List.of(id), runs("mandrill"));
    }

    /** The index still has the word with the run, whose texts do not. */
    @Test
    void findsARunWithoutAWordThatItHasNoLonger() throws Exception {
        String id = indexed(asked("a gibbon"), answering("x"));
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            String its = " where run_pk = " + table().run(id).pk();
            // As if it were indexed for the first time.
            statement.executeUpdate("delete from search_document" + its);
            statement.executeUpdate("update run set result = '\"a siamang\"', indexed_at = null" + its);
            awaitIndexed(id);
            assertEquals(List.of(id), runs("gibbon siamang"));
            assertEquals(List.of(), runs("gibbon -siamang"));
            statement.executeUpdate("update run set result = null, indexed_at = null" + its);
            awaitIndexed(id);
        }

        assertEquals(List.of(), runs("gibbon siamang"));
        assertEquals(List.of(id), runs("gibbon -siamang"));
    }

    @Test
    void refusesWhatItCannotDo() {
        refused(found("/runs", "-x"), 400, "invalid_request", "q has no word that must occur");
        refused(found("/threads", "\"x"), 400, "invalid_request", "quotation mark");
        refused(found("/runs", "x".repeat(501)), 400, "invalid_request", "500 characters");
        refused(found("/runs", "x ".repeat(21)), 400, "invalid_request", "20 words and phrases");
        refused(found("/runs", "x*"), 400, "invalid_request", "2 letters or digits");
        refused(
                history()
                        .accept("application/x-ndjson")
                        .get(found("/runs", "x"))
                        .then(),
                400,
                "invalid_request",
                "q does not go with application/x-ndjson");
        for (String list : List.of("/runs", "/threads")) {
            refused(
                    history().delete(found(list, "x", "&dryRun=true")).then(),
                    400,
                    "invalid_request",
                    "no parameter 'q'");
        }
    }
}
