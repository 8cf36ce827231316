package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.BrittleLink;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameSum;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The connection to PostgreSQL breaks in the middle of a commit, and the gateway cannot know what became of it: whether it was
 * committed or not, nothing is written twice and nothing is left out.
 */
class UnansweredCommitIT {

    private static ScriptedUpstream upstream;
    private static OwnPostgres postgres;
    private static BrittleLink link;
    private static GatewayProcess gateway;
    private static RunTable table;

    @BeforeAll
    static void start() throws IOException {
        upstream = new ScriptedUpstream();
        postgres = OwnPostgres.start();
        link = new BrittleLink(postgres.port());
        // Without names for statements that come often, so that a commit is called that on its way.
        String database = OwnPostgres.address(link.port()) + "?prepareThreshold=0";
        gateway = GatewayProcess.start(GatewayProcess.onPostgres(database, upstream))
                .ready();
        table = new RunTable(postgres::connect);
    }

    @AfterAll
    static void stop() throws Exception {
        table.close();
        gateway.close();
        link.close();
        postgres.close();
        upstream.close();
    }

    /** What is being committed when the connection breaks. */
    private enum Commit {
        /** A lone frame: one statement that commits itself. */
        FRAME("data: alone\n\n", "insert into block", false),
        /** A frame too large to go by one statement: a transaction of its own. Of many small ones a commit may take only some. */
        LARGE_FRAME("data: large" + " large".repeat(50_000) + "\n\n", "copy block", false),
        /** The end of the run with its last frame. */
        END("data: last\n\n", "with ended as", true);

        private final String said;
        private final String statement;
        private final boolean ends;

        Commit(String said, String statement, boolean ends) {
            this.said = said;
            this.statement = statement;
            this.ends = ends;
        }
    }

    @ParameterizedTest
    @EnumSource
    void writesAgainWhatWasNotCommitted(Commit commit) throws Exception {
        try (Live run = new Live()) {
            // The last frame of a run may come with a commit of its own, before its end.
            link.loseRequestsFrom(commit.statement, Commit.FRAME.statement);
            run.say(commit.said);
            run.endIf(commit.ends);
            link.awaitLoss();
            assertEquals(run.greeting(), table.sum(run.id).bytes());

            link.cut();

            run.assertGoesOn();
        }
    }

    @ParameterizedTest
    @EnumSource
    void writesNothingTwiceThatWasCommitted(Commit commit) throws Exception {
        try (Live run = new Live()) {
            if (commit == Commit.FRAME) {
                link.loseResponses();
            } else {
                link.loseResponsesTo("COMMIT", commit.statement);
            }
            run.say(commit.said);
            run.endIf(commit.ends);
            link.awaitLoss();
            await("it is committed").until(() -> table.sum(run.id).bytes() > run.greeting());

            link.cut();

            run.assertGoesOn();
        }
    }

    /** Another gateway deletes the frames of the run, which has ended, before this one knows that. */
    @Test
    void writesNoFramesAgainThatExpireBeforeTheirEndIsAnswered() throws Exception {
        try (Live run = new Live()) {
            link.loseResponsesTo("COMMIT", Commit.END.statement);
            run.say(Commit.END.said);
            run.endIf(true);
            link.awaitLoss();
            await("it is committed").until(() -> !table.run(run.id).running());
            long runPk = table.run(run.id).pk();
            postgres.execute("with deleted as (delete from block where run_pk = " + runPk
                    + ") update run set frames_expired_at = now(), packed_at = now() where run_pk = " + runPk);

            link.cut();

            assertEquals(run.said.toString(), new String(run.response.whole(), UTF_8));
            assertEquals("completed", table.run(run.id).outcome());
            assertEquals(0, table.sum(run.id).count());
        }
    }

    @Test
    void callsTheAgentApiOnceForARunWhoseRowWasCommittedUnanswered() throws Exception {
        link.loseResponsesTo("COMMIT", "insert into run ");
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        try (WireResponse response = gateway.client().post("/v1/run", "{\"prompt\":\"unanswered\"}", script.header())) {
            link.awaitLoss();
            await("it is committed")
                    .until(() -> table.runs().stream().anyMatch(run -> "unanswered".equals(run.prompt())));
            assertTrue(script.isUncalled());

            link.cut();

            assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
            script.call();
            assertTrue(script.isUncalled());
            assertEquals(
                    List.of("completed"),
                    table.runs().stream()
                            .filter(run -> "unanswered".equals(run.prompt()))
                            .map(run -> run.outcome())
                            .toList());
        }
    }

    @Test
    void keepsTheKeyOfARunWhoseRowWasCommittedUnanswered() throws Exception {
        String key = "Idempotency-Key: committed-unanswered";
        link.loseResponsesTo("COMMIT", "insert into run ");
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        try (WireResponse response =
                gateway.client().post("/v1/run", "{\"prompt\":\"keyed\"}", script.header(), "X-API-Key: mine", key)) {
            link.awaitLoss();
            await("it is committed").until(() -> table.runs().stream().anyMatch(run -> "keyed".equals(run.prompt())));

            link.cut();

            assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
            assertFalse(response.head().has("Idempotent-Replayed"));
            WireResponse repeat =
                    gateway.client().post("/v1/run", "{\"prompt\":\"keyed\"}", script.header(), "X-API-Key: mine", key);
            assertEquals("data: x\n\n", new String(repeat.whole(), UTF_8));
            assertEquals(response.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
            script.call();
            assertTrue(script.isUncalled());
        }
    }

    /** Both ways in which it may end: nothing of a repeat is there to tell whether it was committed. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void repeatsARunWhoseKeyWasFoundTakenUnanswered(boolean committed) throws Exception {
        String key = "Idempotency-Key: taken-unanswered-" + committed;
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        WireResponse first = gateway.client().post("/v1/run", "{}", script.header(), "X-API-Key: mine", key);
        first.whole();
        table.ended(first.header("Runtape-Run-Id"));
        int runs = table.runs().size();
        if (committed) {
            link.loseResponsesTo("COMMIT", "insert into idempotency_key");
        } else {
            link.loseRequestsFrom("insert into idempotency_key");
        }
        try (WireResponse repeat = gateway.client().post("/v1/run", "{}", script.header(), "X-API-Key: mine", key)) {
            link.awaitLoss();

            link.cut();

            assertEquals("data: x\n\n", new String(repeat.whole(), UTF_8));
            assertEquals(first.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
            script.call();
            assertTrue(script.isUncalled());
            assertEquals(runs, table.runs().size());
        }
    }

    /** A run whose agent API says what the test tells it to. Its client holds the first frame. */
    private static final class Live implements AutoCloseable {

        private static final String GREETING = "data: first\n\n";
        private static final String END = "";

        private final BlockingQueue<String> toSay = new LinkedBlockingQueue<>();
        private final StringBuilder said = new StringBuilder();
        private final WireResponse response;
        private final String id;
        private boolean ended;

        Live() throws IOException {
            Scripted script = upstream.on(exchange -> {
                exchange.streamHead();
                for (String next = toSay.take(); !next.equals(END); next = toSay.take()) {
                    exchange.chunk(next);
                }
                exchange.end();
            });
            say(GREETING);
            response = gateway.client().post("/v1/run", "{}", script.header());
            id = response.header("Runtape-Run-Id");
            response.readUpTo(GREETING.length());
            // Nothing of the greeting is on its way to the database any more.
            await("the first frame is stored").until(() -> table.sum(id).bytes() == greeting());
        }

        long greeting() {
            return GREETING.length();
        }

        void say(String next) {
            said.append(next);
            toSay.add(next);
        }

        void endIf(boolean now) {
            if (now) {
                ended = true;
                toSay.add(END);
            }
        }

        /** The client has seen nothing of what was not answered; it gets that and all the rest, and so does the table. */
        void assertGoesOn() throws Exception {
            assertEquals(GREETING, response.text());
            if (!ended) {
                say("data: afterwards\n\n");
                endIf(true);
            }
            assertEquals(said.toString(), new String(response.whole(), UTF_8));
            assertEquals("completed", table.ended(id).outcome());
            FrameSum stored = table.sum(id);
            assertTrue(stored.inSequence(), stored::toString);
            assertEquals(said.toString(), new String(table.bytes(id), UTF_8));
        }

        @Override
        public void close() throws IOException {
            toSay.add(END);
            response.close();
        }
    }
}
