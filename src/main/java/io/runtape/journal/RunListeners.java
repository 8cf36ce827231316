package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunTotals;
import io.runtape.server.loop.LoopTasks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of a run's commits, and how far the run is durable. A new listener learns in the same step from which
 * sequence on it is notified.
 *
 * <p>Safe for any thread: everything is guarded by this. The lock is never held during a call of a listener, and no
 * other lock is taken under it.
 */
final class RunListeners {

    private final Executor loop;
    private final List<CommitListener> listeners = new ArrayList<>();
    /** How many wait for the head. */
    private int expected;

    private RunTotals durable = RunTotals.NONE;
    private @Nullable RunEnd ended;
    private @Nullable Consumer<RunEnd> endCall;

    /** @param loop the event loop that the call for the end comes on */
    RunListeners(Executor loop) {
        this.loop = loop;
    }

    synchronized LiveRun.Subscribed subscribe(CommitListener listener) {
        if (ended == null) {
            listeners.add(listener);
        }
        return new LiveRun.Subscribed(durable.frames(), ended);
    }

    synchronized void unsubscribe(CommitListener listener) {
        listeners.remove(listener);
    }

    /** Someone waits for the run's head, and will listen then; or does so no longer. */
    synchronized void expect(boolean more) {
        expected += more ? 1 : -1;
    }

    synchronized boolean isHeard() {
        return !listeners.isEmpty() || expected > 0;
    }

    synchronized RunTotals durable() {
        return durable;
    }

    synchronized Optional<RunEnd> ended() {
        return Optional.ofNullable(ended);
    }

    /** Calls back once, on the loop, with the end; at once if it is durable already. */
    void whenEnded(Consumer<RunEnd> call) {
        @Nullable RunEnd already;
        synchronized (this) {
            already = ended;
            endCall = already == null ? call : null;
        }
        if (already != null) {
            RunEnd end = already;
            loop.execute(() -> call.accept(end));
        }
    }

    private @Nullable Consumer<RunEnd> takeEndCall() {
        Consumer<RunEnd> call = endCall;
        endCall = null;
        return call;
    }

    /**
     * This write is durable.
     *
     * @param told runs when the last listener has been notified; at once if there is none
     */
    void committed(RunWrite write, LoopTasks loopTasks, Runnable told) {
        List<CommitListener> hearing;
        @Nullable Consumer<RunEnd> call;
        FrameBlock frames = write.frames();
        RunEnd end = write.end() == null ? null : write.end().withoutOutcome();
        synchronized (this) {
            durable = write.totals();
            ended = end != null ? end : ended;
            call = end == null ? null : takeEndCall();
            hearing = frames == null && end == null ? List.of() : List.copyOf(listeners);
        }
        AtomicInteger untold = new AtomicInteger(hearing.size());
        for (CommitListener listener : hearing) {
            loopTasks.add(listener.loop(), () -> {
                try {
                    if (frames != null) {
                        listener.committed(frames);
                    }
                    if (end != null) {
                        listener.ended(end);
                    }
                } finally {
                    if (untold.decrementAndGet() == 0) {
                        told.run();
                    }
                }
            });
        }
        if (hearing.isEmpty()) {
            told.run();
        }
        if (end != null && call != null) {
            loopTasks.add(loop, () -> call.accept(end));
        }
    }

    /**
     * Cuts off all listeners: this gateway knows no more of the run. Only the run's own call gets the end. Another
     * gateway will end the run, so no reader gets an end here.
     */
    void lost(RunEnd end, LoopTasks loopTasks) {
        List<CommitListener> hearing;
        @Nullable Consumer<RunEnd> call;
        synchronized (this) {
            call = takeEndCall();
            hearing = List.copyOf(listeners);
        }
        for (CommitListener listener : hearing) {
            loopTasks.add(listener.loop(), listener::gone);
        }
        if (call != null) {
            loopTasks.add(loop, () -> call.accept(end));
        }
    }

    /** What the store will have of the end of a run that breaks off. */
    enum StoredEnd {
        /** None, so that this is the end for all. */
        NONE,
        /** The same. */
        SAME,
        /** The same, or another one that it took without an answer. */
        UNKNOWN
    }

    /** The run breaks off here, and all listeners are notified now. */
    void brokeOff(RunEnd end, StoredEnd stored, LoopTasks loopTasks) {
        List<CommitListener> hearing;
        @Nullable Consumer<RunEnd> call;
        synchronized (this) {
            ended = stored == StoredEnd.NONE ? end : ended;
            call = takeEndCall();
            hearing = List.copyOf(listeners);
        }
        for (CommitListener listener : hearing) {
            loopTasks.add(listener.loop(), () -> {
                if (stored == StoredEnd.NONE) {
                    listener.ended(end);
                } else {
                    listener.brokeOff(end, stored == StoredEnd.SAME);
                }
            });
        }
        if (call != null) {
            loopTasks.add(loop, () -> call.accept(end));
        }
    }
}
