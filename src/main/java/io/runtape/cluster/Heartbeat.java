package io.runtape.cluster;

import io.runtape.cluster.Announcement.Kind;
import io.runtape.cluster.Announcement.Word;
import io.runtape.cluster.Nodes.Other;
import io.runtape.journal.CommitAnnouncer;
import io.runtape.journal.Journal;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Shows that this gateway lives, announces its commits to the others, and finds dead gateways. It does so on a thread
 * and a connection of its own. So no commit waits for it, it waits for no lock of a commit, and it does not wait long
 * for a lock of an operator.
 */
final class Heartbeat implements CommitAnnouncer {

    private static final Logger LOG = Logger.getLogger(Heartbeat.class);

    /** The number of beats in a lease. */
    private static final int BEATS = 5;

    /**
     * The time between two announcements: few commits have to wait for it, and a notification costs about as much as a
     * commit.
     */
    private static final long ANNOUNCE_NANOS = Duration.ofMillis(5).toNanos();

    private final Store store;
    private final Journal journal;
    private final List<BeatTask> beatTasks;
    private final Duration lease;
    private final LeaseWatch watch;
    private final NodeReaper lost;
    private final Set<Word> words = ConcurrentHashMap.newKeySet();
    private final Thread thread = new Thread(this::live, "runtape-heartbeat");
    private volatile boolean others;
    private volatile boolean idle;
    private volatile boolean stopping;

    private @Nullable Connection connection;
    private boolean failing;
    private long lastBeat;
    private long lastAnnouncement;

    Heartbeat(Store store, Journal journal, List<BeatTask> beatTasks, Duration lease) {
        this.store = store;
        this.journal = journal;
        this.beatTasks = beatTasks;
        this.lease = lease;
        this.watch = new LeaseWatch(lease.toNanos());
        this.lost = new NodeReaper(store);
        thread.setDaemon(true);
    }

    void start() {
        words.add(Kind.BEGUN.of(journal.nodeId()));
        lastBeat = System.nanoTime() - beatNanos();
        lastAnnouncement = lastBeat;
        thread.start();
    }

    /** Ends; the others need not wait for the end of this gateway's lease. */
    void stop() {
        stopping = true;
        lost.stop();
        LockSupport.unpark(thread);
        try {
            thread.join(lease.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long beatNanos() {
        return lease.toNanos() / BEATS;
    }

    @Override
    public void written(long runPk, boolean ended) {
        say((ended ? Kind.ENDED : Kind.WRITTEN).of(runPk));
    }

    @Override
    public void joined(int threadHash) {
        say(Kind.JOINED.of(threadHash));
    }

    @Override
    public void cancelAsked(long runPk) {
        say(Kind.CANCEL.of(runPk));
    }

    @Override
    public boolean others() {
        return others;
    }

    private void say(Word word) {
        if (others && words.add(word) && idle) {
            LockSupport.unpark(thread);
        }
    }

    /** Another gateway has started: from now on announcements have a receiver. */
    void other() {
        others = true;
    }

    private void live() {
        while (!stopping) {
            try {
                beatWhereDue();
                announceWhereDue();
                failing = false;
            } catch (SQLException | RuntimeException e) {
                if (!failing) {
                    LOG.warnf("the heartbeat of this gateway cannot be written: %s", e.toString());
                }
                failing = true;
                disconnect();
                LockSupport.parkNanos(this, beatNanos() / 4);
            }
            rest();
        }
        leave();
    }

    private void rest() {
        long now = System.nanoTime();
        long nanos = beatNanos() - (now - lastBeat);
        idle = true;
        if (!words.isEmpty()) {
            nanos = Math.min(nanos, ANNOUNCE_NANOS - (now - lastAnnouncement));
            idle = false;
        }
        if (nanos > 0 && !stopping) {
            LockSupport.parkNanos(this, nanos);
        }
        idle = false;
    }

    private void beatWhereDue() throws SQLException {
        if (System.nanoTime() - lastBeat < beatNanos()) {
            return;
        }
        lastBeat = System.nanoTime();
        Nodes nodes = new Nodes(connection(), store.engine());
        if (!nodes.beat(journal.nodeId())) {
            stopping = true;
            journal.takenOver();
            return;
        }
        Map<Long, Other> all = nodes.others(journal.nodeId());
        List<Other> dead = watch.dead(all, System.nanoTime());
        others = all.size() > dead.size();
        lost.close(dead);
        for (BeatTask task : beatTasks) {
            task.afterBeat(connection(), store.engine());
        }
    }

    private void announceWhereDue() throws SQLException {
        if (words.isEmpty() || System.nanoTime() - lastAnnouncement < ANNOUNCE_NANOS) {
            return;
        }
        lastAnnouncement = System.nanoTime();
        Set<Word> taken = words.stream().collect(Collectors.toSet());
        words.removeAll(taken);
        try (PreparedStatement notify = connection().prepareStatement("select pg_notify(?, ?)")) {
            notify.setString(1, Announcement.channel(store.schema()));
            for (String payload : Announcement.payloads(journal.nodeId(), taken)) {
                notify.setString(2, payload);
                notify.executeQuery().close();
            }
        } catch (SQLException e) {
            words.addAll(taken);
            throw e;
        }
    }

    private Connection connection() throws SQLException {
        Connection open = connection;
        if (open == null) {
            // A host that vanishes sends nothing; the next beat must come before this gateway's lease is over.
            open = store.connect(lease.dividedBy(2));
            connection = open;
        }
        return open;
    }

    private void leave() {
        try {
            new Nodes(connection(), store.engine()).leave(journal.nodeId());
        } catch (SQLException e) {
            LOG.debugf("the heartbeat cannot be ended, the other gateways wait for its lease: %s", e.toString());
        }
        disconnect();
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                LOG.debugf("closing the heartbeat's connection failed: %s", e.toString());
            }
        }
    }
}
