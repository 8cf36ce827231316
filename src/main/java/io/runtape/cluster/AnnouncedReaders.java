package io.runtape.cluster;

import io.runtape.cluster.RunFollowers.Readers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Shows other gateways which of their runs have readers here, so that they do not cancel a run that is read. A new
 * reader is shown before it gets anything. A separate thread shows later changes, many runs at once, so that frames of
 * other runs need not wait. Safe for any thread.
 */
final class AnnouncedReaders {

    private static final Logger LOG = Logger.getLogger(AnnouncedReaders.class);

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final RunFollowers followers;
    private final ThreadFactory threads;
    private final Set<RemoteRun> changed = ConcurrentHashMap.newKeySet();
    private volatile long nodeId;
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;
    private boolean failing;

    /** @param threads makes the thread that shows, which is not started before {@link #start} */
    AnnouncedReaders(RunFollowers followers, ThreadFactory threads) {
        this.followers = followers;
        this.threads = threads;
    }

    /** Starts to show readers, in the name of this gateway. */
    void start(long ofNode) {
        nodeId = ofNode;
        Thread showing = threads.newThread(this::showAll);
        showing.setName("runtape-shown-readers");
        showing.setDaemon(true);
        thread = showing;
        showing.start();
    }

    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
    }

    /**
     * A caller has found the run and is about to read it. When this returns, the run's gateway can see that. Blocks.
     */
    void expect(RemoteRun run) throws SQLException {
        run.shown().lock();
        try {
            if (run.shown().readers() == Readers.NOBODY) {
                followers.expect(run.pk(), nodeId);
                run.shown().are(Readers.EXPECTED);
            }
        } finally {
            run.shown().unlock();
        }
    }

    /** The run's readers may differ from the shown ones. */
    void changed(RemoteRun run) {
        if (changed.add(run)) {
            LockSupport.unpark(thread);
        }
    }

    private void showAll() {
        while (!stopping) {
            if (changed.isEmpty()) {
                LockSupport.park(this);
                continue;
            }
            try {
                showChanged();
                failing = false;
            } catch (SQLException | RuntimeException e) {
                if (!failing) {
                    LOG.warnf("readers at this gateway cannot be shown to the other gateways: %s", e.toString());
                }
                failing = true;
                LockSupport.parkNanos(this, RETRY.toNanos());
            }
        }
    }

    /** What could not be shown is shown the next time. */
    void showChanged() throws SQLException {
        List<RemoteRun> taken = new ArrayList<>(changed);
        taken.forEach(changed::remove);
        boolean done = false;
        try {
            show(taken);
            done = true;
        } finally {
            if (!done) {
                changed.addAll(taken);
            }
        }
    }

    private void show(List<RemoteRun> taken) throws SQLException {
        Map<Readers, List<RemoteRun>> news = new EnumMap<>(Readers.class);
        List<RemoteRun> locked = new ArrayList<>();
        try {
            for (RemoteRun run : taken) {
                run.shown().lock();
                locked.add(run);
                Readers now = run.readers();
                if (now != run.shown().readers()) {
                    news.computeIfAbsent(now, n -> new ArrayList<>()).add(run);
                }
            }
            for (Map.Entry<Readers, List<RemoteRun>> each : news.entrySet()) {
                followers.say(
                        nodeId, each.getValue().stream().map(RemoteRun::pk).toList(), each.getKey());
                each.getValue().forEach(run -> run.shown().are(each.getKey()));
            }
        } finally {
            locked.forEach(run -> run.shown().unlock());
        }
    }

    /**
     * The shown state of a run's readers. Changes only under its own lock, which is held during the write to the
     * database.
     */
    static final class Shown extends ReentrantLock {
        private static final long serialVersionUID = 1L;

        private volatile Readers readers = Readers.NOBODY;

        Readers readers() {
            return readers;
        }

        void are(Readers now) {
            readers = now;
        }
    }
}
