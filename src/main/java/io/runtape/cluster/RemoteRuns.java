package io.runtape.cluster;

import io.runtape.journal.Deliveries;
import io.runtape.journal.LiveRun;
import io.runtape.rows.FrameBlock;
import io.runtape.rows.RemoteCommits;
import io.runtape.rows.RemoteCommits.Ended;
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
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows the runs of other gateways that somebody reads here. One thread reads what notifications name, of all runs in one
 * statement; what got lost is found by looking at all of them now and then. Safe for any thread.
 */
@Singleton
public final class RemoteRuns {

    private static final Logger LOG = Logger.getLogger(RemoteRuns.class);

    /** How often all runs are looked at while notifications come, in case one got lost. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** The same while none can come. */
    private static final Duration LOOK_UNTOLD = Duration.ofMillis(100);

    private static final Duration RETRY = Duration.ofMillis(500);

    private final RemoteCommits commits;
    private final Map<Long, RemoteRun> runs = new ConcurrentHashMap<>();
    private final Set<Long> written = ConcurrentHashMap.newKeySet();
    private final Set<Long> ended = ConcurrentHashMap.newKeySet();
    private final Deliveries deliveries = new Deliveries();
    private volatile boolean toldOfCommits;
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;
    private boolean failing;

    RemoteRuns(RemoteCommits commits) {
        this.commits = commits;
    }

    /** Begins to follow. */
    void start() {
        Thread follower = new Thread(this::followAll, "runtape-follower");
        follower.setDaemon(true);
        thread = follower;
        follower.start();
    }

    void stop() {
        stopping = true;
        wake();
    }

    /**
     * A run that another gateway records, or recorded until a moment ago. Blocks while it looks how far the run is.
     *
     * @return empty where no other gateway can be
     */
    public Optional<LiveRun> run(long runPk, String id) throws SQLException {
        if (thread == null) {
            return Optional.empty();
        }
        long last = commits.last(runPk);
        RemoteRun run = runs.computeIfAbsent(runPk, pk -> new RemoteRun(pk, id, last, this));
        run.wanted(last);
        return Optional.of(run);
    }

    /** Somebody begins to read the run. Its end may have been announced before anybody here wanted to know. */
    void begin(RemoteRun run) {
        RemoteRun followed = runs.putIfAbsent(run.pk(), run);
        if (followed != null && followed != run) {
            // It was forgotten between its being found and its being read, and has been found anew.
            run.gone();
            return;
        }
        ended.add(run.pk());
        more(run);
    }

    /** All readers have heard of what was read: there may be more by now. */
    void more(RemoteRun run) {
        written.add(run.pk());
        wake();
    }

    /** Another gateway says that it wrote frames of this run. */
    void written(long runPk) {
        if (runs.containsKey(runPk)) {
            written.add(runPk);
        }
    }

    /** Another gateway says that this run has ended. */
    void ended(long runPk) {
        if (runs.containsKey(runPk)) {
            written.add(runPk);
            ended.add(runPk);
        }
    }

    /** Whether other gateways' notifications come. Where they come again, some may have been missed. */
    void toldOfCommits(boolean now) {
        toldOfCommits = now;
        lookAtAll();
        wake();
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    private void lookAtAll() {
        runs.values().removeIf(run -> !run.isWanted());
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
                    LOG.warnf("runs of other gateways cannot be followed: %s", e.toString());
                }
                failing = true;
                lookAtAll();
                LockSupport.parkNanos(this, RETRY.toNanos());
            }
        }
    }

    /** Ends first: a row that tells the end is written with the last frames, so that those are there to be read then. */
    private void follow() throws SQLException {
        List<Long> asked = take(ended);
        commits.ended(asked).forEach(this::ending);
        Map<Long, Long> positions = new HashMap<>();
        for (Long pk : take(written)) {
            RemoteRun run = runs.get(pk);
            // What is being told calls again.
            if (run != null && run.isReadable()) {
                positions.put(pk, run.durableSequence());
            }
        }
        Map<Long, FrameBlock> blocks = commits.after(positions);
        blocks.forEach((pk, frames) -> {
            RemoteRun run = runs.get(pk);
            if (run != null) {
                run.read(frames, deliveries);
            }
        });
        deliveries.dispatch();
    }

    private void ending(Long pk, Optional<Ended> row) {
        RemoteRun run = runs.get(pk);
        if (run == null) {
            return;
        }
        if (row.isPresent()) {
            run.ending(row.get(), deliveries);
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
