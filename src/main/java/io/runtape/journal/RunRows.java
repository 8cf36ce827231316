package io.runtape.journal;

import io.runtape.model.RunStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of runs and threads, in the caller's transaction. Rows are touched in an order of their keys; should
 * two transactions meet nevertheless, the database picks one and it is tried again. Confined to the thread that holds the connection.
 */
final class RunRows {

    private static final String INSERT_RUN = """
            insert into run (run_pk, owner, id, thread_id, node_id, agent, path, status, stream, prompt, metadata, config,
                request_type, request_body, created_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    private static final String INSERT_THREAD = """
            insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at)
            values (?, ?, ?, false, 0, ?, ?) on conflict do nothing""";

    static final String ADVANCE_THREAD = """
            update thread set last_ordinal = last_ordinal + 1, updated_at = greatest(updated_at, ?), agent = coalesce(agent, ?)
            where owner = ? and id = ?""";

    static final String UPDATE_HEAD = """
            update run set thread_id = ?, upstream_status = ?, upstream_run_id = ?, answer_headers = ?, stream = ?,
                thread_ordinal = (select t.last_ordinal from thread t where t.owner = ? and t.id = ?)
            where run_pk = ?""";

    /** Not by the status: the index of live runs would serve that, and hold all that were live since it was last cleaned. */
    static final String UPDATE_END = """
            update run set status = ?, reason = ?, dialect = ?, result = ?, usage = ?, iterations = ?, error = ?,
                event_count = ?, frame_count = ?, byte_count = ?, last_sequence = ?, first_event_at = ?, completed_at = ?,
                cut = ?
            where run_pk = ? and completed_at is null""";

    static final String TOUCH_THREAD = """
            update thread set updated_at = greatest(updated_at, ?) where owner = ?
                and id = (select r.thread_id from run r where r.run_pk = ?)""";

    /** How many bits of a run's key count the runs of one node; the bits above are the node's id. */
    static final int RUN_BITS = 40;

    private final Connection connection;

    RunRows(Connection connection) {
        this.connection = connection;
    }

    /** The head of a run's answer. */
    record Head(RunKey run, RunHead head) {}

    /** The end of a run. */
    record End(RunKey run, RunEnd end, RunTotals totals) {}

    void start(List<RunWrite> runs) throws SQLException {
        if (runs.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(INSERT_RUN)) {
            for (RunWrite write : runs) {
                RunStart run = Objects.requireNonNull(write.start());
                insert.setLong(1, write.run().pk());
                insert.setString(2, run.owner().id());
                insert.setString(3, run.id());
                insert.setString(4, run.threadId());
                insert.setLong(5, write.run().pk() >> RUN_BITS);
                insert.setString(6, run.agent());
                insert.setString(7, run.path());
                insert.setString(8, RunStatus.RUNNING.label());
                insert.setBoolean(9, run.stream());
                insert.setString(10, run.prompt());
                insert.setString(11, run.metadata());
                insert.setString(12, run.config());
                insert.setString(13, run.requestType());
                insert.setBytes(14, run.requestBody());
                insert.setObject(15, time(run.createdAt()));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    void head(List<Head> heads) throws SQLException {
        for (List<Head> round : rounds(heads)) {
            headOfDistinctThreads(round);
        }
    }

    /** Runs of one thread take their ordinals one after the other, so no round has two of the same thread. */
    private static List<List<Head>> rounds(List<Head> heads) {
        List<List<Head>> rounds = new ArrayList<>();
        Map<List<String>, Integer> seen = new HashMap<>();
        for (Head head : heads) {
            int round = seen.merge(List.of(head.run().owner(), head.head().threadId()), 1, Integer::sum) - 1;
            if (round == rounds.size()) {
                rounds.add(new ArrayList<>());
            }
            rounds.get(round).add(head);
        }
        rounds.forEach(
                round -> round.sort(Comparator.comparing((Head h) -> h.run().owner())
                        .thenComparing(h -> h.head().threadId())));
        return rounds;
    }

    private void headOfDistinctThreads(List<Head> heads) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT_THREAD);
                PreparedStatement advance = connection.prepareStatement(ADVANCE_THREAD);
                PreparedStatement update = connection.prepareStatement(UPDATE_HEAD)) {
            for (Head each : heads) {
                RunKey run = each.run();
                RunHead head = each.head();
                OffsetDateTime at = time(run.createdAt());
                insert.setString(1, run.owner());
                insert.setString(2, head.threadId());
                insert.setString(3, run.agent());
                insert.setObject(4, at);
                insert.setObject(5, at);
                insert.addBatch();
                advance.setObject(1, at);
                advance.setString(2, run.agent());
                advance.setString(3, run.owner());
                advance.setString(4, head.threadId());
                advance.addBatch();
                update.setString(1, head.threadId());
                setInteger(update, 2, head.upstreamStatus());
                update.setString(3, head.upstreamRunId());
                update.setString(4, head.answerHeaders());
                update.setBoolean(5, head.stream());
                update.setString(6, run.owner());
                update.setString(7, head.threadId());
                update.setLong(8, run.pk());
                update.addBatch();
            }
            insert.executeBatch();
            for (int advanced : advance.executeBatch()) {
                if (advanced == 0) {
                    // The thread was deleted since the statement before: all of it once more.
                    throw new SQLException("a thread is gone that a run was about to join", SqlFault.CONFLICT);
                }
            }
            update.executeBatch();
        }
    }

    void end(List<End> ends) throws SQLException {
        if (ends.isEmpty()) {
            return;
        }
        List<End> inOrder = new ArrayList<>(ends);
        inOrder.sort(Comparator.comparing((End e) -> e.run().owner())
                .thenComparing(e -> e.run().pk()));
        try (PreparedStatement update = connection.prepareStatement(UPDATE_END);
                PreparedStatement touch = connection.prepareStatement(TOUCH_THREAD)) {
            for (End each : inOrder) {
                RunEnd end = each.end();
                RunTotals totals = each.totals();
                update.setString(1, end.status().label());
                update.setString(2, end.reason() == null ? null : end.reason().label());
                update.setString(3, end.dialect());
                update.setString(4, end.result());
                update.setString(5, end.usage());
                if (end.iterations() == null) {
                    update.setNull(6, Types.BIGINT);
                } else {
                    update.setLong(6, end.iterations());
                }
                update.setString(7, end.error());
                update.setLong(8, totals.events());
                update.setLong(9, totals.frames());
                update.setLong(10, totals.bytes());
                update.setLong(11, totals.frames());
                update.setObject(
                        12,
                        totals.firstOffsetMicros() < 0
                                ? null
                                : time(each.run().createdAt().plusNanos(totals.firstOffsetMicros() * 1000)),
                        Types.TIMESTAMP_WITH_TIMEZONE);
                update.setObject(13, time(end.completedAt()));
                update.setBoolean(14, end.cut());
                update.setLong(15, each.run().pk());
                update.addBatch();
                touch.setObject(1, time(end.completedAt()));
                touch.setString(2, each.run().owner());
                touch.setLong(3, each.run().pk());
                touch.addBatch();
            }
            update.executeBatch();
            touch.executeBatch();
        }
    }

    private static void setInteger(PreparedStatement statement, int at, @Nullable Integer value) throws SQLException {
        if (value == null) {
            statement.setNull(at, Types.INTEGER);
        } else {
            statement.setInt(at, value);
        }
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
