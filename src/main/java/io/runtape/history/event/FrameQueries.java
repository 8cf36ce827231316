package io.runtape.history.event;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.AgentThread;
import io.runtape.run.FrameReader;
import io.runtape.run.Run;
import io.runtape.run.ThreadPosition;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Queries over frames, and over the runs that have frames. All methods block; safe for any thread. Uses plain SQL:
 * frames are no entities, and because of its order and bounds H2 searches an index instead of all runs of a thread.
 */
@Singleton
final class FrameQueries {

    static final String FIRST_RUNNING = """
            select min(thread_ordinal) from run where owner = ? and thread_id = ? and status = 'running'""";

    static final String RUN_OF_THREAD = """
            select r.run_pk, r.id, r.thread_ordinal, r.created_at, r.last_sequence, r.frames_expired_at from run r
            where r.owner = ? and r.thread_id = ? and r.thread_ordinal between ? and ?
            order by r.owner%1$s, r.thread_id%1$s, r.thread_ordinal%1$s limit 1""";

    private final DataSource database;
    private final FrameReader reader;
    private final Journal journal;

    FrameQueries(DataSource database, FrameReader reader, Journal journal) {
        this.database = database;
        this.reader = reader;
        this.journal = journal;
    }

    /**
     * Checks that a run still has the frames that were read, so that nobody takes a part of them for the whole. A thread
     * goes on without a deleted run of which nothing was shown.
     *
     * @param after the sequence that the run was read behind
     * @param shown whether frames of the run were shown
     * @throws ApiException 404 if the run was deleted meanwhile, 410 if frames behind the sequence were
     */
    void requireThere(RunFrames run, long after, boolean shown) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(
                        "select last_sequence, frames_expired_at from run where run_pk = ?")) {
            select.setLong(1, run.runPk());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    if (run.isInThread() && !shown) {
                        return;
                    }
                    throw ApiException.notFound("run");
                }
                if (row.getObject(2) != null && row.getLong(1) > after) {
                    throw run.framesExpired(row.getLong(1));
                }
            }
        }
    }

    /**
     * The place of the last run of the thread whose frames may be shown: the first live run, or else the last run. If a
     * run began while an earlier run of the thread was live, its frames wait for the end of that run. Otherwise a
     * caller that continues after the last position would never see the rest of the earlier run.
     */
    long horizon(Owner owner, AgentThread thread) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(FIRST_RUNNING)) {
            select.setString(1, owner.id());
            select.setString(2, thread.id);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                long firstRunning = row.getLong(1);
                return row.wasNull() ? thread.lastOrdinal : firstRunning;
            }
        }
    }

    /**
     * Checks that a position of the thread is not past the recorded frames. The position of a deleted run is not past
     * them.
     *
     * @throws ApiException 400 {@code unknown_sequence} if it is
     */
    void requireReached(Owner owner, AgentThread thread, long position) throws SQLException {
        if (position == 0) {
            return;
        }
        long ordinal = ThreadPosition.ordinal(position);
        // Places count from 1: a smaller position is a sequence of a run, used as a position of the thread.
        boolean ofNoRun = ordinal == 0 || ordinal > thread.lastOrdinal;
        ordinal = ofNoRun ? thread.lastOrdinal : ordinal;
        Optional<Long> last = lastSequence(owner, thread.id, ordinal);
        if (ofNoRun || last.isPresent() && ThreadPosition.sequence(position) > last.get()) {
            throw ApiException.unknownPosition(ThreadPosition.base(ordinal) + last.orElse(0L));
        }
    }

    private Optional<Long> lastSequence(Owner owner, String threadId, long ordinal) throws SQLException {
        long runPk;
        long ofRow;
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(
                        "select run_pk, last_sequence from run where owner = ? and thread_id = ? and thread_ordinal = ?")) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            select.setLong(3, ordinal);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                runPk = row.getLong(1);
                ofRow = row.getLong(2);
            }
        }
        Optional<RunJournal> live = journal.live(runPk);
        // The row of a run that has ended tells it, also if its frames are deleted.
        return Optional.of(live.isPresent() ? live.get().durable().frames() : ofRow > 0 ? ofRow : reader.last(runPk));
    }

    /**
     * Checks that the frames behind a position of the thread are there.
     *
     * @throws ApiException 410 if those of a run were deleted
     */
    void requireFrames(Owner owner, AgentThread thread, long after) {
        QuarkusTransaction.requiringNew()
                .call(() -> Run.lastExpiredInThread(owner, thread.id, after, Long.MAX_VALUE))
                .ifPresent(last -> {
                    throw ApiException.framesExpired(last);
                });
    }

    /** The first or the last run of the thread, between these places. */
    Optional<RunFrames> runOfThread(Owner owner, String threadId, long from, long to, boolean last)
            throws SQLException {
        // Names all columns of the index; otherwise H2 looks at all runs of the thread for each one.
        String sql = RUN_OF_THREAD.formatted(last ? " desc" : "");
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            select.setLong(3, from);
            select.setLong(4, to);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(frames(row, threadId)) : Optional.empty();
            }
        }
    }

    private RunFrames frames(ResultSet row, String threadId) throws SQLException {
        long runPk = row.getLong(1);
        long lastSequence = row.getLong(5);
        boolean expired = row.getObject(6) != null;
        return new RunFrames(
                runPk,
                row.getString(2),
                threadId,
                row.getObject(4, OffsetDateTime.class).toInstant(),
                ThreadPosition.base(row.getLong(3)),
                expired ? lastSequence : durable(runPk),
                expired);
    }

    /** The last durable sequence. A run that the journal no longer has is durable as a whole. */
    private long durable(long runPk) {
        return journal.unended(runPk).map(run -> run.durable().frames()).orElse(RunFrames.ALL);
    }
}
