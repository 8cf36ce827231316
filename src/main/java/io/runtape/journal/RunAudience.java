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
 * Who hears what of a run becomes durable, and how far that has come. Whoever begins to listen learns in the same moment from
 * where on it is told.
 *
 * <p>Safe for any thread: all is guarded by this. Nobody is called under the lock, and no other lock is taken.
 */
final class RunAudience {

    private final Executor loop;
    private final List<CommitListener> listeners = new ArrayList<>();
    private RunTotals durable = RunTotals.NONE;
    private @Nullable RunEnd ended;
    private @Nullable Consumer<RunEnd> endCall;

    /** @param loop that the call for the end comes on */
    RunAudience(Executor loop) {
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

    synchronized boolean isHeard() {
        return !listeners.isEmpty();
    }

    synchronized RunTotals durable() {
        return durable;
    }

    synchronized Optional<RunEnd> ended() {
        return Optional.ofNullable(ended);
    }

    /** Calls back once, on the loop, when the end is told; at once where it is durable. */
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
     * @param told runs when the last of those that listen has heard of it, at once where nobody does
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
     * No more can be told of the run: all that listen are cut off. The end is for the run's own call alone: it is others who will
     * end the run, so no reader is told of an end.
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

    /**
     * The run breaks off here, which all are told now.
     *
     * @param forGood whether no durable end will follow
     */
    void brokeOff(RunEnd end, boolean forGood, LoopTasks loopTasks) {
        List<CommitListener> hearing;
        @Nullable Consumer<RunEnd> call;
        synchronized (this) {
            ended = forGood ? end : ended;
            call = takeEndCall();
            hearing = List.copyOf(listeners);
        }
        for (CommitListener listener : hearing) {
            loopTasks.add(listener.loop(), () -> listener.ended(end));
        }
        if (call != null) {
            loopTasks.add(loop, () -> call.accept(end));
        }
    }
}
