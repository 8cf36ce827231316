package io.runtape.indexing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.arc.All;
import io.runtape.archive.Redaction;
import io.runtape.history.IndexedHistory;
import io.runtape.history.run.Deletion;
import io.runtape.journal.Journal;
import io.runtape.run.RunName;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.store.Engine;
import io.runtape.store.StoreFailures;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.TakenMemory;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.h2.api.Trigger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs are indexed many at a time, and each as if it were alone. */
abstract class RunIndexerTest extends IndexedHistory {

    /** More than are indexed in one transaction. */
    private static final int RUNS = RunIndexing.RUNS_AT_ONCE + 5;

    /** PostgreSQL has such times; microseconds since 1970 are no 64 bits then. */
    private static final OffsetDateTime TOO_FAR = OffsetDateTime.of(294_260, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    /** It says that it is of zstd. */
    private static final byte[] DAMAGED = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0x20, 1, 1};

    /** Of a function, and behind it the key of the run, of a trigger. */
    private static final String FAILS = "fails_at_";

    private static final Script DONE = Script.stream("event: run_completed\ndata: {\"result\":\"Done.\"}\n\n");

    /** What PostgreSQL and H2 say of a row that somebody else has locked. */
    private static final Set<String> LOCKED = Set.of("55P03", "HYT00");

    /** Its bytes find room beside large responses, as those of short runs do. */
    private static final String HAN = "\u6771".repeat(40_000);

    @Inject
    MemoryBudgets memory;

    @Inject
    Journal journal;

    @Inject
    RunIndexing indexing;

    @Inject
    Deletion deletion;

    @Inject
    AgroalDataSource pool;

    @Inject
    @All
    List<RunIndex> indexes;

    @Test
    void locksTheSumsOfOtherRunsLast() {
        List<String> names =
                indexes.stream().map(index -> index.getClass().getSimpleName()).toList();

        assertEquals(4, names.size());
        assertEquals("StatsIndex", names.get(3));
    }

    @Test
    void findsTheRunsThatAreNextInTheirOrder() throws SQLException {
        LargeTables.requireOrder(
                store(),
                LargeTables.with(
                        RunIndexing.UNINDEXED,
                        "timestamp with time zone '2029-01-01 00:00:00+00'",
                        "timestamp with time zone '2030-01-01 00:00:00+00'",
                        "array[1, 2]",
                        "50"),
                "run_unindexed",
                "run_indexed_at_completed_at_run_pk_idx");
    }

    @Test
    void keepsRunsOfSeveralCallersApart() throws Exception {
        Scripted done = upstream.on(DONE);
        List<String> keys = List.of(key, key + "-2", key + "-3");
        Map<String, Set<String>> runs = new HashMap<>();
        for (int i = 0; i < RUNS; i++) {
            String of = keys.get(i % keys.size());
            String body = "{\"agent\":\"shared\",\"prompt\":\"Say quoll " + i + "\"}";
            try (WireResponse response = client().post("/v1/run", body, "X-API-Key: " + of, done.header())) {
                response.readAll();
                runs.computeIfAbsent(of, none -> new HashSet<>()).add(response.header("Runtape-Run-Id"));
            }
        }
        for (Set<String> each : runs.values()) {
            awaitIndexed(each.toArray(String[]::new));
        }
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement(
                        "update run set agent = 'own', indexed_at = null where agent = 'shared'")) {
            assertEquals(RUNS, update.executeUpdate());
        }
        for (Set<String> each : runs.values()) {
            awaitIndexed(each.toArray(String[]::new));
        }

        for (String of : keys) {
            Set<String> own = runs.get(of);
            for (String filter : List.of("agent=own", "q=quoll", "agent=own&q=quoll&status=completed")) {
                Json page = json(of, "/runs?limit=100&" + filter);
                assertEquals(own, Set.copyOf(page.getList("data.id", String.class)), filter);
            }
            Json sums = json(of, "/stats?groupBy=agent");
            assertEquals(List.of("own"), sums.getList("data.group.agent"));
            assertEquals(List.of(own.size()), sums.getList("data.runs"));
        }
    }

    @Test
    void indexesShortRunsWhileLargeResponsesHoldTheMemory() throws Exception {
        String all = " bilby".repeat(60_000);
        BudgetShare large = TakenMemory.allOf(memory.answers());
        String longRun;
        try {
            longRun = record(
                    "{\"prompt\":\"At length\"}",
                    Script.stream("event: run_completed\ndata: {\"result\":\"" + all + "\"}\n\n"));
            List<String> shortRuns = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                shortRuns.add(record("{\"prompt\":\"Briefly " + i + "\"}", DONE));
            }
            awaitIndexed(shortRuns.toArray(String[]::new));
            assertFalse(isIndexed(longRun));
        } finally {
            large.close();
        }

        awaitIndexed(longRun);

        assertEquals(List.of(longRun), ids("/runs?q=bilby"));
    }

    /** A row may be longer than all that is read of the run. */
    @Test
    void waitsForTheMemoryThatTheRowOfARunTakes() throws Exception {
        waitsForTheMemoryOf("Say potoroo", "x".repeat(1 << 20));
    }

    /** The words of a text in a script without spaces take many times its memory. */
    @Test
    void waitsForTheMemoryThatTheWordsOfARunTake() throws Exception {
        waitsForTheMemoryOf("Say quenda", HAN);
    }

    private void waitsForTheMemoryOf(String prompt, String result) throws Exception {
        String run = record("{\"prompt\":\"" + prompt + "\"}", DONE);
        awaitIndexed(run);
        BudgetShare large = TakenMemory.allOf(memory.answers());
        try {
            update("update run set result = ?, indexed_at = null where id = ?", "\"" + result + "\"", run);
            awaitIndexed(record("{\"prompt\":\"Say little of it\"}", DONE));
            assertFalse(isIndexed(run));
        } finally {
            large.close();
        }

        awaitIndexed(run);
    }

    @Test
    void indexesARunWithAVeryLongTextByItself() throws Exception {
        String[] runs = {
            record("{\"prompt\":\"Briefly\"}", DONE),
            record(
                    "{\"prompt\":\"At length\"}",
                    Script.stream("event: run_completed\ndata: {\"result\":\"" + HAN + "\"}\n\n")),
            record("{\"prompt\":\"Briefly again\"}", DONE)
        };
        awaitIndexed(runs);
        Deque<Long> keys = new ArrayDeque<>();
        for (String run : runs) {
            keys.add(table().key(run));
        }
        List<Integer> left = new ArrayList<>();
        try (Connection connection = store().connect()) {
            while (!keys.isEmpty()) {
                indexing.index(connection, keys, false);
                left.add(keys.size());
            }
        }

        assertEquals(List.of(2, 1, 0), left);
    }

    /** Who deletes the run would wait for as long as that takes. */
    @Test
    void locksNoRunWhoseRequestItLooksThroughForCredentials() throws Exception {
        String run = record("{\"agent\":\"long\",\"prompt\":\"" + "wambenger ".repeat(400_000) + "\"}", DONE);

        boolean unlocked = RunTable.await("its request is looked through", () -> {
            if (isIndexed(run)) {
                indexAnew(List.of(run), "");
            }
            boolean lookedThrough = isLookingForCredentials();
            boolean now = isUnlocked(run);
            return (lookedThrough && isLookingForCredentials()) ? now : null;
        });

        assertTrue(unlocked);
        // Other tests read what is left.
        RunTable.await("it is deleted", () -> history().delete("/runs/" + run).statusCode() == 204 ? true : null);
    }

    private static boolean isLookingForCredentials() {
        return Thread.getAllStackTraces().values().stream()
                .map(stack -> Arrays.stream(stack)
                        .map(StackTraceElement::getClassName)
                        .toList())
                .anyMatch(classes ->
                        classes.contains(Redaction.class.getName()) && classes.contains(RunIndexing.class.getName()));
    }

    private boolean isUnlocked(String run) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("select 1 from run where id = '" + run + "' for update nowait");
            return true;
        } catch (SQLException e) {
            if (LOCKED.contains(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "completed_at = completed_at + interval '1' day, "})
    void indexesARunThatHasJustEndedBeforeOthers(String changes) throws Exception {
        String manyWords =
                IntStream.range(0, 3_000).mapToObj(i -> "dunnart" + i).collect(Collectors.joining(" "));
        List<String> older = new ArrayList<>();
        for (int i = 0; i < 4 * RunIndexing.RUNS_AT_ONCE; i++) {
            older.add(record(
                    "{\"prompt\":\"Say much\"}",
                    Script.stream("event: run_completed\ndata: {\"result\":\"" + manyWords + "\"}\n\n")));
        }
        awaitIndexed(older.toArray(String[]::new));
        indexAnew(older, changes);

        long endedBefore = journal.endedRuns();
        String newest = record("{\"prompt\":\"Say little\"}", DONE);
        RunTable.await("the indexer may know", () -> journal.endedRuns() > endedBefore ? true : null);
        Instant ended = Instant.now();
        awaitIndexed(newest);

        // A transaction may have been under way.
        assertTrue(indexedBetween(older, ended, newest) <= RunIndexing.RUNS_AT_ONCE, "the others came first");
        awaitIndexed(older.toArray(String[]::new));
        // Nothing packs runs of the future, and their partition stays.
        execute("update run set completed_at = created_at where id in ('" + String.join("', '", older) + "')");
    }

    /** How many of these runs were indexed after that time and before the last one. */
    private int indexedBetween(List<String> runs, Instant from, String last) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement count = connection.prepareStatement(
                        "select count(*) from run where id in ('" + String.join("', '", runs)
                                + "') and indexed_at > ? and indexed_at < (select indexed_at from run where id = ?)")) {
            count.setObject(1, from.atOffset(ZoneOffset.UTC));
            count.setString(2, last);
            try (ResultSet row = count.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    @Test
    void indexesWhatCanBeReadOfEachRun() throws Exception {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            runs.add(record("{\"agent\":\"before\",\"prompt\":\"Say numbat " + i + "\"}", DONE));
        }
        String[] all = runs.toArray(String[]::new);
        awaitIndexed(all);
        // Reading the one fails, and writing what is derived from the other.
        update("update run set request_body = ? where id = ?", DAMAGED, runs.get(7));
        update("update run set created_at = ? where id = ?", TOO_FAR, runs.get(18));
        indexAnew(runs, "agent = 'after', ");

        awaitIndexed(all);

        // The one is found by its row.
        Set<String> found = new HashSet<>(runs);
        found.remove(runs.get(18));
        assertEquals(found, Set.copyOf(ids("/runs?agent=after&limit=100")));
        assertEquals(found, Set.copyOf(ids("/runs?agent=after&q=numbat&limit=100")));
        // Of the other one the sums take their part, in an hour that nobody asks for.
        assertEquals(Map.of("after", found.size()), sums());
    }

    @Test
    void doesNotBlameARunForADatabaseWithoutAConnection() throws Exception {
        String run = record("{\"prompt\":\"Say dibbler\"}", DONE);
        awaitIndexed(run);
        List<Connection> taken = new ArrayList<>();
        try (Connection own = store().connect()) {
            int size = pool.getConfiguration().connectionPoolConfiguration().maxSize();
            while (taken.size() < size) {
                taken.add(pool.getConnection());
            }
            Deque<Long> runs = new ArrayDeque<>(List.of(table().key(run)));

            RuntimeException failure = assertThrows(RuntimeException.class, () -> indexing.index(own, runs, false));

            assertTrue(StoreFailures.isOutage(failure), failure::toString);
        } finally {
            for (Connection each : taken) {
                each.close();
            }
        }
    }

    @Test
    void indexesOtherRunsBesideOneWhoseFramesAreDamaged() throws Exception {
        List<String> runs =
                List.of(record("{\"prompt\":\"Say bettong\"}", DONE), record("{\"prompt\":\"Say bettongs\"}", DONE));
        awaitIndexed(runs.toArray(String[]::new));
        execute("update block set content = cast('?' as bytea) where run_pk = " + table().key(runs.get(0)));

        indexAnew(runs, "");

        awaitIndexed(runs.get(1), runs.get(0));
        // Other tests pack whatever is there.
        history().delete("/runs/" + runs.get(0)).then().statusCode(204);
    }

    /** Neither the runs beside it nor what is deleted wait for it, however often it fails in a way that might pass. */
    @Test
    void indexesTheOthersWhereOneFailsAgainAndAgain() throws Exception {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            runs.add(record("{\"prompt\":\"Say chuditch " + i + "\"}", DONE));
        }
        awaitIndexed(runs.toArray(String[]::new));
        String failing = runs.get(1);
        String gone = runs.remove(4);
        String trigger = failAt(table().key(failing));
        try {
            indexAnew(runs, "");
            history().delete("/runs/" + gone).then().statusCode(204);

            awaitIndexed(runs.get(0), runs.get(2), runs.get(3));
            RunTable.await(
                    "it is taken out of the index", Duration.ofMinutes(2), () -> isNoRemovalLeft() ? true : null);
            assertFalse(isIndexed(failing));
            assertTrue(ids("/runs?q=chuditch").contains(failing), "it is found by its prompt");
        } finally {
            execute("drop trigger " + trigger + (store().engine() == Engine.H2 ? "" : " on search_document"));
            history().delete("/runs/" + failing).then().statusCode(204);
        }
        // The next test finds no rest after a failure.
        awaitIndexed(record("{\"prompt\":\"Say little of it\"}", DONE));
    }

    /** Has the database fail at the texts of a run, as where a file of the table is gone; returns the name of the trigger. */
    private String failAt(long runPk) throws SQLException {
        String name = FAILS + runPk;
        String trigger = "create trigger " + name + " before insert or update on search_document for each row ";
        if (store().engine() == Engine.H2) {
            execute(trigger.replace(" or ", ", ") + "call '" + FailingTrigger.class.getName() + "'");
        } else {
            execute("create or replace function " + FAILS + "() returns trigger language plpgsql as"
                    + " $$ begin raise exception 'it cannot be read' using errcode = '58P01'; end $$");
            execute(trigger + "when (new.run_pk = " + runPk + ") execute function " + FAILS + "()");
        }
        return name;
    }

    /** Fails at the run whose key its name tells: H2 loads the class anew. */
    public static final class FailingTrigger implements Trigger {

        private long runPk;

        @Override
        public void init(
                Connection connection, String schema, String name, String table, boolean before, int operations) {
            runPk = Long.parseLong(name.substring(FAILS.length()));
        }

        @Override
        public void fire(Connection connection, Object[] before, Object[] row) throws SQLException {
            if (List.of(row).contains(runPk)) {
                throw new SQLException("it cannot be read", "HY000");
            }
        }
    }

    /** The one over which a run has failed may be lost with it. */
    @Test
    void namesARunOverAnotherConnection() throws Exception {
        String run = record("{\"prompt\":\"Say pademelon\"}", DONE);
        long runPk = table().key(run);
        Connection lost = store().connect();
        lost.close();

        assertEquals("run with the key " + runPk, RunName.of(lost, runPk));
        assertEquals(RunName.of(run, json("/runs/" + run).getString("data.owner")), RunName.of(store(), runPk));
        assertEquals("run with the key 7", RunName.of(store(), 7));
    }

    private boolean isNoRemovalLeft() throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            return !statement.executeQuery("select 1 from search_removal").next();
        }
    }

    @Test
    void hasARunFoundByEachIndexThatTakesIt() throws Exception {
        String run = record("{\"agent\":\"whole\",\"prompt\":\"Say bilby\"}", DONE);
        awaitIndexed(run);
        long runPk = table().key(run);
        execute("delete from recorded_request where run_pk = " + runPk);
        execute("alter table recorded_request add constraint refuses_it check (run_pk <> " + runPk + ")");
        try {
            indexAnew(List.of(run), "agent = 'apart', ");

            awaitIndexed(run);
        } finally {
            execute("alter table recorded_request drop constraint refuses_it");
        }

        assertEquals(List.of(run), ids("/runs?agent=apart"));
        assertEquals(List.of(run), ids("/runs?agent=apart&q=bilby"));
        assertEquals(Map.of("apart", 1), sums());
    }

    /**
     * The texts of a run may be in no index although it is in others, whose segments are to be rid of it too; also while it is to be
     * indexed anew.
     */
    @ParameterizedTest
    @ValueSource(strings = {"indexed_at", "null"})
    void notesThatARunIsToBeTakenOutWhereItHasNoTexts(String indexedAt) throws Exception {
        String run = record("{\"prompt\":\"Say mulgara\"}", DONE);
        awaitIndexed(run);
        long runPk = table().key(run);
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("delete from search_document where run_pk = " + runPk);
            statement.execute("update run set indexed_at = " + indexedAt + " where run_pk = " + runPk);

            for (RunIndex index : indexes) {
                index.remove(connection, runPk);
            }

            assertTrue(statement
                    .executeQuery("select 1 from search_removal where run_pk = " + runPk)
                    .next());
            connection.rollback();
        }
    }

    /** Nobody else would index them. */
    @Test
    void takesRunsOfAGatewayThatIsGoneAtOnce() throws Exception {
        String run = record("{\"prompt\":\"Say kowari\"}", DONE);
        awaitIndexed(run);
        long node = 777_777;
        long runPk = (node << 40) + 1;
        execute("insert into node (node_id, epoch, started_at) values (" + node + ", 1, current_timestamp)");
        try (Connection connection = store().connect()) {
            history().delete("/runs/" + run).then().statusCode(204);
            execute(
                    "insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, prompt, metadata, config,"
                            + " request_body, created_at, completed_at) values (" + runPk + ", 'kowari', '" + run
                            + "', 'kowari', "
                            + node + ", '/v1/run', 'completed', true, 'Say kowari', '{}', '{}', cast('' as " + bytes()
                            + "), current_timestamp, current_timestamp + interval '1' hour)");
            Instant now = Instant.now();
            Instant later = now.plus(Duration.ofDays(1));
            assertFalse(indexing.unindexed(connection, later, now, false, 1000).contains(runPk));
            try (Connection holder = store().connect();
                    Statement lock = holder.createStatement()) {
                holder.setAutoCommit(false);
                lock.execute("select 1 from run where run_pk = " + runPk + " for update");
                execute("update node set closed = true where node_id = " + node);

                assertTrue(
                        indexing.unindexed(connection, later, now, false, 1000).contains(runPk));
                assertFalse(
                        indexing.unindexed(connection, now, now, false, 1000).contains(runPk), "before its end");
                assertFalse(
                        indexing.unindexed(connection, later, now, true, 1000).contains(runPk),
                        "before runs that have ended here");
                holder.rollback();
            }

            awaitIndexed(run);
        } finally {
            try (Connection connection = store().connect()) {
                assertTrue(deletion.ofEndedRun(connection, runPk));
            }
            execute("delete from node where node_id = " + node);
        }
    }

    private String bytes() {
        return store().engine() == Engine.H2 ? "varbinary" : "bytea";
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Has these runs indexed once more, after these changes of their rows. */
    private void indexAnew(List<String> runs, String changes) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement("update run set " + changes
                        + "indexed_at = null where id in ('" + String.join("', '", runs) + "')")) {
            assertEquals(runs.size(), update.executeUpdate());
        }
    }

    private Map<String, Integer> sums() {
        Json stats = json("/stats?groupBy=agent");
        List<String> agents = stats.getList("data.group.agent");
        List<Integer> runs = stats.getList("data.runs");
        return IntStream.range(0, agents.size()).boxed().collect(Collectors.toMap(agents::get, runs::get));
    }

    private void update(String sql, Object value, String id) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement(sql)) {
            update.setObject(1, value);
            update.setString(2, id);
            assertEquals(1, update.executeUpdate());
        }
    }
}
