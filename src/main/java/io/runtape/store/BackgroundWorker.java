package io.runtape.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Work on the database beside the live runs: one thread with a connection of its own, which works at a pace.
 * Safe for any thread.
 */
public final class BackgroundWorker {

    private static final Logger LOG = Logger.getLogger(BackgroundWorker.class);

    /**
     * How long a statement may take before its connection counts as lost. Longer than people lock a table for: a statement
     * that waits for a lock goes on at the server when its connection is given up.
     */
    private static final Duration ANSWER_WITHIN = Duration.ofMinutes(5);

    private static final Duration AGAIN_AFTER = Duration.ofSeconds(5);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(5);

    /** How long a connection may take to show that it is there. */
    private static final int USABLE_WITHIN_SECONDS = 5;

    /** One round of the work. */
    @FunctionalInterface
    public interface Round {
        /**
         * Does what is due. Calls {@link #pause} after each piece, and returns when it finds {@link #isStopping}.
         *
         * @param connection the worker's, in auto-commit mode
         * @param worker the worker itself
         * @return whether there may be more to do at once
         * @throws SQLException if the database does not answer, or refuses; another round begins with another connection
         */
        boolean work(Connection connection, BackgroundWorker worker) throws SQLException;
    }

    private final String what;
    private final Store store;
    private final Duration look;
    private final Round round;
    private final Pace pace;
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;

    /**
     * @param what what is done, for the log and as the thread's name, such as {@code packing}
     * @param look how long it rests after a round that left nothing to do
     * @param pace how much of the time, or of a processor, it takes; its own
     */
    public BackgroundWorker(String what, Store store, Duration look, Pace pace, Round round) {
        this.what = what;
        this.store = store;
        this.look = look;
        this.pace = pace;
        this.round = round;
    }

    /** A time, but not outside of these bounds. */
    public static Duration within(Duration min, Duration max, Duration time) {
        return time.compareTo(min) < 0 ? min : time.compareTo(max) > 0 ? max : time;
    }

    /** Starts the thread; call it once. */
    public void start() {
        Thread worker = new Thread(this::workOn, "runtape-" + what);
        worker.setDaemon(true);
        thread = worker;
        worker.start();
    }

    /** Ends after the piece of work that is under way; waits for that, but not long. */
    public void stop() {
        stopping = true;
        Thread worker = thread;
        if (worker != null) {
            LockSupport.unpark(worker);
            try {
                worker.join(STOPS_WITHIN.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether the worker is to end: a round that sees it returns. */
    public boolean isStopping() {
        return stopping;
    }

    /** Rests as its pace is, for live runs. Only for the round's own thread. */
    public void pause() {
        if (!stopping) {
            pace.rest();
        }
    }

    /** The same for work that holds a lock: most of a long rest comes with the next pause. */
    public void pauseLocked() {
        if (!stopping) {
            pace.restLocked();
        }
    }

    /**
     * Whether a round may go on after a fault: the database still answers over its connection, whose transaction was rolled back. If
     * not, the fault ends the round.
     */
    public static boolean isUsable(Connection connection) throws SQLException {
        return connection.isValid(USABLE_WITHIN_SECONDS);
    }

    private void workOn() {
        boolean failing = false;
        while (!stopping) {
            try (Connection connection = store.connect(ANSWER_WITHIN)) {
                while (!stopping) {
                    pace.begin();
                    boolean more = round.work(connection, this);
                    failing = false;
                    if (!more && !stopping) {
                        LockSupport.parkNanos(this, look.toNanos());
                    }
                }
            } catch (SQLException | RuntimeException | StackOverflowError | LinkageError | AssertionError e) {
                // Whatever it meets: what it does in the background must not end for good. A used-up heap ends the
                // process.
                if (!failing && !stopping) {
                    LOG.warnf("%s is not possible at present: %s", what, e.toString());
                }
                failing = true;
                if (!stopping) {
                    LockSupport.parkNanos(this, AGAIN_AFTER.toNanos());
                }
            }
        }
    }
}
