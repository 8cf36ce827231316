package io.runtape.server.fairness;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Gives turns at the database to readers of recorded frames. A turn is one small read and its rendering, and lasts
 * until the reader's event loop has come round after it. So however many readers there are, a loop has only a few
 * pieces to write for them before it goes on with live streams. Owners get turns one after the other, however many
 * readers one has, and a reader asks for one turn at a time. The turns have threads of their own: large reads leave
 * processors to live streams, and workers and connections to all others, also while the database does not answer. Safe
 * for any thread.
 */
@Singleton
public final class ReadTurns {

    private static final int TURNS_LEAST = 4;
    private static final int TURNS_MOST = 8;

    /**
     * Concurrent turns, two for each processor. Not a constant: a native image would take the build machine's value.
     */
    private final int turns = turnsAtOnce();

    /** How many of them one owner may have while no other waits, and while others do. */
    private final int turnsAlone = turns / 2;

    private final int turnsAmongOthers = turns / 4;

    private final ExecutorService threads;

    // All below is guarded by this.
    private final Map<String, Share> shares = new HashMap<>();
    /** The owners that wait for a turn: the first one gets the next turn and goes to the end. */
    private final Deque<Share> waiting = new ArrayDeque<>();

    private int taken;

    /** One owner's turns. */
    private static final class Share {
        private final String owner;
        private final Deque<Turn> reads = new ArrayDeque<>();
        private int taken;

        Share(String owner) {
            this.owner = owner;
        }
    }

    @Inject
    ReadTurns() {
        this(Executors.newFixedThreadPool(turnsAtOnce(), task -> {
            Thread thread = new Thread(task, "runtape-reader");
            thread.setDaemon(true);
            return thread;
        }));
    }

    /** @param threads do the reads, never more at once than there are turns */
    public ReadTurns(ExecutorService threads) {
        this.threads = threads;
    }

    private static int turnsAtOnce() {
        return Math.max(
                TURNS_LEAST, Math.min(TURNS_MOST, 2 * Runtime.getRuntime().availableProcessors()));
    }

    /** Does not finish reads for streams without a reader: the threads are daemons. */
    @PreDestroy
    void stop() {
        // No interrupt: it would close the file of an embedded database.
        threads.shutdown();
    }

    /**
     * Does a read when it is its owner's turn.
     *
     * @param owner whose frames are read
     * @param loop the reader's event loop; the turn is over when the loop has done the tasks that the read gave it
     * @param read may block; handles its own failures
     */
    public void take(String owner, Executor loop, Runnable read) {
        synchronized (this) {
            Share share = shares.computeIfAbsent(owner, Share::new);
            if (share.reads.isEmpty()) {
                waiting.add(share);
            }
            share.reads.add(new Turn(share, loop, read));
        }
        giveOut();
    }

    private void giveOut() {
        for (Turn next = next(); next != null; next = next()) {
            threads.execute(next);
        }
    }

    private synchronized @Nullable Turn next() {
        if (taken == turns || threads.isShutdown()) {
            return null;
        }
        int each = waiting.size() > 1 ? turnsAmongOthers : turnsAlone;
        for (int looked = waiting.size(); looked > 0; looked--) {
            Share share = waiting.remove();
            if (share.taken >= each) {
                waiting.add(share);
                continue;
            }
            Turn turn = share.reads.remove();
            if (!share.reads.isEmpty()) {
                waiting.add(share);
            }
            share.taken++;
            taken++;
            return turn;
        }
        return null;
    }

    private void over(Share share) {
        synchronized (this) {
            taken--;
            share.taken--;
            if (share.taken == 0 && share.reads.isEmpty()) {
                shares.remove(share.owner);
            }
        }
        giveOut();
    }

    /** A read of one share: waiting, under way, or on its way to the loop. */
    private final class Turn implements Runnable {
        private final Share share;
        private final Executor loop;
        private final Runnable read;

        Turn(Share share, Executor loop, Runnable read) {
            this.share = share;
            this.loop = loop;
            this.read = read;
        }

        @Override
        public void run() {
            try {
                read.run();
            } finally {
                endOnLoop();
            }
        }

        private void endOnLoop() {
            try {
                loop.execute(() -> over(share));
            } catch (RejectedExecutionException e) {
                // The gateway stops.
                over(share);
            }
        }
    }
}
