package io.runtape.indexing;

import io.quarkus.arc.All;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.journal.Journal;
import io.runtape.run.Run;
import io.runtape.run.RunSizes;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.ByteBudget;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.store.Engine;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import io.runtape.store.StoreFailures;
import io.runtape.store.Transaction;
import io.runtape.transcript.RunContentReader;
import io.runtape.transcript.RunContents;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/**
 * Indexes runs over one connection, some in each transaction: they share most rows of sums, and a segment of words. Plain SQL: it
 * locks the runs' rows, its queries must be served by an index, and the indexes share the connection. Blocks; safe for any thread.
 */
@Singleton
final class RunIndexing {

    private static final Logger LOG = Logger.getLogger(RunIndexing.class);

    /** Runs of one transaction at the most: as many as make a segment of words that later ones are merged into. */
    static final int RUNS_AT_ONCE = 16;

    /** No further run is read for a transaction whose runs take so much of the memory for responses. */
    private static final long BYTES_AT_ONCE = 2 << 20;

    /** What the indexes make of the runs of a transaction. A run of which they make more is alone in one, and takes room for it. */
    private static final long BYTES_MADE_AT_ONCE = 8 << 20;

    /** The newest first: who looks for a run mostly looks for a recent one, and older runs may be many. */
    static final String UNINDEXED = """
            select run_pk from run
            where indexed_at is null and completed_at is not null and completed_at <= ?
                and (completed_at < ? or not (node_id = any(?)))
            order by indexed_at desc, completed_at desc, run_pk desc limit ?""";

    private static final String OTHER_GATEWAYS = "select node_id from node where node_id <> ? and (not closed or ?)";

    /** Passes over what another gateway indexes: one that waited for the other would find nothing left to do. */
    private static final String LOCK = """
            select run_pk from run where run_pk = any(?) and indexed_at is null order by run_pk
            for update skip locked""";

    /**
     * Not if its outcome has come, or its frames have expired, since it was read. On H2 it also locks the row, so that it is written
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
     * The next runs that have ended and are not indexed: those of this gateway and of gateways that are gone, and those of others
     * that ended before that time, so that two gateways seldom read one run.
     *
     * @param until those that ended later are left out
     * @param ownFirst whether those of gateways that are gone are left until then as well: they may be thousands, all newer than its own
     */
    List<Long> unindexed(Connection connection, Instant until, Instant othersBefore, boolean ownFirst, int limit)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(UNINDEXED)) {
            select.setObject(1, until.atOffset(ZoneOffset.UTC));
            select.setObject(2, othersBefore.atOffset(ZoneOffset.UTC));
            select.setArray(
                    3,
                    connection.createArrayOf(
                            "bigint", otherGateways(connection, ownFirst).toArray()));
            select.setInt(4, limit);
            return keys(select);
        }
    }

    /** The nodes of other gateways that may still index their runs themselves, or of all others. */
    private List<Long> otherGateways(Connection connection, boolean all) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(OTHER_GATEWAYS)) {
            select.setLong(1, journal.nodeId());
            select.setBoolean(2, all);
            return keys(select);
        }
    }

    /**
     * Indexes the next of some runs in one transaction, and takes them off the queue; not those that another gateway indexes now,
     * or that are gone. On PostgreSQL the commit does not wait for the disk: what is lost with the server is done again.
     *
     * <p>All is read before the transaction. Inside it the table is locked, however weakly: if somebody waits for a stronger
     * lock, such as a migration, another connection's read would wait behind that one, and the transaction for the read.
     *
     * @param connection in auto-commit mode
     * @param keys of runs that are not indexed, in their order
     * @param waits whether a run waits for room in memory
     * @return those of the runs that were taken off for which there is no room in memory now
     * @throws ApiException 503 if the database does not answer
     * @throws SQLException with {@code 53100}, before anything is done, if an embedded database has no room, see {@link Store#requireRoom}
     */
    List<Long> index(Connection connection, Deque<Long> keys, boolean waits) throws SQLException {
        store.requireRoom();
        List<Long> withoutRoom = new ArrayList<>();
        List<Long> next = keys.stream().limit(RUNS_AT_ONCE).toList();
        try (Reading reading = new Reading(waits, RunSizes.of(connection, next))) {
            for (int i = 0; i < next.size() && reading.goesOn(); i++) {
                long runPk = keys.remove();
                if (!reading.add(runPk)) {
                    if (!reading.runs.isEmpty()) {
                        // These may be what takes the room, or the memory for what is made of them.
                        keys.addFirst(runPk);
                        break;
                    }
                    withoutRoom.add(runPk);
                }
            }
            List<RunIndex.Addition> additions =
                    indexes.stream().map(index -> index.prepare(reading.runs)).toList();
            Transaction.losable(connection, store.engine(), () -> {
                List<EndedRun> claimed = claim(connection, reading.runs);
                if (claimed.isEmpty()) {
                    return claimed;
                }
                for (RunIndex.Addition addition : additions) {
                    addition.write(connection, claimed);
                }
                return claimed;
            });
        }
        return withoutRoom;
    }

    /**
     * The runs of a transaction, with the memory that they take. Each has a share of its own, so that short runs find room while
     * large responses are sent.
     */
    private final class Reading implements AutoCloseable {

        private final boolean waits;
        private final Map<Long, Long> rowBytes;
        private final List<EndedRun> runs = new ArrayList<>();
        private final List<BudgetShare> shares = new ArrayList<>();
        private long taken;
        private long made;

        /** @param rowBytes how many bytes the texts of the runs' rows have, see {@link RunSizes} */
        Reading(boolean waits, Map<Long, Long> rowBytes) {
            this.waits = waits;
            this.rowBytes = rowBytes;
        }

        boolean goesOn() {
            return runs.size() < RUNS_AT_ONCE && taken < BYTES_AT_ONCE;
        }

        /** An index that cannot tell is asked to take the run all the same: it fails there alone. */
        private static long made(RunIndex index, EndedRun run) {
            try {
                return index.bytesMade(run);
            } catch (RuntimeException e) {
                return 0;
            }
        }

        /** Reads a run, unless it is gone; returns false if there is no room for it, or not beside the others. */
        boolean add(long runPk) throws SQLException {
            BudgetShare share = memory.answers().share();
            shares.add(share);
            try {
                take(share, rowBytes.getOrDefault(runPk, 0L));
                Optional<Run> found = QuarkusTransaction.requiringNew().call(() -> Run.findByIdOptional(runPk));
                if (found.isEmpty()) {
                    return true;
                }
                RunContents read = contents.contents(found.get(), bytes -> take(share, bytes));
                EndedRun run = new EndedRun(found.get(), read.requestBody(), read.parts());
                long bytes =
                        indexes.stream().mapToLong(index -> made(index, run)).sum();
                if (!runs.isEmpty() && made + bytes > BYTES_MADE_AT_ONCE) {
                    share.close();
                    return false;
                }
                if (bytes > BYTES_MADE_AT_ONCE) {
                    take(share, bytes);
                }
                made += bytes;
                runs.add(run);
                return true;
            } catch (ApiException e) {
                share.close();
                if (e.code() == ErrorCode.OVERLOADED) {
                    return false;
                }
                if (e.code() == ErrorCode.NOT_FOUND) {
                    // It was deleted while it was read.
                    return true;
                }
                throw e;
            }
        }

        /** Reads the row of a run alone, in the place of all that was to be read of it; nothing if it is gone. */
        void addRowAlone(long runPk) {
            close();
            BudgetShare share = memory.answers().share();
            shares.add(share);
            take(share, rowBytes.getOrDefault(runPk, 0L));
            Optional<Run> found = QuarkusTransaction.requiringNew().call(() -> Run.findByIdOptional(runPk));
            found.ifPresent(run -> runs.add(new EndedRun(run, null, List.of())));
        }

        private void take(BudgetShare share, long bytes) {
            if (waits) {
                share.takeBlocking(bytes);
            } else if (!share.tryTake(bytes)) {
                throw ByteBudget.overloaded();
            }
            taken += bytes;
        }

        @Override
        public void close() {
            shares.forEach(BudgetShare::close);
        }
    }

    /** Does a piece of what the indexes have left to do; returns whether there was any. */
    boolean tidy(Connection connection) throws SQLException {
        store.requireRoom();
        boolean done = false;
        for (RunIndex index : indexes) {
            done |= index.tidy(connection);
        }
        return done;
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

    /** Those of the runs that are to be indexed as they were read. */
    private List<EndedRun> claim(Connection connection, List<EndedRun> read) throws SQLException {
        List<EndedRun> runs = store.engine() == Engine.POSTGRESQL ? unlocked(connection, read) : read;
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

    private static List<EndedRun> unlocked(Connection connection, List<EndedRun> runs) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
            lock.setArray(
                    1, connection.createArrayOf("bigint", EndedRun.keys(runs).toArray()));
            List<Long> locked = keys(lock);
            return runs.stream().filter(run -> locked.contains(run.row().runPk)).toList();
        }
    }

    /**
     * Has each index take the run that can, and counts it as indexed: what one of them makes of the run must not keep it from the
     * others. If what the run brought cannot be read, they take its row alone.
     *
     * @param connection in auto-commit mode
     * @throws ApiException 503 if the database does not answer
     */
    void indexApart(Connection connection, long runPk) throws SQLException {
        store.requireRoom();
        try (Reading reading = new Reading(true, RunSizes.of(connection, List.of(runPk)))) {
            addWhatCanBeRead(reading, runPk);
            Map<RunIndex, RunIndex.Addition> additions = new LinkedHashMap<>();
            for (RunIndex index : indexes) {
                prepare(index, reading.runs).ifPresent(addition -> additions.put(index, addition));
            }
            Transaction.in(connection, () -> {
                List<EndedRun> claimed = claim(connection, reading.runs);
                if (!claimed.isEmpty()) {
                    for (Map.Entry<RunIndex, RunIndex.Addition> each : additions.entrySet()) {
                        add(connection, claimed, each.getKey(), each.getValue());
                    }
                }
                return claimed;
            });
        }
    }

    private static void addWhatCanBeRead(Reading reading, long runPk) throws SQLException {
        try {
            reading.add(runPk);
        } catch (SQLException e) {
            if (SqlFault.mayPass(e)) {
                throw e;
            }
            reading.addRowAlone(runPk);
        } catch (RuntimeException e) {
            if (StoreFailures.isOutage(e)) {
                throw e;
            }
            reading.addRowAlone(runPk);
        }
    }

    private static Optional<RunIndex.Addition> prepare(RunIndex index, List<EndedRun> runs) {
        try {
            return Optional.of(index.prepare(runs));
        } catch (RuntimeException e) {
            logRefusal(index, e);
            return Optional.empty();
        }
    }

    private static void add(Connection connection, List<EndedRun> runs, RunIndex index, RunIndex.Addition addition)
            throws SQLException {
        try {
            Transaction.partly(connection, () -> {
                addition.write(connection, runs);
                return runs;
            });
        } catch (SQLException | RuntimeException e) {
            if (e instanceof SQLException fault && SqlFault.isOfTheMoment(fault)) {
                throw e;
            }
            logRefusal(index, e);
        }
    }

    private static void logRefusal(RunIndex index, Exception why) {
        LOG.errorf("%s cannot take it: %s", index.getClass().getSimpleName(), SqlFault.named(why));
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
