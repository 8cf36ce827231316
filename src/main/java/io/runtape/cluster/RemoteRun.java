package io.runtape.cluster;

import io.runtape.cluster.AnnouncedReaders.Shown;
import io.runtape.cluster.RemoteCommits.Ended;
import io.runtape.cluster.RunFollowers.Readers;
import io.runtape.journal.CommitListener;
import io.runtape.journal.LiveRun;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.server.loop.LoopTasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A run that another gateway records, followed through the database on behalf of all that read it here: its frames are read
 * once, however many readers there are. No more is read before all of them have heard of what was, so slow event loops cost
 * no memory. Safe for any thread.
 */
final class RemoteRun implements LiveRun {

    /** How long a reader is expected who has found the run: far longer than it takes from finding it to reading it. */
    private static final Duration EXPECTED = Duration.ofSeconds(10);

    private final long pk;
    private final String id;
    private final RemoteRuns runs;
    private final Shown shown = new Shown();
    /** The one that is followed, where that is another one. */
    private volatile RemoteRun followed = this;

    // All below is guarded by this.
    private final List<CommitListener> listeners = new ArrayList<>();
    private long durable;
    private boolean telling;
    private long lastWanted = System.nanoTime();
    private @Nullable Ended ending;
    private @Nullable RunEnd ended;

    /**
     * @param durable the sequence of the last frame that was seen
     * @param runs reads what follows when it is asked to
     */
    RemoteRun(long pk, String id, long durable, RemoteRuns runs) {
        this.pk = pk;
        this.id = id;
        this.durable = durable;
        this.runs = runs;
    }

    @Override
    public long pk() {
        return pk;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public synchronized long durableSequence() {
        return durable;
    }

    /** Somebody is about to read it, who found it to be this far; while somebody listens, reading moves on by itself. */
    synchronized void wanted(long sequence) {
        lastWanted = System.nanoTime();
        if (listeners.isEmpty() && !telling) {
            durable = Math.max(durable, sequence);
        }
    }

    @Override
    public Subscribed subscribe(CommitListener listener) {
        RemoteRuns.Subscription begun = runs.subscribe(this, listener);
        followed = begun.to();
        return begun.subscribed();
    }

    synchronized Subscribed add(CommitListener listener) {
        if (ended == null) {
            listeners.add(listener);
        }
        return new Subscribed(durable, ended);
    }

    @Override
    public void unsubscribe(CommitListener listener) {
        followed.remove(listener);
    }

    private void remove(CommitListener listener) {
        synchronized (this) {
            listeners.remove(listener);
        }
        runs.readersChanged(this);
    }

    /** Whether somebody reads it, or was about to within that time. */
    synchronized boolean isWanted(Duration kept) {
        return !listeners.isEmpty() || wantedWithin(kept);
    }

    private boolean wantedWithin(Duration time) {
        return System.nanoTime() - lastWanted < time.toNanos();
    }

    /** Who reads it here. */
    synchronized Readers readers() {
        if (!listeners.isEmpty()) {
            return Readers.READING;
        }
        return ended == null && wantedWithin(EXPECTED) ? Readers.EXPECTED : Readers.NOBODY;
    }

    /** Who reads it here, as other gateways see it. */
    Shown shown() {
        return shown;
    }

    /** Whether more of it is to be read now. */
    synchronized boolean isReadable() {
        return !listeners.isEmpty() && !telling;
    }

    /** The frames that follow have been read; the listeners are told, and then more is asked for. */
    synchronized void read(FrameBlock frames, LoopTasks loopTasks) {
        durable = frames.last();
        tell(loopTasks, listener -> listener.committed(frames));
        tellEnd(loopTasks);
    }

    /** The run's row says that it has ended; its listeners hear of it after its last frame. */
    synchronized void ending(Ended row, LoopTasks loopTasks) {
        ending = row;
        tellEnd(loopTasks);
    }

    private void tellEnd(LoopTasks loopTasks) {
        Ended row = ending;
        if (row != null && ended == null && durable >= row.lastSequence()) {
            ended = row.how();
            for (CommitListener listener : listeners) {
                loopTasks.add(listener.loop(), () -> listener.ended(row.how()));
            }
            listeners.clear();
            runs.readersChanged(this);
        }
    }

    /** Its row is gone, or nobody follows it any more. */
    void gone() {
        synchronized (this) {
            for (CommitListener listener : listeners) {
                listener.loop().execute(listener::gone);
            }
            listeners.clear();
        }
        runs.readersChanged(this);
    }

    private void tell(LoopTasks loopTasks, Consumer<CommitListener> news) {
        List<CommitListener> told = List.copyOf(listeners);
        if (told.isEmpty()) {
            return;
        }
        telling = true;
        AtomicInteger untold = new AtomicInteger(told.size());
        for (CommitListener listener : told) {
            loopTasks.add(listener.loop(), () -> {
                try {
                    news.accept(listener);
                } finally {
                    if (untold.decrementAndGet() == 0) {
                        told();
                    }
                }
            });
        }
    }

    private void told() {
        synchronized (this) {
            telling = false;
        }
        runs.more(this);
    }
}
