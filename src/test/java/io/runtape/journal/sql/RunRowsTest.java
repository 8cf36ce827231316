package io.runtape.journal.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one transaction writes of many runs at once: in a transaction of the test's own, which is rolled back. */
abstract class RunRowsTest extends RunningGateway {

    private static final String OWNER = "run-rows-test";
    private static final Instant BEGAN = Instant.parse("2026-01-02T03:04:05.000006Z");

    private Connection connection;
    private RunRows rows;

    @BeforeEach
    void open() throws SQLException {
        connection = store().connect();
        connection.setAutoCommit(false);
        rows = RunRows.of(store().engine(), connection);
    }

    @AfterEach
    void close() throws SQLException {
        connection.rollback();
        connection.close();
    }

    private void write(RunRows.Head... heads) throws SQLException {
        rows.head(List.of(heads));
        rows.send();
    }

    private void write(RunRows.End... ends) throws SQLException {
        rows.end(List.of(ends));
        rows.send();
    }

    @Test
    void givesRunsOfOneThreadOrdinalsInTheirOrder() throws SQLException {
        write(head(1, "a"), head(2, "b"), head(3, "a"), head(4, "a"));
        write(head(5, "b"), head(6, "a"));

        assertEquals(List.of(1L, 1L, 2L, 3L, 2L, 4L), column("thread_ordinal", 6));
        assertEquals(4L, threadColumn("a", "last_ordinal"));
        assertEquals(2L, threadColumn("b", "last_ordinal"));
    }

    @Test
    void keepsTheFirstAgentAndTitleOfAThreadAndItsLatestTime() throws SQLException {
        write(headOf(run(1, null, BEGAN), "a"));
        write(headOf(run(2, "first", BEGAN.plusSeconds(2)), "a"));
        write(headOf(run(3, "second", BEGAN.plusSeconds(1)), "a"));

        assertEquals("first", threadColumn("a", "agent"));
        assertEquals("by first", threadColumn("a", "title"));
        assertEquals(BEGAN, instant(threadColumn("a", "created_at")));
        assertEquals(BEGAN.plusSeconds(2), instant(threadColumn("a", "updated_at")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "NULL", "null", "{}", "{\"a\",b}", "a\\b\"c\"'d'", "\n\t ", "日本語 😀"})
    void writesTextsAsTheyAre(String text) throws SQLException {
        write(
                new RunRows.Head(run(1, text, BEGAN), new RunHead("t" + text, 200, text, text, true, 812L)),
                head(2, "other"));
        write(
                end(
                        1,
                        new RunEnd(
                                RunStatus.COMPLETED,
                                null,
                                false,
                                BEGAN,
                                new RunOutcome(text, text, text, text, text, 7L, text))),
                end(2, "r"));

        for (String column : List.of(
                "upstream_run_id", "answer_headers", "dialect", "model", "finish_reason", "result", "usage", "error")) {
            assertEquals(text, column(column, 1).get(0), column);
        }
        assertEquals(812L, column("head_us", 1).get(0));
        assertEquals("t" + text, column("thread_id", 1).get(0));
        assertEquals(text, threadColumn("t" + text, "agent"));
        assertEquals("by " + text, threadColumn("t" + text, "title"));
    }

    @Test
    void writesNothingWhereThereIsNothing() throws SQLException {
        RunKey run = run(1, null, BEGAN);
        write(new RunRows.Head(run, RunHead.none("a", false)));
        RunEnd broken = RunEnd.broken(RunStatus.FAILED, RunReason.UPSTREAM_UNREACHABLE, BEGAN.plusSeconds(9));
        write(new RunRows.End(run, broken, RunTotals.NONE, null));

        for (String column : List.of("upstream_status", "upstream_run_id", "answer_headers", "dialect", "result")) {
            assertNull(column(column, 1).get(0), column);
        }
        for (String column : List.of("usage", "iterations", "error", "first_event_at")) {
            assertNull(column(column, 1).get(0), column);
        }
        assertNull(column("head_us", 1).get(0));
        assertEquals("upstream_unreachable", column("reason", 1).get(0));
        assertEquals(BEGAN.plusSeconds(9), instant(threadColumn("a", "updated_at")));
    }

    @Test
    void endsNoRunBeforeItBegan() throws SQLException {
        write(head(1, "a"));
        Instant setBack = BEGAN.minusSeconds(3600);
        write(end(1, new RunEnd(RunStatus.COMPLETED, null, false, setBack, result("r"))));

        assertEquals(BEGAN, instant(column("completed_at", 1).get(0)));
        assertEquals(BEGAN, instant(threadColumn("a", "updated_at")));
    }

    @Test
    void closesEachRunOnceWithItsTotals() throws SQLException {
        write(head(1, "a"), head(2, "a"));
        write(end(2, "two"), end(1, "one"));
        write(end(1, "again"));

        assertEquals(List.of("one", "two"), column("result", 2));
        assertEquals(List.of(2L, 2L), column("event_count", 2));
        assertEquals(List.of(3L, 3L), column("frame_count", 2));
        assertEquals(List.of(3L, 3L), column("last_sequence", 2));
        assertEquals(List.of(400L, 400L), column("byte_count", 2));
        assertEquals(BEGAN.plusNanos(5_000), instant(column("first_event_at", 2).get(0)));
    }

    @Test
    void writesMoreTextThanOneStatementTakes() throws SQLException {
        String long1 = "x".repeat(3 << 20);
        String long2 = "y".repeat(5 << 20);
        write(head(1, "a"), head(2, "b"), head(3, "c"), head(4, "d"), head(5, "e"));
        write(end(1, long1), end(2, long1), end(3, "short"), end(4, long2), end(5, "last"));

        assertEquals(List.of(long1, long1, "short", long2, "last"), column("result", 5));
    }

    private RunRows.Head head(int n, String thread) throws SQLException {
        return headOf(run(n, "agent", BEGAN), thread);
    }

    private static RunRows.Head headOf(RunKey run, String thread) {
        return new RunRows.Head(run, new RunHead(thread, 200, "up", "[]", true, 812L));
    }

    private static RunOutcome result(String result) {
        return new RunOutcome(null, null, null, result, null, null, null);
    }

    private static RunRows.End end(int n, String result) {
        return end(n, new RunEnd(RunStatus.COMPLETED, null, false, BEGAN, result(result)));
    }

    private static RunRows.End end(int n, RunEnd end) {
        return new RunRows.End(
                new RunKey(-n, OWNER, "agent", "title", BEGAN), end, new RunTotals(3, 2, 400, 5, false), null);
    }

    /** A run that has begun; no run of the gateway's has a key below 0. */
    private RunKey run(int n, String agent, Instant createdAt) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, metadata, config,
                    request_body, created_at)
                values (?, ?, ?, 'unsettled', 1, '/', 'running', true, '{}', '{}', ?, ?)""")) {
            insert.setLong(1, -n);
            insert.setString(2, OWNER);
            insert.setString(3, "run_" + n);
            insert.setBytes(4, new byte[0]);
            insert.setObject(5, createdAt.atOffset(ZoneOffset.UTC));
            insert.executeUpdate();
        }
        return new RunKey(-n, OWNER, agent, agent == null ? null : "by " + agent, createdAt);
    }

    /** What the first runs have in the column. */
    private List<Object> column(String column, int runs) throws SQLException {
        List<Object> found = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "select " + column + " from run where owner = ? and run_pk >= ? order by run_pk desc")) {
            select.setString(1, OWNER);
            select.setLong(2, -runs);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    found.add(plain(row, column));
                }
            }
        }
        return found;
    }

    private Object threadColumn(String thread, String column) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select " + column + " from thread where owner = ? and id = ?")) {
            select.setString(1, OWNER);
            select.setString(2, thread);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return plain(row, column);
            }
        }
    }

    private static Object plain(ResultSet row, String column) throws SQLException {
        if (column.endsWith("_at")) {
            return row.getObject(1, OffsetDateTime.class);
        }
        Object value = row.getObject(1);
        return value == null || value instanceof Number ? value : row.getString(1);
    }

    private static Instant instant(Object time) {
        return ((OffsetDateTime) time).toInstant();
    }
}
