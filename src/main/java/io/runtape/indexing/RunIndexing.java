package io.runtape.indexing;

import io.quarkus.arc.All;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.run.Run;
import io.runtape.run.RunKey;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
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
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Indexes runs over one connection, some in each transaction: they share most rows of sums, and a segment of words. Plain SQL: it
 * locks the runs' rows, its queries must be served by an index, and the indexes share the connection. Blocks; safe for any thread.
 */
@Singleton
final class RunIndexing {

    /** Runs of one transaction at the most: as many as make a segment of words that need not be merged. */
    static final int RUNS_AT_ONCE = 16;

    /** No further run is read for a transaction whose runs take so much of the memory. */
    private static final long BYTES_AT_ONCE = 4 << 20;

    /** The newest first: who looks for a run mostly looks for a recent one, and older runs may be many. */
    static final String UNINDEXED = """
            select run_pk from run
            where indexed_at is null and completed_at is not null and (run_pk between ? and ? or completed_at < ?)
            order by indexed_at desc, completed_at desc, run_pk desc limit ?""";

    private static final String STILL_UNINDEXED =
            "select run_pk from run where run_pk = any(?) and indexed_at is null order by run_pk";

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
    private final MemoryBudgets memory;
    private final List<RunIndex> indexes;

    RunIndexing(
            Store store,
            Journal journal,
            RunContentReader contents,
            MemoryBudgets memory,
            @All List<RunIndex> indexes) {
        this.store = store;
        this.journal = journal;
        this.contents = contents;
        this.memory = memory;
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
            return keys(select);
        }
    }

    /**
     * Indexes runs, but for those that another gateway indexes now, and those that are indexed already or gone. On PostgreSQL the
     * commit does not wait for the disk: what is lost with the server is done again.
     *
     * <p>All is read before the transaction. Inside it the table is locked, however weakly: if somebody waits for a stronger
     * lock, such as a migration, another connection's read would wait behind that one, and the transaction for the read.
     *
     * @param connection in auto-commit mode
     * @param keys of at most {@link #RUNS_AT_ONCE} runs. If this throws, some of them may be indexed
     * @param rest called now and then, outside of transactions
     * @throws ApiException 503 if there is no memory for them now, or the database does not answer
     */
    void index(Connection connection, List<Long> keys, Runnable rest) throws SQLException {
        Iterator<Long> unindexed = unindexed(connection, keys).iterator();
        while (unindexed.hasNext()) {
            try (BudgetShare share = memory.answers().share()) {
                List<EndedRun> runs = read(unindexed, new Room(share), rest);
                Transaction.losable(connection, store.engine(), () -> {
                    List<EndedRun> claimed = claim(connection, runs);
                    if (claimed.isEmpty()) {
                        return claimed;
                    }
                    for (RunIndex index : indexes) {
                        index.add(connection, claimed);
                    }
                    return claimed;
                });
            }
        }
    }

    private List<EndedRun> read(Iterator<Long> keys, Room room, Runnable rest) throws SQLException {
        List<EndedRun> runs = new ArrayList<>();
        while (keys.hasNext() && room.taken < BYTES_AT_ONCE) {
            Optional<Run> found = row(keys.next());
            if (found.isPresent()) {
                Run run = found.get();
                runs.add(new EndedRun(run, contents.contents(run, room).parts()));
                rest.run();
            }
        }
        return runs;
    }

    /** Counts what is taken of a share. */
    private static final class Room implements LongConsumer {

        private final BudgetShare share;
        private long taken;

        Room(BudgetShare share) {
            this.share = share;
        }

        @Override
        public void accept(long bytes) {
            share.takeBlocking(bytes);
            taken += bytes;
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

    private static List<Long> unindexed(Connection connection, List<Long> keys) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(STILL_UNINDEXED)) {
            select.setArray(1, connection.createArrayOf("bigint", keys.toArray()));
            return keys(select);
        }
    }

    private static List<Long> keys(PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            List<Long> keys = new ArrayList<>();
            while (row.next()) {
                keys.add(row.getLong(1));
            }
            return keys;
        }
    }

    private static Optional<Run> row(long runPk) {
        return QuarkusTransaction.requiringNew().call(() -> Run.findByIdOptional(runPk));
    }

    /** Those of the runs that are to be indexed as they were read. */
    private static List<EndedRun> claim(Connection connection, List<EndedRun> runs) throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
            for (EndedRun each : runs) {
                Run run = each.row();
                claim.setObject(1, Instant.now().atOffset(ZoneOffset.UTC));
                claim.setLong(2, run.runPk);
                claim.setString(3, run.status);
                claim.setString(4, run.finishReason);
                claim.setBoolean(5, run.framesExpiredAt == null);
                claim.addBatch();
            }
            int[] updated = claim.executeBatch();
            return IntStream.range(0, updated.length)
                    .filter(i -> updated[i] == 1)
                    .mapToObj(runs::get)
                    .toList();
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
