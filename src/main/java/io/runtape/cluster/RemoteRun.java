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
 * A run of another gateway, which this gateway follows through the database for all of its readers. Each frame is read
 * once, no matter how many readers the run has. The next frames are read only after all readers have got the previous
 * ones, so slow event loops cost no memory. Safe for any thread.
 */
final class RemoteRun implements LiveRun {

    /** How long to expect a reader that has found the run: far longer than the time from finding it to reading it. */
    private static final Duration EXPECTED = Duration.ofSeconds(10);

    private final long pk;
    private final String id;
    private final RemoteRuns runs;
    private final Shown shown = new Shown();
    /** The object that this gateway follows for this run: this one, or another one for the same run. */
    private volatile RemoteRun followed = this;

    // All fields below are guarded by this.
    private final List<CommitListener> listeners = new ArrayList<>();
    private long durable;
    /** The sequence of the last frame that is known to be there; its readers at this gateway may not have it yet. */
    private long known;

    private boolean telling;
    private long lastWanted = System.nanoTime();
    private @Nullable Ended ending;
    private @Nullable RunEnd ended;

    /**
     * @param durable the sequence of the last frame that was seen
     * @param runs reads the next frames on request
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

    /** At least the sequence that a reader has found: the run's own gateway may have shown it that one. */
    @Override
    public synchronized long durableSequence() {
        return Math.max(durable, known);
    }

    /** The sequence of the last frame that was read for the run's readers. */
    synchronized long readSequence() {
        return durable;
    }

    /**
     * A reader that has found the run at this sequence is about to read it. While the run has listeners, the reading
     * sets the sequence after which it goes on.
     */
    synchronized void wanted(long sequence) {
        lastWanted = System.nanoTime();
        known = Math.max(known, sequence);
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

    /** Whether the run has a reader, or was about to get one within this time. */
    synchronized boolean isWanted(Duration kept) {
        return !listeners.isEmpty() || wantedWithin(kept);
    }

    private boolean wantedWithin(Duration time) {
        return System.nanoTime() - lastWanted < time.toNanos();
    }

    /** Its readers at this gateway. */
    synchronized Readers readers() {
        if (!listeners.isEmpty()) {
            return Readers.READING;
        }
        return ended == null && wantedWithin(EXPECTED) ? Readers.EXPECTED : Readers.NOBODY;
    }

    /** Its readers at this gateway, as other gateways see them. */
    Shown shown() {
        return shown;
    }

    /** Whether to read more of the run now. */
    synchronized boolean isReadable() {
        return !listeners.isEmpty() && !telling;
    }

    /** The next frames have been read: notifies the listeners, and then asks for more. */
    synchronized void read(FrameBlock frames, LoopTasks loopTasks) {
        durable = frames.last();
        tell(loopTasks, listener -> listener.committed(frames));
        tellEnd(loopTasks);
    }

    /** The run's row has its end; the listeners get it after the last frame. */
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

    /** The run's row is gone, or this gateway no longer follows the run. */
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
