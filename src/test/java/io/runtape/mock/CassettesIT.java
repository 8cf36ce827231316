package io.runtape.mock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.clients.LangChain4jExample;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recordings that are written to files by one gateway, and that another one answers from, without any agent API. */
class CassettesIT {

    private static final String CHAT = "/openai/v1/chat/completions";
    private static final String KEY = "X-API-Key: a caller of the first gateway";
    private static final String LANG_CHAIN =
            "{\"model\":\"gpt-5-nano\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";

    private static final String CONFIDED = "What is confided?";

    private static final ScriptedUpstream UPSTREAM = new ScriptedUpstream();

    /** The cassettes that several tests begin with, each in a folder of its own. */
    @TempDir
    static Path recorded;

    private static List<String> recordedRuns;

    @BeforeAll
    static void recordOnce(@TempDir Path data) throws Exception {
        recordedRuns = record(data, recorded);
    }

    @AfterAll
    static void stop() {
        UPSTREAM.close();
    }

    private static void copyRecorded(Path folder) throws IOException {
        for (String run : recordedRuns) {
            Files.copy(recorded.resolve(run + ".ndjson"), folder.resolve(run + ".ndjson"));
        }
    }

    private static String chunk(String text) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5-nano\",\"choices\":[{\"index\":0,"
                + "\"delta\":{\"content\":\"" + text + "\"},\"finish_reason\":null}]}\n\n";
    }

    private static Script saying(String... words) {
        String[] chunks = new String[words.length + 1];
        for (int i = 0; i < words.length; i++) {
            chunks[i] = chunk(words[i]);
        }
        chunks[words.length] = "data: [DONE]\n\n";
        return Script.stream(chunks);
    }

    /** Records a call at a gateway, and writes its cassette. */
    private static String cassette(GatewayProcess gateway, Path folder, String body, Script script, String... headers)
            throws Exception {
        List<String> lines = new ArrayList<>(List.of(KEY, UPSTREAM.on(script).header()));
        lines.addAll(List.of(headers));
        String run;
        try (WireResponse response = gateway.client().post(CHAT, body, lines.toArray(String[]::new))) {
            response.readAll();
            run = response.header("Runtape-Run-Id");
        }
        byte[] cassette = RunTable.await("the run has ended", () -> {
            try (WireResponse file = gateway.client().get("/history/v1/runs/" + run + "/cassette", KEY)) {
                byte[] bytes = file.whole();
                return file.status() == 200 ? bytes : null;
            }
        });
        Files.write(folder.resolve(run + ".ndjson"), cassette);
        return run;
    }

    private static List<String> record(Path data, Path folder) throws Exception {
        Map<String, String> settings = GatewayProcess.onH2(data, UPSTREAM);
        settings.put("RUNTAPE_RECORD_PATHS", CHAT);
        List<String> runs = new ArrayList<>();
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            String greeting = LANG_CHAIN.formatted("Greet me.");
            runs.add(cassette(gateway, folder, greeting, saying("Good", " morning")));
            runs.add(cassette(gateway, folder, greeting, saying("Good", " evening")));
            runs.add(cassette(gateway, folder, LANG_CHAIN.formatted("Named later."), saying("By its id")));
            String whole = chunk("By the call").replace("null", "\"stop\"") + "data: [DONE]\n\n";
            runs.add(cassette(gateway, folder, LANG_CHAIN.formatted("Matched later."), Script.stream(whole)));
            runs.add(cassette(gateway, folder, LANG_CHAIN.formatted("Never asked again."), saying("x")));
        }
        return runs;
    }

    private static GatewayProcess replaying(Map<String, String> database, Path folder) throws IOException {
        database.put("RUNTAPE_MODE", "replay");
        database.put("RUNTAPE_CASSETTES", folder.toString());
        // However long ago they were recorded.
        database.putIfAbsent("RUNTAPE_RETENTION", "1ms");
        return GatewayProcess.start(database);
    }

    private static String asked(GatewayProcess gateway, String prompt) {
        String url = "http://localhost:" + gateway.port();
        return new LangChain4jExample(url, "no key is needed").stream(prompt);
    }

    @Test
    void testsAnAgentsClientWithoutAnAgentApiOnH2(@TempDir Path data, @TempDir Path folder) throws Exception {
        testsAnAgentsClient(GatewayProcess.onH2(data, UPSTREAM), folder);
    }

    @Test
    void testsAnAgentsClientWithoutAnAgentApiOnPostgres(@TempDir Path folder) throws Exception {
        testsAnAgentsClient(GatewayProcess.onPostgres(PostgresServer.freshDatabase(), UPSTREAM), folder);
    }

    private static void testsAnAgentsClient(Map<String, String> settings, Path folder) throws Exception {
        copyRecorded(folder);
        int calls = UPSTREAM.received().size();
        try (GatewayProcess gateway = replaying(settings, folder).ready()) {
            // Equal calls get their recordings in turn, and then the last one.
            assertEquals("Good morning", asked(gateway, "Greet me."));
            assertEquals("Good evening", asked(gateway, "Greet me."));
            assertEquals("Good evening", asked(gateway, "Greet me."));

            for (String replay : List.of(recordedRuns.get(2), "match")) {
                try (WireResponse again = gateway.client()
                        .post(CHAT, LANG_CHAIN.formatted("Matched later."), "Runtape-Replay: " + replay)) {
                    String told = new String(again.whole(), UTF_8);
                    assertTrue(told.contains(replay.equals("match") ? "By the call" : "By its id"), told);
                }
            }

            WireResponse miss =
                    gateway.client().post(CHAT, LANG_CHAIN.formatted("Greet him."), "Authorization: Bearer any");
            String why = new String(miss.whole(), UTF_8);
            assertEquals(404, miss.status());
            assertEquals("no_recording", Json.of(why).getString("error.code"));
            assertTrue(
                    Json.of(why)
                            .getString("error.message")
                            .contains("messages[0].content: recorded \"Never asked again.\", asked \"Greet him.\""),
                    why);

            WireResponse other = gateway.client().get("/v1/models", KEY);
            assertEquals(
                    "no_recording", Json.of(new String(other.whole(), UTF_8)).getString("error.code"));
            gateway.terminate();
            gateway.exit(Duration.ofSeconds(30));
            assertTrue(
                    gateway.output().stream()
                            .anyMatch(line -> line.contains(
                                    "recordings of the cassettes that no call has used (1): " + recordedRuns.get(4))),
                    () -> String.join("\n", gateway.output()));
        }
        assertEquals(calls, UPSTREAM.received().size());
        takesTheFolderAsItIs(settings, folder);
    }

    /** At the next start. */
    private static void takesTheFolderAsItIs(Map<String, String> settings, Path folder) throws Exception {
        Files.delete(folder.resolve(recordedRuns.get(0) + ".ndjson"));
        try (GatewayProcess gateway = replaying(settings, folder).ready()) {
            assertEquals("Good evening", asked(gateway, "Greet me."));
        }
    }

    /** Whatever the rules find in the JSON of a run: numbers, or what begins in one value and ends in another. */
    @Test
    void takesWhatItsOwnRulesHaveLeft(@TempDir Path first, @TempDir Path second, @TempDir Path folder)
            throws Exception {
        // Of the last one, characters become asterisks that have more bytes than one.
        String rules = "\\d{6}, \"secret\":\"[^\"]*\",upstream_closed,M[^ -~]ller";
        Map<String, String> settings = GatewayProcess.onH2(first, UPSTREAM);
        settings.put("RUNTAPE_RECORD_PATHS", CHAT);
        settings.put("RUNTAPE_CASSETTE_REDACT", rules);
        String asked =
                "{\"model\":\"gpt-5-nano\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],"
                        + "\"metadata\":%s}";
        String used =
                "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5-nano\",\"choices\":[],"
                        + "\"usage\":{\"prompt_tokens\":123456,\"completion_tokens\":1}}\n\n";
        String body = asked.formatted("Greet Müller.", "{\"account\":123456,\"branch\":\"main\"}");
        String cassette;
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            String run = cassette(gateway, folder, body, Script.stream(chunk("Good"), used, "data: [DONE]\n\n"));
            cassette(gateway, folder, asked.formatted("Go on.", "{\"secret\":\"x\"}"), exchange -> {
                exchange.streamHead();
                exchange.chunk(chunk("Cut"));
            });
            cassette = Files.readString(folder.resolve(run + ".ndjson"));
        }
        assertFalse(cassette.contains("123456"), cassette);
        assertTrue(cassette.contains("Greet *******."), cassette);
        assertTrue(cassette.contains("\"metadata\":{\"account\":\"******\",\"branch\":\"main\"}"), cassette);
        assertTrue(cassette.contains("\"usage\":{\"inputTokens\":null,\"outputTokens\":1,"), cassette);

        Map<String, String> replaying = GatewayProcess.onH2(second, UPSTREAM);
        replaying.put("RUNTAPE_CASSETTE_REDACT", rules);
        try (GatewayProcess gateway = replaying(replaying, folder).ready();
                WireResponse answer = gateway.client().post(CHAT, body)) {
            String told = new String(answer.whole(), UTF_8);
            assertTrue(told.startsWith(chunk("Good")) && told.contains("\"prompt_tokens\":******"), told);
        }
    }

    /** It goes as deep as a text is long: of that run, there is no cassette, and what cassettes are compared by is left out. */
    @Test
    void indexesRunsThatARuleCannotRead(@TempDir Path data) throws Exception {
        Map<String, String> settings = GatewayProcess.onH2(data, UPSTREAM);
        settings.put("RUNTAPE_RECORD_PATHS", CHAT);
        settings.put("RUNTAPE_CASSETTE_REDACT", "\"secret\":\"(?:[a-z]|[0-9])*\"");
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Greet me.\"}],\"secret\":\""
                + "a".repeat(100_000) + "\"}";
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            String run = "";
            for (String each : List.of("{\"messages\":[]}", body)) {
                try (WireResponse response = gateway.client()
                        .post(CHAT, each, KEY, UPSTREAM.on(saying("Hi")).header())) {
                    response.readAll();
                    run = response.header("Runtape-Run-Id");
                }
            }

            RunTable.await("both are in the sums", () -> {
                try (WireResponse stats = gateway.client().get("/history/v1/stats", KEY)) {
                    Json sums = Json.of(new String(stats.whole(), UTF_8));
                    return List.of(2).equals(sums.getList("data.runs")) ? true : null;
                }
            });
            try (WireResponse none = gateway.client().get("/history/v1/runs/" + run + "/cassette", KEY)) {
                assertTrue(new String(none.whole(), UTF_8).contains("RUNTAPE_CASSETTE_REDACT"));
                assertEquals(500, none.status());
            }
        }
    }

    @Test
    void doesNotStartOnADamagedCassette(@TempDir Path data, @TempDir Path folder) throws Exception {
        Files.writeString(
                folder.resolve("broken.ndjson"), "{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}\nx\n");

        assertDoesNotStart(data, folder, "broken.ndjson is damaged, at line 2");
    }

    private static void assertDoesNotStart(Path data, Path folder, String why) throws Exception {
        try (GatewayProcess gateway = replaying(GatewayProcess.onH2(data, UPSTREAM), folder)) {
            assertNotEquals(0, gateway.exit(Duration.ofSeconds(60)));
            assertTrue(
                    gateway.output().stream().anyMatch(line -> line.contains(why)),
                    () -> String.join("\n", gateway.output()));
        }
    }

    /** Another gateway of the same database may be answering from them. */
    @Test
    void keepsTheCassettesThatThereAreWhereItDoesNotStart(@TempDir Path data, @TempDir Path folder) throws Exception {
        copyRecorded(folder);
        replaying(GatewayProcess.onH2(data, UPSTREAM), folder).ready().close();

        assertDoesNotStart(data, folder.resolve("no-such-folder"), "no-such-folder");

        Map<String, String> settings = GatewayProcess.onH2(data, UPSTREAM);
        settings.put("RUNTAPE_MODE", "replay");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            assertEquals("Good morning", asked(gateway, "Greet me."));
        }
    }

    /** More of them than are looked at before they are indexed, all of which ended later than the one that is asked for. */
    @Test
    void answersFromEachOfManyCassettesOnceItIsReady(@TempDir Path data, @TempDir Path folder) throws Exception {
        String recording = Files.readString(recorded.resolve(recordedRuns.get(4) + ".ndjson"));
        int many = 5 * Recordings.UNINDEXED_MAX;
        for (int i = 0; i < many; i++) {
            String id = "run_many%04d".formatted(i);
            String copy =
                    recording.replace(recordedRuns.get(4), id).replaceAll("\"check\":\"[^\"]*\"", "\"check\":null");
            Files.writeString(folder.resolve(id + ".ndjson"), copy);
        }
        copyRecorded(folder);
        try (GatewayProcess gateway =
                replaying(GatewayProcess.onH2(data, UPSTREAM), folder).ready()) {
            assertEquals("Good morning", asked(gateway, "Greet me."));
        }
    }

    /** Of two histories, so that each is the first run of it; one has runs of callers without a key as well. */
    @Test
    void takesRunsOfTheSamePlaceInAThread(
            @TempDir Path first, @TempDir Path second, @TempDir Path third, @TempDir Path folder) throws Exception {
        List<String> runs = new ArrayList<>();
        String keyless = "";
        for (Path data : List.of(first, second)) {
            Map<String, String> settings = GatewayProcess.onH2(data, UPSTREAM);
            settings.put("RUNTAPE_RECORD_PATHS", CHAT);
            String word = "Day " + runs.size();
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                runs.add(cassette(
                        gateway,
                        folder,
                        LANG_CHAIN.formatted("What is " + word + "?"),
                        saying(word),
                        "Runtape-Thread-Id: the-tests"));
                try (WireResponse response = gateway.client()
                        .post(
                                CHAT,
                                LANG_CHAIN.formatted(CONFIDED),
                                UPSTREAM.on(saying("Understood")).header())) {
                    response.readAll();
                    keyless = response.header("Runtape-Run-Id");
                }
            }
        }
        for (String run : runs) {
            String cassette = Files.readString(folder.resolve(run + ".ndjson"));
            assertTrue(cassette.contains("\"threadId\":\"the-tests\",\"thread\":{\"ordinal\":1,"), cassette);
        }

        for (int start = 0; start < 2; start++) {
            Map<String, String> settings = GatewayProcess.onH2(second, UPSTREAM);
            settings.put("RUNTAPE_RETENTION", "1d");
            try (GatewayProcess gateway = replaying(settings, folder).ready()) {
                assertEquals("Day 0", asked(gateway, "What is Day 0?"));
                assertEquals("Day 1", asked(gateway, "What is Day 1?"));
                assertTellsNobody(gateway, keyless);
            }
        }

        Path one = folder.resolve(runs.get(0) + ".ndjson");
        Path other = folder.resolve(runs.get(1) + ".ndjson");
        Files.writeString(other, Files.readString(other).replace(runs.get(1), runs.get(0)));
        String later = one.compareTo(other) < 0 ? runs.get(1) : runs.get(0);
        assertDoesNotStart(third, folder, later + ".ndjson is in conflict with another one, at line ");
    }

    /** The history of callers without a key is closed, and a gateway cannot tell them apart. */
    private static void assertTellsNobody(GatewayProcess gateway, String keyless) throws IOException {
        try (WireResponse named = gateway.client().post(CHAT, "{}", "Runtape-Replay: " + keyless)) {
            named.whole();
            assertEquals(404, named.status());
        }
        for (String asked : List.of(CONFIDED, "What is it?")) {
            try (WireResponse none = gateway.client().post(CHAT, LANG_CHAIN.formatted(asked))) {
                String told = new String(none.whole(), UTF_8);
                assertEquals(404, none.status(), told);
                assertFalse(told.contains("recorded \\\"" + CONFIDED), told);
            }
        }
    }

    @Test
    void doesNotStartOnACassetteThatWasCutOff(@TempDir Path data, @TempDir Path folder) throws Exception {
        copyRecorded(folder);
        String run = recordedRuns.get(0);
        Path cut = folder.resolve(run + ".ndjson");
        List<String> lines = Files.readAllLines(cut);
        for (List<String> left : List.of(lines.subList(0, 1), lines.subList(0, lines.size() - 1))) {
            Files.write(cut, left);

            assertDoesNotStart(data, folder, run + ".ndjson is damaged: its last line is missing");
        }
    }
}
