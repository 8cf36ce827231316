package io.runtape.pack;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.journal.Journal;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Packs the runs that have rested since their end, on a thread of its own that works at most half of the time. All
 * gateways of a database do so; each run is packed by one of them. On PostgreSQL it also goes on to the next partition of
 * the table of blocks now and then, and drops those whose runs are packed.
 */
@ApplicationScoped
final class Packer {

    private static final Logger LOG = Logger.getLogger(Packer.class);

    private static final int RUNS_AT_ONCE = 100;

    /** How often it looks for rested runs at least, and at most. */
    private static final Duration LOOK_MIN = Duration.ofMillis(50);

    private static final Duration LOOK_MAX = Duration.ofSeconds(10);

    /** How long a statement may take before its connection counts as lost. */
    private static final Duration ANSWER_WITHIN = Duration.ofMinutes(1);

    private static final Duration STOPS_WITHIN = Duration.ofSeconds(5);

    private final PackConfig config;
    private final Store store;
    private final Journal journal;
    private final PackMetrics metrics;
    private final Set<Long> unpackable = new HashSet<>();
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;
    private long workingSince;

    Packer(PackConfig config, Store store, Journal journal, PackMetrics metrics) {
        this.config = config;
        this.store = store;
        this.journal = journal;
        this.metrics = metrics;
    }

    void start(@Observes @Priority(Journal.STARTS_AT + 100) StartupEvent event) {
        config.packAfter().ifPresent(rest -> {
            Thread packer = new Thread(() -> packOn(rest), "runtape-packer");
            packer.setDaemon(true);
            thread = packer;
            packer.start();
        });
    }

    void stop(@Observes @Priority(Journal.STOPS_AT) ShutdownEvent event) {
        stopping = true;
        Thread packer = thread;
        if (packer != null) {
            LockSupport.unpark(packer);
            try {
                packer.join(STOPS_WITHIN.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void packOn(Duration rest) {
        Duration look = clamped(rest.dividedBy(10));
        PartitionKeeper partitions = new PartitionKeeper(journal, rest);
        boolean failing = false;
        while (!stopping) {
            try (Connection connection = store.connect(ANSWER_WITHIN)) {
                failing = false;
                while (!stopping) {
                    if (store.engine() == Engine.POSTGRESQL) {
                        partitions.look(connection);
                    }
                    boolean more = packRested(connection, rest);
                    if (!more) {
                        LockSupport.parkNanos(this, look.toNanos());
                    }
                }
            } catch (SQLException | RuntimeException e) {
                if (!failing && !stopping) {
                    LOG.warnf("runs cannot be packed at present: %s", e.toString());
                }
                failing = true;
                LockSupport.parkNanos(this, LOOK_MAX.toNanos());
            }
        }
    }

    private static Duration clamped(Duration look) {
        return look.compareTo(LOOK_MIN) < 0 ? LOOK_MIN : look.compareTo(LOOK_MAX) > 0 ? LOOK_MAX : look;
    }

    /** Packs the next runs; returns whether there may be more. */
    private boolean packRested(Connection connection, Duration rest) throws SQLException {
        RunPacking packing = new RunPacking(connection, store.engine(), this::pause);
        workingSince = System.nanoTime();
        List<Long> runs = packing.rested(Instant.now().minus(rest), RUNS_AT_ONCE + unpackable.size());
        boolean packed = false;
        for (long runPk : runs) {
            if (stopping) {
                return false;
            }
            packed |= !unpackable.contains(runPk) && journal.unended(runPk).isEmpty() && pack(packing, runPk);
            pause();
        }
        if (packed && store.engine() == Engine.H2) {
            store.makeDurable(connection);
        }
        return packed && runs.size() >= RUNS_AT_ONCE;
    }

    private boolean pack(RunPacking packing, long runPk) throws SQLException {
        try {
            packing.pack(runPk).ifPresent(metrics::packed);
            return true;
        } catch (UnpackableRunException e) {
            LOG.errorf("the run with the key %d cannot be packed and stays as it is: %s", runPk, e.getMessage());
            unpackable.add(runPk);
            metrics.failed();
            return false;
        }
    }

    /** Rests as long as it has worked, so that live runs have at least the other half of a processor. */
    private void pause() {
        long worked = System.nanoTime() - workingSince;
        if (!stopping) {
            LockSupport.parkNanos(this, worked);
        }
        workingSince = System.nanoTime();
    }
}
