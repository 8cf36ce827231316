package io.runtape.journal.sql;

import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.store.SqlFault;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * H2: a batch of each statement, since H2 can neither update from a list nor update a row that an insert conflicts
 * with.
 */
final class H2RunRows extends RunRows {

    private static final String INSERT_RUN = """
            insert into run (run_pk, owner, id, thread_id, node_id, agent, path, status, stream, prompt, metadata, config,
                request_type, request_body, created_at, model, upstream)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    private static final String INSERT_THREAD = """
            insert into thread (owner, id, title, agent, archived, last_ordinal, created_at, updated_at)
            values (?, ?, ?, ?, false, 0, ?, ?) on conflict do nothing""";

    private static final String ADVANCE_THREAD = """
            update thread set last_ordinal = last_ordinal + 1, updated_at = greatest(updated_at, ?),
                created_at = least(created_at, ?), agent = coalesce(agent, ?), title = coalesce(title, ?)
            where owner = ? and id = ?""";

    private static final String UPDATE_HEAD = """
            update run set thread_id = ?, upstream_status = ?, upstream_run_id = ?, answer_headers = ?, stream = ?, head_us = ?,
                thread_ordinal = (select t.last_ordinal from thread t where t.owner = ? and t.id = ?)
            where run_pk = ?""";

    private static final String UPDATE_NAME = "update run set upstream_run_id = ? where run_pk = ?";

    private static final String UPDATE_END = """
            update run set status = ?, reason = ?, dialect = ?, model = coalesce(?, model), finish_reason = ?,
                result = ?, usage = ?, iterations = ?, error = ?, event_count = ?, frame_count = ?, byte_count = ?, last_sequence = ?, first_event_at = ?, completed_at = ?,
                cut = ?, digest = ?
            where run_pk = ? and completed_at is null""";

    private static final String TOUCH_THREAD = """
            update thread set updated_at = greatest(updated_at, ?) where owner = ?
                and id = (select r.thread_id from run r where r.run_pk = ?)""";

    private final Connection connection;

    /** Made by the first commit and kept, since each commit needs it. */
    private @Nullable PreparedStatement fenceCheck;

    H2RunRows(Connection connection) {
        this.connection = connection;
    }

    @Override
    void hold(NodeFence fence) throws SQLException {
        PreparedStatement check = fenceCheck;
        if (check == null) {
            check = connection.prepareStatement(NodeFence.CHECK);
            fenceCheck = check;
        }
        fence.bind(check, 1);
        fence.require(check.executeQuery());
    }

    @Override
    void insertRuns(List<Start> starts) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT_RUN)) {
            for (Start each : starts) {
                RunStart run = each.start();
                insert.setLong(1, each.run().pk());
                insert.setString(2, run.owner().id());
                insert.setString(3, run.id());
                insert.setString(4, run.threadId());
                insert.setLong(5, each.run().nodeId());
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
                insert.setString(16, run.model());
                insert.setString(17, run.upstream());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    @Override
    void joinThreads(List<Head> heads) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT_THREAD);
                PreparedStatement advance = connection.prepareStatement(ADVANCE_THREAD);
                PreparedStatement update = connection.prepareStatement(UPDATE_HEAD)) {
            for (Head each : heads) {
                RunKey run = each.run();
                RunHead head = each.head();
                OffsetDateTime at = time(run.createdAt());
                insert.setString(1, run.owner());
                insert.setString(2, head.threadId());
                insert.setString(3, run.title());
                insert.setString(4, run.agent());
                insert.setObject(5, at);
                insert.setObject(6, at);
                insert.addBatch();
                advance.setObject(1, at);
                advance.setObject(2, at);
                advance.setString(3, run.agent());
                advance.setString(4, run.title());
                advance.setString(5, run.owner());
                advance.setString(6, head.threadId());
                advance.addBatch();
                update.setString(1, head.threadId());
                update.setObject(2, head.upstreamStatus(), Types.INTEGER);
                update.setString(3, head.upstreamRunId());
                update.setString(4, head.responseHeaders());
                update.setBoolean(5, head.stream());
                update.setObject(6, head.offsetMicros(), Types.BIGINT);
                update.setString(7, run.owner());
                update.setString(8, head.threadId());
                update.setLong(9, run.pk());
                update.addBatch();
            }
            insert.executeBatch();
            for (int advanced : advance.executeBatch()) {
                if (advanced == 0) {
                    // The thread was deleted since the previous statement: the transaction must start again.
                    throw new SQLException("a thread is gone that a run was about to join", SqlFault.CONFLICT);
                }
            }
            update.executeBatch();
        }
    }

    @Override
    void nameRuns(List<Name> names) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(UPDATE_NAME)) {
            for (Name each : names) {
                update.setString(1, each.upstreamRunId());
                update.setLong(2, each.run().pk());
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    @Override
    void endAndTouchThreads(List<End> ends) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(UPDATE_END);
                PreparedStatement touch = connection.prepareStatement(TOUCH_THREAD)) {
            for (End each : ends) {
                RunEnd end = each.end();
                RunTotals totals = each.totals();
                update.setString(1, end.status().label());
                update.setString(2, end.reason() == null ? null : end.reason().label());
                RunOutcome outcome = end.outcome();
                update.setString(3, outcome.dialect());
                update.setString(4, outcome.model());
                update.setString(5, outcome.finishReason());
                update.setString(6, outcome.result());
                update.setString(7, outcome.usage());
                update.setObject(8, outcome.iterations(), Types.BIGINT);
                update.setString(9, outcome.error());
                update.setLong(10, totals.events());
                update.setLong(11, totals.frames());
                update.setLong(12, totals.bytes());
                update.setLong(13, totals.frames());
                Instant first = each.firstEventAt();
                update.setObject(14, first == null ? null : time(first), Types.TIMESTAMP_WITH_TIMEZONE);
                update.setObject(15, time(each.completedAt()));
                update.setBoolean(16, end.cut());
                update.setString(17, each.digest());
                update.setLong(18, each.run().pk());
                update.addBatch();
                touch.setObject(1, time(each.completedAt()));
                touch.setString(2, each.run().owner());
                touch.setLong(3, each.run().pk());
                touch.addBatch();
            }
            update.executeBatch();
            touch.executeBatch();
        }
    }

    @Override
    public void send() {
        // Each statement has run already: H2 has no round trip to save.
    }
}
