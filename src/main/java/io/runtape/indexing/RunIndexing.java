package io.runtape.indexing;

import io.quarkus.arc.All;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.run.Run;
import io.runtape.run.RunKey;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import io.runtape.transcript.RunContentReader;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Indexes runs over one connection, each in a transaction of its own. Plain SQL: it locks the run's row, its one query must
 * be served by an index, and the indexes share the connection. Blocks; safe for any thread.
 */
@Singleton
final class RunIndexing {

    /** The newest first: who looks for a run mostly looks for a recent one, and older runs may be many. */
    static final String UNINDEXED = """
            select run_pk from run
            where indexed_at is null and completed_at is not null and (run_pk between ? and ? or completed_at < ?)
            order by indexed_at desc, completed_at desc, run_pk desc limit ?""";

    private static final String IS_UNINDEXED = "select 1 from run where run_pk = ? and indexed_at is null";

    /**
     * Not if its outcome has come, or its frames have expired, since it was read. It also locks the row, so that it is written
     * once: H2 writes all of a row each time, a long prompt with it.
     */
    private static final String CLAIM = """
            update run set indexed_at = ?
            where run_pk = ? and indexed_at is null and status = ? and finish_reason is not distinct from cast(? as varchar)
                and (frames_expired_at is null) = cast(? as boolean)""";

    private final Store store;
    private final Journal journal;
    private final RunContentReader contents;
    private final List<RunIndex> indexes;

    RunIndexing(Store store, Journal journal, RunContentReader contents, @All List<RunIndex> indexes) {
        this.store = store;
        this.journal = journal;
        this.contents = contents;
        this.indexes = indexes;
    }

    /**
     * The next runs that have ended and are not indexed: those of this gateway, and those of others that ended before that
     * time, so that two gateways seldom read one run.
     */
    List<Long> unindexed(Connection connection, Instant othersBefore, int limit) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(UNINDEXED)) {
            select.setLong(1, RunKey.beforeFirst(journal.nodeId()));
            select.setLong(2, RunKey.beforeFirst(journal.nodeId() + 1));
            select.setObject(3, othersBefore.atOffset(ZoneOffset.UTC));
            select.setInt(4, limit);
            try (ResultSet row = select.executeQuery()) {
                List<Long> runs = new ArrayList<>();
                while (row.next()) {
                    runs.add(row.getLong(1));
                }
                return runs;
            }
        }
    }

    /**
     * Indexes a run, unless another gateway does so now, or it is indexed already or gone. On PostgreSQL the commit does not
     * wait for the disk: what is lost with the server is done again.
     *
     * <p>All is read before the transaction. Inside it the table is locked, however weakly: if somebody waits for a stronger
     * lock, such as a migration, another connection's read would wait behind that one, and the transaction for the read.
     *
     * @param connection in auto-commit mode
     * @throws ApiException 503 if there is no memory for it now, or the database does not answer
     */
    void index(Connection connection, long runPk) throws SQLException {
        if (!isUnindexed(connection, runPk)) {
            return;
        }
        Optional<Run> found = QuarkusTransaction.requiringNew().call(() -> Run.findByIdOptional(runPk));
        if (found.isPresent()) {
            Run run = found.get();
            contents.read(
                    run,
                    read -> Transaction.losable(connection, store.engine(), () -> {
                        if (claim(connection, run)) {
                            EndedRun ended = new EndedRun(run, read.parts());
                            for (RunIndex index : indexes) {
                                index.add(connection, ended);
                            }
                        }
                        return runPk;
                    }));
        }
    }

    /** Does a piece of what the indexes have left to do; returns whether there was any. */
    boolean tidy(Connection connection) throws SQLException {
        boolean done = false;
        for (RunIndex index : indexes) {
            done |= index.tidy(connection);
        }
        return done;
    }

    private static boolean isUnindexed(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(IS_UNINDEXED)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    private static boolean claim(Connection connection, Run run) throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
            claim.setObject(1, Instant.now().atOffset(ZoneOffset.UTC));
            claim.setLong(2, run.runPk);
            claim.setString(3, run.status);
            claim.setString(4, run.finishReason);
            claim.setBoolean(5, run.framesExpiredAt == null);
            return claim.executeUpdate() == 1;
        }
    }

    /** Counts the run as indexed. */
    void mark(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement done = connection.prepareStatement("update run set indexed_at = ? where run_pk = ?")) {
            done.setObject(1, Instant.now().atOffset(ZoneOffset.UTC));
            done.setLong(2, runPk);
            done.executeUpdate();
        }
    }
}
