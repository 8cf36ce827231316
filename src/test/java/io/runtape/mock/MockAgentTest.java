package io.runtape.mock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.runtape.archive.Redaction;
import io.runtape.history.RecordedHistory;
import io.runtape.indexing.EndedRun;
import io.runtape.run.Run;
import io.runtape.run.Sha256;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.testsupport.DiagnosticCommand;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.runtape.testsupport.WireResponse.Arrival;
import io.runtape.testsupport.WireResponse.End;
import jakarta.inject.Inject;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that are answered from recordings. */
abstract class MockAgentTest extends RecordedHistory {

    private static final String[] EVENTS = {
        "event: run_started\ndata: {}\n\n", ": still here\n\n", "data: {\"content\":\"Grüße\"}\n\n", "data: [DONE]\n\n"
    };

    private static final String TOKEN =
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

    @Inject
    MemoryBudgets memory;

    @Inject
    Redaction redaction;

    @Inject
    RequestIndex index;

    @Inject
    Matches matches;

    private final String prompt = "Say " + UUID.randomUUID();

    private String body() {
        return "{\"agent\":\"greeter\",\"prompt\":\"" + prompt + "\",\"temperature\":0.1}";
    }

    /** What a call gets that no agent API may see. */
    private WireResponse mocked(String body, String... headers) throws Exception {
        Scripted uncalled = upstream.on(Script.json(500, "{}"));
        String[] all = new String[headers.length + 2];
        all[0] = "X-API-Key: " + key;
        all[1] = uncalled.header();
        System.arraycopy(headers, 0, all, 2, headers.length);
        WireResponse response = client().post("/v1/run", body, all);
        response.head();
        assertTrue(uncalled.isUncalled());
        return response;
    }

    private static void refused(WireResponse response, int status, String code, String... said) throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(status, response.status(), body);
        Json error = Json.of(body);
        assertEquals(code, error.getString("error.code"));
        for (String words : said) {
            assertTrue(error.getString("error.message").contains(words), body);
        }
    }

    private static Script paced(Duration pause, String... chunks) {
        return exchange -> {
            exchange.streamHead("X-Model: m-1", "Retry-After: 3");
            for (String chunk : chunks) {
                LockSupport.parkNanos(pause.toNanos());
                exchange.chunk(chunk);
            }
            exchange.end();
        };
    }

    /** When the byte at that place had come. */
    private static long at(WireResponse response, int place) {
        int length = 0;
        for (Arrival arrival : response.arrivals()) {
            length += arrival.bytes().length;
            if (length >= place) {
                return arrival.atNanos();
            }
        }
        throw new AssertionError("byte " + place + " has not come");
    }

    @Test
    void answersFromTheRunThatIsNamed() throws Exception {
        String run = record(body(), paced(Duration.ofMillis(60), EVENTS));
        int runs = json("/runs").getList("data").size();

        long asked = System.nanoTime();
        try (WireResponse again = mocked("{\"prompt\":\"another\"}", "Runtape-Replay: " + run)) {
            assertArrayEquals(table().bytes(run), again.whole());
            assertEquals(200, again.status());
            assertEquals("m-1", again.header("X-Model"));
            assertEquals("text/event-stream", again.header("Content-Type"));
            assertEquals(run, again.header("Runtape-Run-Id"));
            int end = 0;
            for (var frame : table().frames(run)) {
                end += frame.bytes().length;
                long after = at(again, end) - asked;
                assertTrue(after >= frame.offsetMicros() * 1000, "frame " + frame.sequence() + " came too early");
            }
        }
        assertEquals(runs, json("/runs").getList("data").size());
    }

    @Test
    void givesTheHeadWhenItCame() throws Exception {
        String run = record(body(), exchange -> {
            LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
            exchange.streamHead();
            LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
            exchange.chunk(EVENTS[0]);
            exchange.end();
        });

        long asked = System.nanoTime();
        try (WireResponse again = mocked(body(), "Runtape-Replay: " + run)) {
            long head = System.nanoTime();
            assertTrue(head - asked >= Duration.ofMillis(300).toNanos(), "the head came too early");
            assertArrayEquals(EVENTS[0].getBytes(UTF_8), again.whole());
            assertTrue(
                    at(again, EVENTS[0].length()) - head
                            >= Duration.ofMillis(500).toNanos(),
                    "the head came with the first frame");
        }
    }

    @Test
    void leavesThePausesOut() throws Exception {
        String run = record(body(), paced(Duration.ofMillis(400), EVENTS));
        byte[] whole = table().bytes(run);
        long recorded = table().frames(run).get(EVENTS.length - 1).offsetMicros() * 1000;

        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            long asked = System.nanoTime();
            try (WireResponse again = mocked(body(), "Runtape-Replay: " + run, "Runtape-Speed: max")) {
                assertArrayEquals(whole, again.whole());
            }
            fastest = Math.min(fastest, System.nanoTime() - asked);
        }
        assertTrue(fastest < recorded, fastest + " ns");
    }

    @Test
    void findsTheNewestRunThatWasAskedTheSame() throws Exception {
        record(body(), Script.stream("data: old\n\n"));
        record(body(), Script.stream("data: new\n\n"));
        record(body().replace(prompt, "Else " + prompt), Script.stream("data: else\n\n"));
        String spelt = "{ \"prompt\": \"" + prompt + "\", \"metadata\": {\"call\": 7}, \"agent\": \"greeter\" }";

        for (String asked : List.of(body(), spelt)) {
            try (WireResponse again = mocked(asked, "Runtape-Replay: match")) {
                assertEquals("data: new\n\n", new String(again.whole(), UTF_8));
            }
        }
    }

    /** Schemas write infinity so; no type of numbers holds it. */
    @Test
    void findsARunWithANumberThatIsTooLarge() throws Exception {
        String body = "{\"agent\":\"greeter\",\"prompt\":\"" + prompt + "\",\"context\":{\"most\":%s}}";
        String run = record(body.formatted("1e400"), Script.stream("data: much\n\n"));
        RunTable.await(
                "it is found",
                () -> json("/runs?agent=greeter").getList("data.id").contains(run) ? true : null);

        try (WireResponse again = mocked(body.formatted("1e400"), "Runtape-Replay: match")) {
            assertEquals("data: much\n\n", new String(again.whole(), UTF_8));
        }
        refused(
                mocked(body.formatted("-1e400"), "Runtape-Replay: match"),
                404,
                "no_recording",
                "context.most: recorded 1E+400, asked -1E+400");
        for (String near : List.of("1e401", "1e999999999", "1e99999999999", "\"1e400\"")) {
            refused(mocked(body.formatted(near), "Runtape-Replay: match"), 404, "no_recording", "context.most");
        }
    }

    /** Without the zeros at its end its exponent is larger than any that is known. */
    @Test
    void comparesANumberThatHasNoOtherSpelling() throws Exception {
        String body = "{\"agent\":\"greeter\",\"prompt\":\"" + prompt + "\",\"context\":{\"most\":%s}}";
        String run = record(body.formatted("100e2147483647"), Script.stream("data: most\n\n"));

        // Before and after it is indexed.
        for (int looks = 0; looks < 2; looks++) {
            refused(
                    mocked(body.formatted("7"), "Runtape-Replay: match"),
                    404,
                    "no_recording",
                    "context.most: recorded 100e2147483647, asked 7");
            try (WireResponse again = mocked(body.formatted("100e2147483647"), "Runtape-Replay: match")) {
                assertEquals("data: most\n\n", new String(again.whole(), UTF_8));
            }
            RunTable.await(
                    "it is found",
                    () -> json("/runs?agent=greeter").getList("data.id").contains(run) ? true : null);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a.b\":1} | {\"a\":{\"b\":1}} | input.\"a.b\": recorded 1, asked nothing",
                "{\"a[0]\":1} | {\"a\":[1]} | input.\"a[0]\": recorded 1, asked nothing",
                "{\"\\\"a.b\\\"\":1} | {\"a.b\":1} | input.\"\\\"a.b\\\"\": recorded 1, asked nothing",
                "{\"a\":1,\"b\":2} | {\"a=1\\ninput.b\":2} | input.a: recorded 1, asked nothing",
            })
    void tellsANameFromSeveral(String recorded, String asked, String said) throws Exception {
        assertTellsApart("%s", recorded, asked, recorded, said);
    }

    /** Inputs of that form: one that is recorded, another one, in which this differs, and one that is the same. */
    private void assertTellsApart(String form, String recorded, String other, String same, String differs)
            throws Exception {
        String body = "{\"prompt\":\"" + prompt + "\",\"input\":" + form + "}";
        record(body.formatted(recorded), Script.stream("data: this\n\n"));

        refused(mocked(body.formatted(other), "Runtape-Replay: match"), 404, "no_recording", differs);
        try (WireResponse again = mocked(body.formatted(same), "Runtape-Replay: match")) {
            assertEquals("data: this\n\n", new String(again.whole(), UTF_8));
        }
    }

    /** Keys are kept with recordings: another one of the same call would not find the recordings of earlier versions. */
    @Test
    void aCallKeepsItsKey() {
        String body = "{\"input\":{\"my file\":[{\"a-b\\\\c]\":1.0}],\"\":null},\"prompt\":\"x\\ny\"}";

        String key = CanonicalRequest.of("/v1/run", body.getBytes(UTF_8), redaction, bytes -> {})
                .key();

        String form = "/v1/run\ninput.=null\ninput.my file[0].a-b\\c]=1\nprompt=\"x\\ny\"\n";
        assertEquals(new Sha256().add(form.getBytes(UTF_8)).hex(), key);
    }

    /** A name may have fifty thousand characters, and a place several names. */
    @Test
    void cutsLongPlaces() throws Exception {
        String name = "name".repeat(12_000);
        String body = "{\"prompt\":\"" + prompt + "\",\"input\":{\"" + name + "\":{\"" + name + "\":%s}}}";
        record(body.formatted("1"), Script.stream("data: 1\n\n"));

        try (WireResponse refused = mocked(body.formatted("2"), "Runtape-Replay: match")) {
            String said = new String(refused.whole(), UTF_8);
            assertEquals(404, refused.status());
            assertTrue(said.length() < 2000, "it has " + said.length() + " characters");
            assertTrue(said.contains("…: recorded 1, asked 2"), said);
        }
    }

    /** Whoever asks for a recording need not know that the newest one goes just then. */
    @Test
    void takesAnotherRecordingForOneThatIsDeletedMeanwhile() throws Exception {
        List<RunTable.RunRow> runs = new ArrayList<>();
        for (String said : List.of("a", "b", "c", "d")) {
            runs.add(table().ended(record(body(), Script.stream("data: " + said + "\n\n"))));
        }
        String owner = runs.get(0).owner();
        CanonicalRequest asked = CanonicalRequest.of("/v1/run", body().getBytes(UTF_8), redaction, bytes -> {});
        try (BudgetShare share = memory.bodies().share()) {
            assertEquals(Optional.of(runs.get(2).pk()), matches.newest(owner, asked, share, unlessItIs(runs.get(3))));
            assertEquals(Optional.of(runs.get(1).pk()), matches.next(owner, asked, share, unlessItIs(runs.get(0))));
            assertEquals(Optional.of(runs.get(1).pk()), matches.next(owner, asked, share, unlessItIs(runs.get(2))));
            assertEquals(Optional.empty(), matches.newest(owner, asked, share, unlessItIs(runs.get(1))));
        }
    }

    /** Finds a run, but for that one, which it deletes. */
    private LongFunction<Optional<Long>> unlessItIs(RunTable.RunRow gone) {
        return found -> {
            if (found != gone.pk()) {
                return Optional.of(found);
            }
            history().delete("/runs/" + gone.id()).then().statusCode(204);
            return Optional.empty();
        };
    }

    @ParameterizedTest
    @CsvSource({"0, 100000", "{}, 80000", "\"some text\", 20000", "{\"role\":\"user\"}, 10000"})
    void tellsAboutWhatItsIndexTakes(String item, int items) {
        byte[] body = ("{\"input\":[" + (item + ",").repeat(items) + "0]}").getBytes(UTF_8);
        AtomicLong taken = new AtomicLong();
        CanonicalRequest.of("/v1/run", body, redaction, taken::addAndGet);

        long told = index.bytesMade(new EndedRun(new Run(), body, List.of()));

        assertTrue(told > taken.get() * 9 / 10, told + " of " + taken);
        assertTrue(told < taken.get() * 3, told + " of " + taken);
    }

    @ParameterizedTest
    @CsvSource({
        "1764083099.724404123, 1764083099.724404124, 1764083099.7244041230",
        "0.1, 0.10000000000000000001, 1.0e-1",
        "1e-400, 0, 0.1e-399",
        "9007199254740992, 9007199254740993, 9007199254740992.0",
    })
    void tellsNumbersApartByAllOfTheirDigits(String recorded, String other, String same) throws Exception {
        assertTellsApart("[{\"v\":%s}]", recorded, other, same, "input[0].v");
    }

    /** Each value's place is as long as it is deep: written out, they would take a hundred megabytes. */
    @Test
    void comparesABodyThatNestsDeepAsItIs() throws Exception {
        String body = "{\"prompt\":\"" + prompt + "\",\"input\":" + "[".repeat(900) + "1,".repeat(60_000) + "%s"
                + "]".repeat(900) + "}";
        record(body.formatted("1"), Script.stream("data: deep\n\n"));

        try (WireResponse again = mocked(body.formatted("1"), "Runtape-Replay: match")) {
            assertEquals("data: deep\n\n", new String(again.whole(), UTF_8));
        }
        refused(mocked(body.formatted("2"), "Runtape-Replay: match"), 404, "no_recording");
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 205, 304, 429, 500})
    void givesAResponseWithoutABodyAgain(int status) throws Exception {
        String run = record(body(), Script.whole(status, new byte[0], "X-N: 1", "Content-Type: text/plain"));
        awaitEnd(key, run);

        try (WireResponse again = mocked(body(), "Runtape-Replay: " + run)) {
            assertEquals(status, again.status());
            assertEquals("1", again.header("X-N"));
            assertEquals(run, again.header("Runtape-Run-Id"));
            assertEquals(0, again.whole().length);
        }
    }

    @Test
    @Timeout(60)
    void cutsAResponseThatBrokeOffBeforeItsFirstByte() throws Exception {
        Scripted broken = upstream.on(exchange -> {
            exchange.streamHead();
            exchange.reset();
        });
        String run;
        try (WireResponse first = client().post("/v1/run", body(), "X-API-Key: " + key, broken.header())) {
            run = first.header("Runtape-Run-Id");
            first.readAll();
            assertEquals(End.CUT, first.end());
        }
        awaitEnd(key, run);

        try (WireResponse again = mocked(body(), "Runtape-Replay: " + run, "Runtape-Speed: max")) {
            assertEquals("", new String(again.readAll(), UTF_8));
            assertEquals(End.CUT, again.end());
        }
    }

    /** Clients and agents make new ids each time; what the tools are given is not theirs to change. */
    @Test
    void leavesIdsOfMessagesOutButNotThoseInArguments() throws Exception {
        String talk = "{\"messages\":[{\"id\":\"%s\",\"role\":\"user\",\"content\":\"" + prompt
                + "\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"%s\",\"input\":{\"id\":%s}}]}]}";
        record(talk.formatted("m1", "c1", "5"), Script.stream("data: 5\n\n"));

        try (WireResponse again = mocked(talk.formatted("m2", "c2", "5.0"), "Runtape-Replay: match")) {
            assertEquals("data: 5\n\n", new String(again.whole(), UTF_8));
        }
        refused(
                mocked(talk.formatted("m1", "c1", "6"), "Runtape-Replay: match"),
                404,
                "no_recording",
                "messages[1].tool_calls[0].input.id: recorded 5, asked 6");
    }

    /** Gemini has the results of tools in {@code response}. */
    @Test
    void comparesAllOfTheResultsOfTools() throws Exception {
        String talk = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" + prompt
                + "\"},{\"functionResponse\":{\"id\":\"%s\",\"name\":\"open\",\"response\":{\"id\":%d}}}]}]}";
        record(talk.formatted("c1", 17), Script.stream("data: 17\n\n"));

        try (WireResponse again = mocked(talk.formatted("c2", 17), "Runtape-Replay: match")) {
            assertEquals("data: 17\n\n", new String(again.whole(), UTF_8));
        }
        refused(
                mocked(talk.formatted("c1", 18), "Runtape-Replay: match"),
                404,
                "no_recording",
                "contents[0].parts[1].functionResponse.response.id: recorded 17, asked 18");
    }

    /** A recorded head may have come late, and its wait is long: the run that is to be answered from is large. */
    @Test
    void keepsNothingForAClientThatHasLeftBeforeTheHead() throws Exception {
        String run = record(body(), Script.stream("data: x\n\n"));
        try (Connection connection = PatientConnection.to(store());
                PreparedStatement update = connection.prepareStatement("update run set head_us = ? where id = ?")) {
            update.setLong(1, Duration.ofHours(1).toNanos() / 1000);
            update.setString(2, run);
            assertEquals(1, update.executeUpdate());
        }
        try (WireResponse waiting = client().post("/v1/run", body(), "X-API-Key: " + key, "Runtape-Replay: " + run)) {
            RunTable.await("the call waits for the head", () -> isInMemory(MockedResponse.class) ? true : null);
        }

        RunTable.await("nothing is kept for it", () -> isInMemory(MockedResponse.class) ? null : true);
    }

    private static boolean isInMemory(Class<?> type) {
        return DiagnosticCommand.output("gcClassHistogram")
                .lines()
                .anyMatch(line -> line.matches(".*\\s" + type.getName() + "(\\s.*)?"));
    }

    @Test
    void saysWhichRecordingIsTheNearest() throws Exception {
        refused(mocked(body(), "Runtape-Replay: match"), 404, "no_recording", "There are no recordings.");
        String run = record(body(), Script.stream("data: x\n\n"));
        record("{\"agent\":\"other\",\"prompt\":\"Nothing of it\"}", Script.stream("data: y\n\n"));

        refused(
                mocked(body().replace("greeter", "gretter"), "Runtape-Replay: match"),
                404,
                "no_recording",
                run,
                "differs in 1 place: agent: recorded \"greeter\", asked \"gretter\"");
    }

    @Test
    void prefersTheNearestOfTheSamePath() throws Exception {
        String ofPath = record(body().replace(prompt, "Else"), Script.stream("data: x\n\n"));
        record("/v1/recorded", body(), Script.stream("data: y\n\n"));
        record(body().replace(prompt, "Else").replace("greeter", "other"), Script.stream("data: z\n\n"));

        refused(mocked(body(), "Runtape-Replay: match"), 404, "no_recording", ofPath, "differs in 1 place: prompt: ");
    }

    /** A call may take a hundred times the memory of its body: only one is looked at at a time, and all of it counts. */
    @Test
    void countsTheMemoryOfCallsThatAreCompared() throws Exception {
        byte[] many = ("{\"input\":[" + "0,".repeat(100_000) + "0]}").getBytes(UTF_8);
        RunTable.await("no other call has memory", () -> memory.bodies().taken() == 0 ? true : null);
        try (BudgetShare share = memory.bodies().share()) {
            CanonicalRequest asked = CanonicalRequest.of("/v1/run", many, redaction, share::takeBlocking);
            long ofOne = memory.bodies().taken();
            assertTrue(ofOne > 50L * many.length, "it takes " + ofOne);

            for (int i = 0; i < 3; i++) {
                String run = record(new String(many, UTF_8), Script.stream("data: x\n\n"));
                long held = index.read(
                                table().ended(run).pk(),
                                "/v1/run",
                                share,
                                recorded -> recorded.key().equals(asked.key())
                                        ? memory.bodies().taken()
                                        : -1)
                        .orElseThrow();
                assertTrue(held >= 2 * ofOne, "both take " + held);
            }

            RunTable.await("it is given back", () -> memory.bodies().taken() == ofOne ? true : null);
        }
    }

    /** It is in no one's way: neither when another is looked for nor when that is told which is the nearest. */
    @Test
    void passesOverACallThatCannotBeRead() throws Exception {
        String readable = record(body(), Script.stream("data: x\n\n"));
        String damaged = record(body(), Script.stream("data: y\n\n"));
        damage("update run set request_body = ? where run_pk = ?", "28b52ffd2064ff", damaged);

        refused(
                mocked(body().replace("greeter", "gretter"), "Runtape-Replay: match"),
                404,
                "no_recording",
                readable,
                "differs in 1 place: agent: ");
        history().delete("/runs/" + damaged).then().statusCode(204);
    }

    /** The database is not away: to come back is of no use. */
    @Test
    void saysThatARecordingCannotBeRead() throws Exception {
        String run = record(body(), Script.stream(EVENTS));
        damage("update block set content = ? where run_pk = ?", "3f", run);

        refused(
                mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: cut@2"),
                500,
                "internal_error",
                "The log has it");
        history().delete("/runs/" + run).then().statusCode(204);
    }

    private void damage(String statement, String hex, String run) throws SQLException {
        try (Connection connection = PatientConnection.to(store());
                PreparedStatement update = connection.prepareStatement(statement)) {
            update.setBytes(1, HexFormat.of().parseHex(hex));
            update.setLong(2, table().ended(run).pk());
            assertTrue(update.executeUpdate() > 0);
        }
    }

    @Test
    void givesErrorsAndCutsAgain() throws Exception {
        String refused = record(body(), Script.json(429, "{\"error\":\"slow down\"}", "Retry-After: 7"));
        String cut = record(body(), exchange -> {
            exchange.streamHead();
            exchange.chunk("data: 1\n\nda");
        });

        try (WireResponse again = mocked("{}", "Runtape-Replay: " + refused)) {
            assertEquals("{\"error\":\"slow down\"}", new String(again.whole(), UTF_8));
            assertEquals(429, again.status());
            assertEquals("7", again.header("Retry-After"));
        }
        try (WireResponse again = mocked("{}", "Runtape-Replay: " + cut)) {
            assertEquals("data: 1\n\nda", new String(again.readAll(), UTF_8));
            assertEquals(End.CUT, again.end());
        }
        // Neither has completed.
        refused(mocked(body(), "Runtape-Replay: match"), 404, "no_recording");
    }

    @Test
    void cutsOnDemand() throws Exception {
        String run = record(body(), Script.stream(EVENTS));

        try (WireResponse again = mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: cut@3")) {
            assertEquals(EVENTS[0] + EVENTS[1], new String(again.readAll(), UTF_8));
            assertEquals(End.CUT, again.end());
        }
        try (WireResponse again = mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: cut@1")) {
            assertEquals("", new String(again.readAll(), UTF_8));
            assertEquals(End.CUT, again.end());
        }
    }

    @Test
    void stallsOnDemand() throws Exception {
        String run = record(body(), Script.stream(EVENTS));

        try (WireResponse again = mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: stall@2")) {
            assertEquals(EVENTS[0], new String(again.readUpTo(EVENTS[0].length()), UTF_8));
            assertTrue(again.isSilentFor(Duration.ofMillis(300)));
        }
    }

    @Test
    void sendsAFrameTwiceOnDemand() throws Exception {
        String run = record(body(), Script.stream(EVENTS));

        try (WireResponse again = mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: duplicate@4")) {
            assertEquals(String.join("", EVENTS) + EVENTS[3], new String(again.whole(), UTF_8));
        }
    }

    @Test
    void splitsACharacterOnDemand() throws Exception {
        String run = record(body(), Script.stream(EVENTS));
        byte[] whole = table().bytes(run);
        int inside = (EVENTS[0] + EVENTS[1] + "data: {\"content\":\"Gr").getBytes(UTF_8).length + 1;

        // A reader that is late may read both pieces at once.
        RunTable.await("the pieces of the character come apart", () -> {
            try (WireResponse again = mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: split-utf8@1")) {
                assertArrayEquals(whole, again.whole());
                int[] ends = again.arrivals().stream()
                        .mapToInt(piece -> piece.bytes().length)
                        .toArray();
                Arrays.parallelPrefix(ends, Integer::sum);
                assertTrue(Arrays.binarySearch(ends, inside) >= 0, () -> "pieces end at " + Arrays.toString(ends));
                Duration apart = Duration.ofNanos(at(again, inside + 1) - at(again, inside));
                return apart.compareTo(Duration.ofMillis(10)) >= 0 ? apart : null;
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"429, 1", "529, 1", "503, 1", "400, ", "500, "})
    void answersWithAStatusOnDemand(int status, String retryAfter) throws Exception {
        String run = record(body(), Script.stream(EVENTS));

        try (WireResponse again = mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: status=" + status)) {
            Json error = Json.of(new String(again.whole(), UTF_8));
            assertEquals(status, again.status());
            assertEquals("error", error.getString("type"));
            assertEquals(retryAfter, again.head().has("Retry-After") ? again.header("Retry-After") : null);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Runtape-Speed: 2||Send it with Runtape-Replay",
                "Runtape-Fault: cut@1||Send it with Runtape-Replay",
                "Runtape-Replay: not a run||must be the id of a run, or 'match'",
                "Runtape-Replay: match|Runtape-Speed: 0|Runtape-Speed must be a number from 0.1 to 100, or max.",
                "Runtape-Replay: match|Runtape-Fault: cut@0|Runtape-Fault must be cut@N",
                "Runtape-Replay: match|Runtape-Fault: status=200|where S is from 400 to 599",
                "Runtape-Replay: match|Runtape-Fault: cut@5|names frame 5, and the recording has 4 frames.",
                "Runtape-Replay: match|Runtape-Replay: match|must be sent once at the most",
            })
    void refusesWhatCannotBeMeant(String first, String second, String said) throws Exception {
        record(body(), Script.stream(EVENTS));

        String[] headers = second == null ? new String[] {first} : new String[] {first, second};
        refused(mocked(body(), headers), 400, "invalid_request", said);
    }

    @Test
    void refusesToSplitWhatHasNoLongCharacter() throws Exception {
        String run = record(body(), Script.stream("data: 1\n\n", "data: 2\n\n"));

        refused(
                mocked("{}", "Runtape-Replay: " + run, "Runtape-Fault: split-utf8@2"),
                400,
                "invalid_request",
                "from frame 2 on the recording has none of several bytes");
    }

    @Test
    void answersFromTheCallersOwnRunsAlone() throws Exception {
        String run = record(body(), Script.stream(EVENTS));

        for (String replay : List.of(run, "match")) {
            WireResponse other =
                    client().post("/v1/run", body(), "X-API-Key: other-" + key, "Runtape-Replay: " + replay);
            other.whole();
            assertEquals(404, other.status());
        }
    }

    @Test
    void waitsForTheEndOfALiveRun() throws Exception {
        try (LiveRun live = begin(body(), EVENTS[0])) {
            refused(mocked("{}", "Runtape-Replay: " + live.id()), 409, "run_active");
            live.finish();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-proj-AbCdEfGhIjKlMnOpQrStUv", "Bearer abcdefghijklmnopqrstuvwxyz", TOKEN})
    void writesCassettesWithoutCredentials(String secret) throws Exception {
        String body = body().replace(prompt, prompt + " with " + secret);
        String run = record(body, Script.stream("data: {\"content\":\"" + secret + "\"}\n\n", EVENTS[2]));

        String cassette = history()
                .get("/runs/" + run + "/cassette")
                .then()
                .statusCode(200)
                .contentType("application/x-ndjson")
                .header("Content-Disposition", "attachment; filename=\"" + run + ".ndjson\"")
                .extract()
                .asString();

        assertFalse(cassette.contains(secret.substring(secret.length() - 16)), cassette);
        String reader = readerOf(cassette.getBytes(UTF_8));
        // The call with the secret fits the recording without it.
        WireResponse again = client().post("/v1/run", body, "X-API-Key: " + reader, "Runtape-Replay: match");
        String masked = "*".repeat(secret.length());
        assertEquals("data: {\"content\":\"" + masked + "\"}\n\n" + EVENTS[2], new String(again.whole(), UTF_8));
    }

    /** It is not taken apart, and compared byte for byte as the cassette has it. */
    @Test
    void writesCassettesOfLongCallsThatFitThem() throws Exception {
        String secret = "sk-proj-AbCdEfGhIjKlMnOpQrStUv";
        String body = body().replace(prompt, prompt + " with " + secret + " word".repeat(60_000));
        String run = record(body, Script.stream("data: long\n\n"));

        byte[] cassette = cassetteOf(run);
        String reader = readerOf(cassette);

        WireResponse again = client().post("/v1/run", body, "X-API-Key: " + reader, "Runtape-Replay: match");
        assertEquals("data: long\n\n", new String(again.whole(), UTF_8));
    }

    @Test
    void writesCassettesWithoutCredentialsInIdsOfEvents() throws Exception {
        String secret = "sk-proj-AbCdEfGhIjKlMnOpQrStUv";
        String run = record(body(), Script.stream("id: " + secret + "\nevent: " + secret + "\ndata: x\n\n", EVENTS[2]));

        String cassette = new String(cassetteOf(run), UTF_8);

        assertFalse(cassette.contains(secret), cassette);
    }

    /** What is not redacted stays as it is: JSON stays JSON, and bytes that are no text stay those. */
    @Test
    void writesCassettesThatAreChangedNowhereElse() throws Exception {
        String begins = "data: {\"delta\":\"if (s.startsWith(\\\"-----BEGIN PRIVATE KEY-----\\\")) {\"}\n\n";
        byte[] half = concat(
                "data: sk-proj-AbCdEfGhIjKlMnOpQrStUv".getBytes(UTF_8),
                new byte[] {(byte) 0xF0, (byte) 0x9F, (byte) 0x98});
        String body = body().replace(prompt, prompt + " \\\"-----BEGIN PRIVATE KEY-----\\\"");
        String run = record(body, Script.stream(begins.getBytes(UTF_8), half));

        byte[] cassette = cassetteOf(run);
        String reader = readerOf(cassette);
        WireResponse again = client().post("/v1/run", body, "X-API-Key: " + reader, "Runtape-Replay: match");
        String marker = "-----BEGIN PRIVATE KEY-----";
        byte[] masked = half.clone();
        Arrays.fill(masked, "data: ".length(), half.length - 3, (byte) '*');
        assertArrayEquals(
                concat(begins.replace(marker, "*".repeat(marker.length())).getBytes(UTF_8), masked), again.whole());
    }

    private byte[] cassetteOf(String run) {
        return history()
                .get("/runs/" + run + "/cassette")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray();
    }

    /** Has another owner import the cassette; returns that owner's key. */
    private String readerOf(byte[] cassette) {
        String reader = "reader-" + key;
        Json summary = Json.of(historyOf(reader)
                .contentType("application/x-ndjson")
                .body(cassette)
                .post("/import")
                .then()
                .statusCode(200)
                .extract()
                .asString());
        assertEquals(1, summary.getInt("data.imported"), summary.toString());
        return reader;
    }

    private static byte[] concat(byte[] one, byte[] two) {
        byte[] both = Arrays.copyOf(one, one.length + two.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        return both;
    }

    /** Each of its words may begin a token, and none does: to look for the end of one at each takes minutes. */
    @Test
    @Timeout(60)
    void findsNoCredentialInManyBeginningsOfOne() throws Exception {
        String run = record(body().replace(prompt, "eyJ-".repeat(60_000)), Script.stream("data: x\n\n"));

        history().get("/runs/" + run + "/cassette").then().statusCode(200);
    }

    @Test
    void writesNoCassetteOfWhatItCannotRead() throws Exception {
        String run = record(
                body(), Script.whole(200, new byte[] {1, 2, 3}, "Content-Type: text/plain", "Content-Encoding: br"));

        refused("/runs/" + run + "/cassette", 501, "not_supported", "compressed");
    }

    /** However long the names around what is left out are. */
    @Test
    void readsACallWithLongNamesInLittleMemory() {
        ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        String[] names = {"a".repeat(50_000), "b".repeat(50_000), "c".repeat(28_000)};
        byte[] body = ("{\"messages\":{\"%s\":{\"%s\":{\"%s\":[".formatted((Object[]) names)
                        + "{\"id\":1},".repeat(12_000) + "7]}}}}")
                .getBytes(UTF_8);
        assertTrue(body.length <= 256 << 10, body.length + " bytes");
        CanonicalRequest.of("/v1/run", body, redaction, bytes -> {});
        long before = threads.getCurrentThreadAllocatedBytes();

        CanonicalRequest read = CanonicalRequest.of("/v1/run", body, redaction, bytes -> {});

        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 16 << 20, allocated + " bytes");
        CanonicalRequest other = CanonicalRequest.of("/v1/run", "{}".getBytes(UTF_8), redaction, bytes -> {});
        assertEquals(
                List.of("messages." + names[0].substring(0, 291) + "…: recorded nothing, asked 7"),
                read.differences(other, 5));
    }
}
