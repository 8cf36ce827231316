package io.runtape.cluster;

import io.runtape.journal.CommitListener;
import io.runtape.journal.Deliveries;
import io.runtape.journal.LiveRun;
import io.runtape.rows.FrameBlock;
import io.runtape.rows.RemoteCommits.Ended;
import io.runtape.rows.RunEnd;
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

    /** How long a run that nobody reads is kept: far longer than it takes from finding it to reading it. */
    private static final Duration KEPT = Duration.ofMinutes(1);

    private final long pk;
    private final String id;
    private final RemoteRuns runs;

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
        Subscribed subscribed;
        synchronized (this) {
            if (ended == null) {
                listeners.add(listener);
            }
            subscribed = new Subscribed(durable, ended);
        }
        runs.begin(this);
        return subscribed;
    }

    @Override
    public synchronized void unsubscribe(CommitListener listener) {
        listeners.remove(listener);
    }

    /** Whether somebody reads it, or may be about to. */
    synchronized boolean isWanted() {
        return !listeners.isEmpty() || System.nanoTime() - lastWanted < KEPT.toNanos();
    }

    /** Whether more of it is to be read now. */
    synchronized boolean isReadable() {
        return !listeners.isEmpty() && !telling;
    }

    /** The frames that follow have been read; the listeners are told, and then more is asked for. */
    synchronized void read(FrameBlock frames, Deliveries deliveries) {
        durable = frames.last();
        tell(deliveries, listener -> listener.committed(frames));
        tellEnd(deliveries);
    }

    /** The run's row says that it has ended; its listeners hear of it after its last frame. */
    synchronized void ending(Ended row, Deliveries deliveries) {
        ending = row;
        tellEnd(deliveries);
    }

    private void tellEnd(Deliveries deliveries) {
        Ended row = ending;
        if (row != null && ended == null && durable >= row.lastSequence()) {
            ended = row.how();
            for (CommitListener listener : listeners) {
                deliveries.add(listener.loop(), () -> listener.ended(row.how()));
            }
            listeners.clear();
        }
    }

    /** Its row is gone, or nobody follows it any more. */
    synchronized void gone() {
        for (CommitListener listener : listeners) {
            listener.loop().execute(listener::gone);
        }
        listeners.clear();
    }

    private void tell(Deliveries deliveries, Consumer<CommitListener> news) {
        List<CommitListener> told = List.copyOf(listeners);
        if (told.isEmpty()) {
            return;
        }
        telling = true;
        AtomicInteger untold = new AtomicInteger(told.size());
        for (CommitListener listener : told) {
            deliveries.add(listener.loop(), () -> {
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
