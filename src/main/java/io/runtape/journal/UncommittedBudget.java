package io.runtape.journal;

import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * How many bytes of all runs together may wait for their commit, and which runs do not read their source until there is
 * room again. Safe for any thread, without a lock: a run that waits checks once more after it has registered.
 */
final class UncommittedBudget {

    /**
     * Bytes of finished frames of all runs, with their overhead, that may wait for their commit or on the way to
     * readers: an eighth of the heap, 64 MiB at most. Not a constant: a native image would take the heap of the build
     * machine.
     */
    private final long uncommittedMax = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    private final JournalMetrics metrics;
    private final AtomicLong uncommitted = new AtomicLong();
    private final Set<RunJournal> waiting = ConcurrentHashMap.newKeySet();

    UncommittedBudget(JournalMetrics metrics) {
        this.metrics = metrics;
        metrics.gauge(
                "runtape.uncommitted.bytes",
                "Bytes of frames that wait for their commit or are on the way to readers",
                uncommitted::get);
        metrics.gauge(
                "runtape.upstreams.paused",
                "Runs whose agent API is not read because too much waits for its commit",
                waiting::size);
    }

    /** @param weight what the frame takes in memory: its bytes and its overhead */
    void appended(int bytes, int weight) {
        metrics.received(bytes);
        uncommitted.addAndGet(weight);
    }

    /** Returns whether this made room for all runs; then call {@link #made}. */
    boolean settled(long weight) {
        long left = uncommitted.addAndGet(-weight);
        return left < uncommittedMax / 2 && left + weight >= uncommittedMax / 2;
    }

    /** Calls the run if it waits for room, and all waiting runs if there is room for all again. */
    void made(RunJournal run, boolean forAll) {
        if (waiting.isEmpty()) {
            return;
        }
        if (forAll) {
            callThoseWithRoom(Executor::execute);
        } else {
            callIfRoom(run);
        }
    }

    boolean isFull() {
        return uncommitted.get() >= uncommittedMax;
    }

    private boolean isHalfFree() {
        return uncommitted.get() < uncommittedMax / 2;
    }

    /** Keeps the run's call until there is room; the commit that makes room may already be over. */
    void callWhenFree(RunJournal run) {
        waiting.add(run);
        callIfRoom(run);
    }

    private void callIfRoom(RunJournal run) {
        Runnable call = run.takeRoomCall(isHalfFree());
        if (call != null) {
            waiting.remove(run);
            run.loop().execute(call);
        }
    }

    /** Calls all that have room now. */
    void callThoseWithRoom(BiConsumer<Executor, Runnable> caller) {
        if (waiting.isEmpty()) {
            return;
        }
        boolean forAll = isHalfFree();
        for (Iterator<RunJournal> runs = waiting.iterator(); runs.hasNext(); ) {
            RunJournal run = runs.next();
            Runnable call = run.takeRoomCall(forAll);
            if (call != null) {
                runs.remove();
                caller.accept(run.loop(), call);
            }
        }
    }
}
