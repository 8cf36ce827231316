package io.runtape.archive;

import io.runtape.access.Owner;
import io.runtape.archive.ImportedRun.ImportedThread;
import io.runtape.pack.PackedBlock;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestBody;
import io.runtape.run.RunKey;
import io.runtape.run.RunTotals;
import io.runtape.run.ThreadNames;
import io.runtape.run.ThreadTitle;
import io.runtape.store.SqlFault;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of imported runs over one connection: each run in one transaction, which may span many calls. Plain SQL,
 * since rows of frames are no entities, and the thread's row must be locked before the run joins it, as a live run does it.
 * Blocks; confined to one thread at a time.
 */
final class ImportedRows implements AutoCloseable {

    private static final String FIND =
            "select run_pk, digest, status, frames_expired_at is not null from run where owner = ? and id = ?";

    private static final String PLACE = "select id from run where owner = ? and thread_id = ? and thread_ordinal = ?";

    private static final String INSERT_THREAD = """
            insert into thread (owner, id, title, agent, archived, last_ordinal, created_at, updated_at)
            values (?, ?, ?, ?, ?, 0, ?, ?) on conflict do nothing""";

    private static final String TITLE = "select title from thread where owner = ? and id = ?";

    private static final String JOIN_THREAD = """
            update thread set last_ordinal = greatest(last_ordinal, ?), updated_at = greatest(updated_at, ?),
                created_at = least(created_at, ?), agent = coalesce(agent, ?), title = coalesce(title, ?)
            where owner = ? and id = ?""";

    private static final String INSERT_RUN = """
            insert into run (run_pk, owner, id, thread_id, thread_ordinal, node_id, agent, path, upstream, status, reason, cut,
                stream, prompt, metadata, config, request_type, request_body, upstream_status, upstream_run_id,
                answer_headers, head_us, dialect, model, finish_reason, result, usage, iterations, error, event_count, frame_count,
                byte_count, last_sequence, created_at, first_event_at, completed_at, digest, packed_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    /**
     * A run that the history has.
     *
     * @param expired whether retention has deleted its frames
     */
    record Present(long runPk, @Nullable String digest, boolean ended, boolean expired) {}

    private final Connection connection;
    private boolean begun;

    /** @param connection in auto-commit mode; is closed with these rows */
    ImportedRows(Connection connection) {
        this.connection = connection;
    }

    /** The owner's run of this id. */
    Optional<Present> find(Owner owner, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(FIND)) {
            select.setString(1, owner.id());
            select.setString(2, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Present(
                                row.getLong(1),
                                row.getString(2),
                                !row.getString(3).equals("running"),
                                row.getBoolean(4)))
                        : Optional.empty();
            }
        }
    }

    /** The id of the run that has a place in a thread. */
    Optional<String> at(Owner owner, String threadId, long ordinal) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(PLACE)) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            select.setLong(3, ordinal);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    private void begin() throws SQLException {
        if (!begun) {
            connection.setAutoCommit(false);
            begun = true;
        }
    }

    /** Adds blocks of the run that is being written. */
    void blocks(long runPk, List<PackedBlock> blocks) throws SQLException {
        begin();
        for (PackedBlock block : blocks) {
            block.insert(connection, runPk);
        }
    }

    /**
     * Adds the run and commits it with its blocks.
     *
     * @throws SQLException if a run of that id, or in that place, has come meanwhile, as {@link SqlFault#isOfTheData}
     *     tells; roll back then
     */
    void commit(
            Owner owner,
            long runPk,
            ImportedRun run,
            RecordedRequest request,
            ImportedHead head,
            RunTotals totals,
            String digest)
            throws SQLException {
        begin();
        ImportedThread thread = run.thread;
        if (thread != null) {
            join(owner, run.threadId, thread, run.prompt);
        }
        try (PreparedStatement insert = connection.prepareStatement(INSERT_RUN)) {
            int at = 1;
            insert.setLong(at++, runPk);
            insert.setString(at++, owner.id());
            insert.setString(at++, run.id);
            insert.setString(at++, run.threadId);
            insert.setObject(at++, thread == null ? null : thread.ordinal, Types.BIGINT);
            insert.setLong(at++, RunKey.nodeId(runPk));
            insert.setString(at++, run.agent);
            insert.setString(at++, run.path);
            insert.setString(at++, run.upstream);
            insert.setString(at++, run.status);
            insert.setString(at++, run.reason);
            insert.setBoolean(at++, run.cut);
            insert.setBoolean(at++, run.stream);
            insert.setString(at++, run.prompt);
            insert.setString(at++, run.metadata);
            insert.setString(at++, run.config);
            insert.setString(at++, request.type());
            insert.setBytes(at++, RequestBody.stored(request.body()));
            insert.setObject(at++, head.status(), Types.INTEGER);
            insert.setString(at++, run.upstreamRunId);
            insert.setString(at++, head.headers());
            insert.setObject(at++, head.offsetMicros(), Types.BIGINT);
            insert.setString(at++, run.dialect);
            insert.setString(at++, run.model);
            insert.setString(at++, run.finishReason);
            insert.setString(at++, run.result);
            insert.setString(at++, run.usage);
            insert.setObject(at++, run.iterations, Types.BIGINT);
            insert.setString(at++, run.error);
            insert.setLong(at++, totals.events());
            insert.setLong(at++, totals.frames());
            insert.setLong(at++, totals.bytes());
            insert.setLong(at++, totals.frames());
            time(insert, at++, run.createdAt);
            time(insert, at++, run.firstEventAt);
            time(insert, at++, run.completedAt);
            insert.setString(at++, digest);
            time(insert, at, Instant.now());
            insert.executeUpdate();
        }
        connection.commit();
        over();
    }

    private void join(Owner owner, String threadId, ImportedThread thread, @Nullable String prompt)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT_THREAD);
                PreparedStatement join = connection.prepareStatement(JOIN_THREAD)) {
            insert.setString(1, owner.id());
            insert.setString(2, threadId);
            insert.setString(3, thread.title);
            insert.setString(4, thread.agent);
            insert.setBoolean(5, thread.archived);
            time(insert, 6, thread.createdAt);
            time(insert, 7, thread.updatedAt);
            boolean isTitled = insert.executeUpdate() > 0 || !hasTitle(owner, threadId);
            join.setLong(1, thread.ordinal);
            time(join, 2, thread.updatedAt);
            time(join, 3, thread.createdAt);
            join.setString(4, thread.agent);
            join.setString(5, thread.title);
            join.setString(6, owner.id());
            join.setString(7, threadId);
            if (join.executeUpdate() == 0) {
                throw new SQLException("the thread of an imported run was deleted meanwhile", SqlFault.CONFLICT);
            }
            if (thread.title != null) {
                name(owner, threadId, thread.title, prompt, isTitled);
            }
        }
    }

    private boolean hasTitle(Owner owner, String threadId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(TITLE)) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            try (ResultSet row = select.executeQuery()) {
                return row.next() && row.getString(1) != null;
            }
        }
    }

    /**
     * An archive does not say whether a thread was named: its runs show it as they come, in any order.
     *
     * @param isTitled whether the thread has its title by this run
     */
    private void name(Owner owner, String threadId, String title, @Nullable String prompt, boolean isTitled)
            throws SQLException {
        if (title.equals(ThreadTitle.of(prompt))) {
            ThreadNames.removeIfTitled(connection, owner.id(), threadId, title);
        } else if (isTitled) {
            ThreadNames.add(connection, owner.id(), threadId);
        }
    }

    private static void time(PreparedStatement to, int at, @Nullable Instant time) throws SQLException {
        to.setObject(at, time == null ? null : time.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
    }

    /** Gives up what was added of the run that is being written. */
    void rollback() throws SQLException {
        if (begun) {
            connection.rollback();
            over();
        }
    }

    private void over() throws SQLException {
        begun = false;
        connection.setAutoCommit(true);
    }

    /** The connection, for what concerns more than one run. */
    Connection connection() {
        return connection;
    }

    /** Gives up what was not committed, and the connection. */
    @Override
    public void close() throws SQLException {
        try (connection) {
            rollback();
        }
    }
}
