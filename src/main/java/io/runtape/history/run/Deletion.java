package io.runtape.history.run;

import io.quarkus.arc.All;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.DeletionHook;
import io.runtape.journal.Journal;
import io.runtape.run.DefaultTitles;
import io.runtape.run.FrameDeletion;
import io.runtape.run.KeptTranscripts;
import io.runtape.run.RunName;
import io.runtape.run.RunStatus;
import io.runtape.run.ThreadAgents;
import io.runtape.run.ThreadTitle;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import io.runtape.store.StoreFailures;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Deletes runs with their frames, and threads with their runs, each with everything that belongs to it. A deletion is
 * durable when the method returns. Each transaction deletes one run, so that the commits of live runs never wait long.
 * Uses plain SQL, since it locks rows in a fixed order and the hooks share the connection. Blocks; safe for any thread.
 */
@Singleton
public final class Deletion {

    private static final Logger LOG = Logger.getLogger(Deletion.class);

    private static final String SELECT_RUN = "select status, owner, thread_id, substring(prompt, 1, "
            + ThreadTitle.PROMPT_CHARS + ") from run where run_pk = ? for update";

    private static final String SELECT_WITHOUT_PROMPT =
            "select status, owner, thread_id from run where run_pk = ? for update";

    static final String ALL_RUNS_OF_THREAD =
            "select run_pk from run where owner = ? and thread_id = ?" + EmptyThreads.IN_ORDER;

    static final String RUNS_OF_THREAD = ALL_RUNS_OF_THREAD + " limit ?";

    static final String RUNNING_OF_THREAD =
            "select 1 from run where owner = ? and thread_id = ? and status = 'running' limit 1";

    /** Runs of a thread that are deleted between two looks for further ones. */
    private static final int RUNS_AT_ONCE = 100;

    /** Keys of runs that PostgreSQL sends at once. */
    private static final int KEYS_AT_ONCE = 1000;

    /** How often a deletion is tried where others work on the same rows; on H2 each try waits two seconds for them. */
    private static final int TRIES = 5;

    private final DataSource database;
    private final Store store;
    private final Journal journal;
    private final EmptyThreads emptyThreads;
    private final List<DeletionHook> hooks;

    Deletion(
            DataSource database,
            Store store,
            Journal journal,
            EmptyThreads emptyThreads,
            @All List<DeletionHook> hooks) {
        this.database = database;
        this.store = store;
        this.journal = journal;
        this.emptyThreads = emptyThreads;
        this.hooks = hooks;
    }

    /**
     * Deletes a run, and leaves its thread also where that has no other.
     *
     * @throws ApiException 409 if the run has not ended; 404 if it is already gone
     */
    void ofRun(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            boolean there = readable(
                    read -> Transaction.in(connection, () -> deleteRun(connection, runPk, read, emptyThreads::forget)));
            if (!there) {
                throw ApiException.notFound("run");
            }
            store.makeDurable(connection);
        }
    }

    /**
     * Deletes a thread. If another caller deletes the thread at the same time, both calls succeed.
     *
     * @throws ApiException 409 if one of its runs has not ended; if that run began meanwhile, the ended runs are
     *     already gone; 500 if some of its runs cannot be deleted, and all of the others are
     */
    public void ofThread(Owner owner, String threadId) throws SQLException {
        try (Connection connection = database.getConnection()) {
            requireEnded(connection, owner, threadId);
        }
        Set<Long> left = new HashSet<>();
        boolean done = false;
        while (!done) {
            // For some runs only: others wait for a connection, and a thread may have thousands of runs.
            try (Connection connection = database.getConnection()) {
                done = deleteSome(connection, owner, threadId, left);
                if (done) {
                    store.makeDurable(connection);
                }
            }
        }
        requireNoneLeft(left);
    }

    /**
     * Deletes the runs that a thread has now, all of which have ended, and the thread if no other joins it meanwhile. The caller
     * sees to it that this is durable.
     *
     * @param connection in auto-commit mode
     * @param isWanted asked once its runs are known; nothing is deleted otherwise
     * @param pause called after each run; may rest
     * @return false if the thread stays: it is not wanted, or one of its runs goes on, and nothing is deleted; or another run has joined
     *     it meanwhile
     * @throws ApiException 500 if some of its runs cannot be deleted, and all of the others are
     */
    public boolean ofEndedThread(
            Connection connection, Owner owner, String threadId, BooleanSupplier isWanted, Runnable pause)
            throws SQLException {
        try {
            long[] runs = allRuns(connection, owner, threadId);
            requireEnded(connection, owner, threadId);
            if (!isWanted.getAsBoolean()) {
                return false;
            }
            Set<Long> left = new HashSet<>();
            for (long runPk : runs) {
                deleteReadable(connection, runPk, left);
                pause.run();
            }
            requireNoneLeft(left);
            return deleteEmptyThread(connection, owner, threadId);
        } catch (ApiException e) {
            requireGoesOn(e);
            return false;
        }
    }

    /** Throws any other error than that of a run that goes on. */
    private static void requireGoesOn(ApiException e) {
        if (e.code() != ErrorCode.RUN_ACTIVE) {
            throw e;
        }
    }

    private static void requireEnded(Connection connection, Owner owner, String threadId) throws SQLException {
        if (EmptyThreads.exists(connection, RUNNING_OF_THREAD, owner, threadId)) {
            throw ApiException.runActive();
        }
    }

    private static void requireNoneLeft(Set<Long> left) {
        if (!left.isEmpty()) {
            throw ApiException.of(
                    ErrorCode.INTERNAL_ERROR,
                    left.size()
                            + " of the runs of the thread cannot be deleted: the database cannot read what it has of them, and the"
                            + " log names them. All others are deleted.");
        }
    }

    /**
     * Deletes the next runs of a thread, or the thread once it has none.
     *
     * @param left gets the runs that cannot be deleted, whatever is tried again; they keep none of the others
     * @return whether nothing is left to delete
     */
    private boolean deleteSome(Connection connection, Owner owner, String threadId, Set<Long> left)
            throws SQLException {
        List<Long> runs = runs(connection, owner, threadId, RUNS_AT_ONCE + left.size());
        runs.removeAll(left);
        for (long runPk : runs) {
            deleteReadable(connection, runPk, left);
        }
        return runs.isEmpty() && (!left.isEmpty() || deleteEmptyThread(connection, owner, threadId));
    }

    /** Deletes a run of a thread, or adds it to those that cannot be deleted. */
    private void deleteReadable(Connection connection, long runPk, Set<Long> left) throws SQLException {
        try {
            readable(read -> Transaction.in(connection, () -> deleteRows(connection, runPk, read)));
        } catch (SQLException | RuntimeException e) {
            if (!StoreFailures.staysWithTheRow(e)) {
                throw e;
            }
            LOG.errorf(e, "%s cannot be deleted, and stays", RunName.of(connection, runPk));
            left.add(runPk);
        }
    }

    /**
     * Deletes a run that has ended, and its thread if that has no other run. The caller sees to it that this is durable.
     *
     * @param connection in auto-commit mode
     * @return false if the run goes on, or is deleted already
     */
    public boolean ofEndedRun(Connection connection, long runPk) throws SQLException {
        return outcome(read ->
                        Transaction.in(connection, () -> deleteRun(connection, runPk, read, emptyThreads::delete)))
                == Outcome.DELETED;
    }

    /** What came of the deletion of a run. */
    public enum Outcome {
        DELETED,
        /** It was deleted before. */
        GONE,
        GOES_ON
    }

    /**
     * The same of a run that has been kept long enough. On PostgreSQL the commit does not wait for the disk: what is lost
     * with the server is deleted again.
     */
    public Outcome ofExpiredRun(Connection connection, long runPk) throws SQLException {
        return outcome(read -> Transaction.losable(
                connection, store.engine(), () -> deleteRun(connection, runPk, read, emptyThreads::delete)));
    }

    /** @param deletion returns false if the run is gone already */
    private static Outcome outcome(OfRun<Boolean> deletion) throws SQLException {
        try {
            return readable(deletion) ? Outcome.DELETED : Outcome.GONE;
        } catch (ApiException e) {
            requireGoesOn(e);
            return Outcome.GOES_ON;
        }
    }

    /** What becomes of the thread of a deleted run. */
    @FunctionalInterface
    private interface OfThread {
        void act(Connection connection, Owner owner, String threadId) throws SQLException;
    }

    /**
     * The statements of that, in one transaction: nobody would come back for a thread that was left empty. Returns false if the run is
     * gone already.
     */
    private boolean deleteRun(Connection connection, long runPk, boolean readsPrompt, OfThread thread)
            throws SQLException {
        Optional<Place> place = deleteRows(connection, runPk, readsPrompt);
        if (place.isPresent()) {
            thread.act(connection, new Owner(place.get().owner), place.get().threadId);
        }
        return place.isPresent();
    }

    /** The thread of a run. */
    private record Place(String owner, String threadId) {}

    /** A transaction that deletes a run. */
    @FunctionalInterface
    private interface OfRun<T> {
        T delete(boolean readsPrompt) throws SQLException;
    }

    /** A run whose prompt the database cannot read must not stay for ever: it is tried again without. */
    private static <T> T readable(OfRun<T> deletion) throws SQLException {
        try {
            return tried(() -> deletion.delete(true));
        } catch (SQLException e) {
            if (!SqlFault.isOfTheRow(e)) {
                throw e;
            }
            return tried(() -> deletion.delete(false));
        }
    }

    /** Tries a transaction again that another one is in the way of: one that packs or indexes the run, which soon ends. */
    private static <T> T tried(Transaction.Statements<T> transaction) throws SQLException {
        for (int left = TRIES - 1; ; left--) {
            try {
                return transaction.run();
            } catch (SQLException e) {
                if (left == 0 || !SqlFault.isOfTheMoment(e)) {
                    throw e;
                }
            }
        }
    }

    /** The statements of that, in a transaction, which then holds the thread's row. */
    private Optional<Place> deleteRows(Connection connection, long runPk, boolean readsPrompt) throws SQLException {
        String owner;
        String threadId;
        @Nullable String prompt;
        try (PreparedStatement select = connection.prepareStatement(readsPrompt ? SELECT_RUN : SELECT_WITHOUT_PROMPT)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                if (row.getString(1).equals(RunStatus.RUNNING.label()) || isLive(runPk)) {
                    throw ApiException.runActive();
                }
                owner = row.getString(2);
                threadId = row.getString(3);
                prompt = readsPrompt ? row.getString(4) : null;
            }
        }
        // It must not use up what commits need, or recording would stop; unless that has stopped already.
        FrameDeletion.Room room = store.hasRoom() ? store::requireRoom : store::requireRoomToDelete;
        // First, since they may be a gigabyte, and what the hooks lock are others' rows too, such as sums.
        new FrameDeletion(connection, store.engine(), room).of(runPk);
        KeptTranscripts.delete(connection, runPk);
        for (DeletionHook hook : hooks) {
            hook.beforeRun(connection, runPk);
        }
        delete(connection, "delete from run where run_pk = ?", runPk);
        // The last statements, since commits of the thread's runs wait from here on.
        if (readsPrompt) {
            DefaultTitles.forget(connection, owner, threadId, prompt);
        } else {
            DefaultTitles.forgetUnread(connection, owner, threadId);
        }
        ThreadAgents.forget(connection, owner, threadId);
        return Optional.of(new Place(owner, threadId));
    }

    /** Whether the run's end is not durable yet, although its row may already have it. */
    private boolean isLive(long runPk) {
        return journal.unended(runPk).isPresent();
    }

    private static void delete(Connection connection, String sql, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
    }

    /** The keys of all runs of a thread; in a transaction, since PostgreSQL would send them all at once otherwise. */
    private static long[] allRuns(Connection connection, Owner owner, String threadId) throws SQLException {
        return Transaction.in(connection, () -> {
            LongStream.Builder runs = LongStream.builder();
            try (PreparedStatement select = connection.prepareStatement(ALL_RUNS_OF_THREAD)) {
                select.setFetchSize(KEYS_AT_ONCE);
                select.setString(1, owner.id());
                select.setString(2, threadId);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        runs.add(row.getLong(1));
                    }
                }
            }
            return runs.build().toArray();
        });
    }

    private static List<Long> runs(Connection connection, Owner owner, String threadId, int limit) throws SQLException {
        List<Long> runs = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(RUNS_OF_THREAD)) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            select.setInt(3, limit);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    runs.add(row.getLong(1));
                }
            }
        }
        return runs;
    }

    /** Returns false if a run joined the thread meanwhile. */
    private boolean deleteEmptyThread(Connection connection, Owner owner, String threadId) throws SQLException {
        return tried(() -> Transaction.in(connection, () -> emptyThreads.delete(connection, owner, threadId)));
    }
}
