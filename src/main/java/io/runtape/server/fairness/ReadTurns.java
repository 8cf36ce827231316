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
 * Gives out turns at the database to those that read recorded frames for a stream. A turn is one small read and what is made
 * of it, and lasts until the reader's event loop has come round after it: however many readers there are, a loop finds no more
 * than a few things to write for them before it goes on with live streams. Owners get them in turn, however many readers one has, and a reader asks
 * for one at a time. The turns have threads of their own: what reads much leaves processors to live streams, and workers and
 * connections to everybody else, also while the database does not answer. Safe for any thread.
 */
@Singleton
public final class ReadTurns {

    private static final int TURNS_LEAST = 4;
    private static final int TURNS_MOST = 8;

    /** Turns at once, two a processor: not a constant of the class, a native image would take the machine it was built on. */
    private final int turns = turnsAtOnce();

    /** Of them for one owner, while nobody else waits and while others do. */
    private final int turnsAlone = turns / 2;

    private final int turnsAmongOthers = turns / 4;

    private final ExecutorService threads;

    // All below is guarded by this.
    private final Map<String, Share> shares = new HashMap<>();
    /** Those that wait for a turn; who comes first gets the next one, and goes to the end. */
    private final Deque<Share> waiting = new ArrayDeque<>();

    private int taken;

    /** What one owner has of the turns. */
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

    /** What was read for a stream that nobody waits for any more is not finished: the threads are daemons. */
    @PreDestroy
    void stop() {
        // Not interrupted: that would close an embedded database's file.
        threads.shutdown();
    }

    /**
     * Has a read done when it is its owner's turn.
     *
     * @param owner whose frames are read
     * @param loop the reader's event loop; the turn is over when it has done what the read gave it to do
     * @param read may block; answers for its failures itself
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

    /** A read of one share, which waits, is under way, or is being handed to its loop. */
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
