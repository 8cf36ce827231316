package io.runtape.cluster;

import io.runtape.cluster.RemoteCommits.Ended;
import io.runtape.journal.CommitListener;
import io.runtape.journal.LiveRun;
import io.runtape.run.FrameBlock;
import io.runtape.server.loop.LoopTasks;
import io.runtape.store.SqlFault;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows the runs of other gateways that have readers at this one. One thread reads the runs that notifications name,
 * all in one statement, and now and then checks all followed runs, since a notification may get lost. Safe for any
 * thread.
 */
@Singleton
public final class RemoteRuns {

    private static final Logger LOG = Logger.getLogger(RemoteRuns.class);

    /** How often all runs are checked while notifications come, in case one got lost. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** The same while no notifications can come. */
    private static final Duration LOOK_UNTOLD = Duration.ofMillis(100);

    private static final Duration RETRY = Duration.ofMillis(500);

    /** How long a run without readers is kept. */
    private static final Duration KEPT = Duration.ofMinutes(1);

    private final RemoteCommits commits;
    private final AnnouncedReaders shown;
    private final Duration kept;
    private final ThreadFactory threads;
    private final Map<Long, RemoteRun> runs = new ConcurrentHashMap<>();
    private final Set<Long> written = ConcurrentHashMap.newKeySet();
    private final Set<Long> ended = ConcurrentHashMap.newKeySet();
    private final LoopTasks loopTasks = new LoopTasks();
    private volatile boolean toldOfCommits;
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;
    private boolean failing;

    @Inject
    RemoteRuns(RemoteCommits commits, RunFollowers followers) {
        this(commits, followers, KEPT);
    }

    RemoteRuns(RemoteCommits commits, RunFollowers followers, Duration kept) {
        this(commits, followers, kept, Thread::new);
    }

    /** @param threads makes the threads that follow and show, which are not started before {@link #start} */
    RemoteRuns(RemoteCommits commits, RunFollowers followers, Duration kept, ThreadFactory threads) {
        this.commits = commits;
        this.shown = new AnnouncedReaders(followers, threads);
        this.kept = kept;
        this.threads = threads;
    }

    /** Starts to follow runs, in the name of this gateway. */
    void start(long nodeId) {
        shown.start(nodeId);
        Thread follower = threads.newThread(this::followAll);
        follower.setName("runtape-follower");
        follower.setDaemon(true);
        thread = follower;
        follower.start();
    }

    void stop() {
        stopping = true;
        wake();
        shown.stop();
    }

    /**
     * A run that another gateway records, or recorded until a moment ago, for a reader that is about to read it. Blocks
     * while it looks up how far the run is, and until the run's own gateway can see that it has a reader here.
     *
     * @return empty if no other gateway can exist
     */
    public Optional<LiveRun> run(long runPk, String id) throws SQLException {
        if (thread == null) {
            return Optional.empty();
        }
        long last = commits.last(runPk);
        RemoteRun run = runs.compute(runPk, (pk, followed) -> {
            RemoteRun wanted = followed == null ? new RemoteRun(pk, id, last, this) : followed;
            wanted.wanted(last);
            return wanted;
        });
        shown.expect(run);
        return Optional.of(run);
    }

    /**
     * A reader's subscription to a run.
     *
     * @param to the followed run
     * @param subscribed the reader's position
     */
    record Subscription(RemoteRun to, LiveRun.Subscribed subscribed) {}

    /**
     * A reader begins to read the run that it found. If the run has been forgotten meanwhile, it is followed again, or
     * the object that took its place is; in one step, so that the run is not forgotten at this moment. The run's end
     * may have been announced before this gateway followed it.
     */
    Subscription subscribe(RemoteRun found, CommitListener listener) {
        Subscription[] begun = new Subscription[1];
        RemoteRun run = runs.compute(found.pk(), (pk, followed) -> {
            RemoteRun to = followed == null ? found : followed;
            begun[0] = new Subscription(to, to.add(listener));
            return to;
        });
        ended.add(run.pk());
        more(run);
        shown.changed(run);
        return begun[0];
    }

    /** Shows what has changed of who reads here, once. */
    void show() throws SQLException {
        shown.showChanged();
    }

    /** The run has fewer readers here than before, or none. */
    void readersChanged(RemoteRun run) {
        shown.changed(run);
    }

    /** All readers have been notified of the frames read so far; there may be more by now. */
    void more(RemoteRun run) {
        written.add(run.pk());
        wake();
    }

    /** Another gateway announces that it wrote frames of this run. */
    void written(long runPk) {
        if (runs.containsKey(runPk)) {
            written.add(runPk);
        }
    }

    /** Another gateway announces that this run has ended. */
    void ended(long runPk) {
        if (runs.containsKey(runPk)) {
            written.add(runPk);
            ended.add(runPk);
        }
    }

    /** Notes whether other gateways' notifications come. When they come again, some may have been missed. */
    void toldOfCommits(boolean now) {
        toldOfCommits = now;
        lookAtAll();
        wake();
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    private void lookAtAll() {
        for (RemoteRun run : runs.values()) {
            if (run.readers() != run.shown().readers()) {
                shown.changed(run);
            }
            runs.computeIfPresent(run.pk(), (pk, followed) -> followed.isWanted(kept) ? followed : null);
        }
        written.addAll(runs.keySet());
        ended.addAll(runs.keySet());
    }

    private void followAll() {
        long looked = System.nanoTime();
        while (!stopping) {
            long every = (toldOfCommits ? LOOK : LOOK_UNTOLD).toNanos();
            if (System.nanoTime() - looked >= every) {
                looked = System.nanoTime();
                lookAtAll();
            }
            if (written.isEmpty() && ended.isEmpty()) {
                LockSupport.parkNanos(this, every);
                continue;
            }
            try {
                follow();
                failing = false;
            } catch (SQLException | RuntimeException e) {
                if (!failing) {
                    LOG.warnf("runs of other gateways cannot be read, their readers wait: %s", e.toString());
                }
                failing = true;
                lookAtAll();
                LockSupport.parkNanos(this, RETRY.toNanos());
            }
        }
    }

    /**
     * Looks for ends first: one transaction writes the end and the last frames, so those frames can be read afterwards.
     */
    void follow() throws SQLException {
        try {
            commits.ended(take(ended)).forEach(this::ending);
            read(unread());
        } finally {
            // A run is read no further before its listeners have been told.
            loopTasks.dispatch();
        }
    }

    /** The positions of the marked runs that may be read now. */
    private Map<Long, Long> unread() {
        Map<Long, Long> positions = new HashMap<>();
        for (Long pk : take(written)) {
            RemoteRun run = runs.get(pk);
            // A run that is just notifying its listeners calls again.
            if (run != null && run.isReadable()) {
                positions.put(pk, run.readSequence());
            }
        }
        return positions;
    }

    /**
     * Reads all at once; each by itself where one of them cannot be read, so that the others go on. Those that a full read has left
     * out stay marked.
     */
    private void read(Map<Long, Long> positions) throws SQLException {
        try {
            RemoteCommits.NextFrames next = commits.after(positions);
            next.blocks().forEach(this::tell);
            if (next.isFull()) {
                positions.keySet().stream()
                        .filter(pk -> !next.blocks().containsKey(pk))
                        .forEach(written::add);
            }
        } catch (SQLException e) {
            if (!SqlFault.isOfTheRow(e)) {
                throw e;
            }
            for (Map.Entry<Long, Long> position : positions.entrySet()) {
                readAlone(position.getKey(), position.getValue());
            }
        }
    }

    private void readAlone(long pk, long position) throws SQLException {
        try {
            commits.after(Map.of(pk, position)).blocks().forEach(this::tell);
        } catch (SQLException e) {
            if (!SqlFault.isOfTheRow(e)) {
                throw e;
            }
            RemoteRun run = runs.get(pk);
            if (run != null) {
                LOG.warnf("frames of run %s cannot be read, its readers are cut off: %s", run.id(), SqlFault.named(e));
                run.gone();
            }
        }
    }

    private void tell(Long pk, FrameBlock frames) {
        RemoteRun run = runs.get(pk);
        if (run != null) {
            run.read(frames, loopTasks);
        }
    }

    private void ending(Long pk, Optional<Ended> row) {
        RemoteRun run = runs.get(pk);
        if (run == null) {
            return;
        }
        if (row.isPresent()) {
            run.ending(row.get(), loopTasks);
        } else {
            run.gone();
        }
    }

    private static List<Long> take(Set<Long> marked) {
        List<Long> taken = new ArrayList<>(marked);
        marked.removeAll(taken);
        return taken;
    }
}
