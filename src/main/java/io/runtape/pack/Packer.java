package io.runtape.pack;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.journal.Journal;
import io.runtape.pack.RestedWalk.Rested;
import io.runtape.run.RunName;
import io.runtape.store.BackgroundWorker;
import io.runtape.store.Engine;
import io.runtape.store.Failing;
import io.runtape.store.Pace;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Packs the runs that have rested since their end, in the background. All gateways of a database do so; each run is packed
 * by one of them. On PostgreSQL it also goes on to the next partition of the table of blocks now and then, and drops those
 * whose runs are packed.
 */
@ApplicationScoped
final class Packer {

    private static final Logger LOG = Logger.getLogger(Packer.class);

    private static final int RUNS_AT_ONCE = 100;

    /** What the thread takes of a processor at most; PostgreSQL's session takes 1.8 times as much, so both take half of one. */
    private static final double PROCESSOR_SHARE = 0.18;

    /** How often it looks for rested runs at least, and at most. */
    private static final Duration LOOK_MIN = Duration.ofMillis(50);

    private static final Duration LOOK_MAX = Duration.ofSeconds(10);

    private final PackConfig config;
    private final Store store;
    private final Journal journal;
    private final PackMetrics metrics;
    private volatile @Nullable BackgroundWorker worker;

    Packer(PackConfig config, Store store, Journal journal, PackMetrics metrics) {
        this.config = config;
        this.store = store;
        this.journal = journal;
        this.metrics = metrics;
    }

    void start(@Observes @Priority(Journal.STARTS_AT + 100) StartupEvent event) {
        Optional<Duration> rest = config.packAfter();
        if (rest.isPresent() || store.engine() == Engine.POSTGRESQL) {
            Duration look = rest.map(time -> BackgroundWorker.within(LOOK_MIN, LOOK_MAX, time.dividedBy(10)))
                    .orElse(LOOK_MAX);
            BackgroundWorker packing = new BackgroundWorker("packing", store, look, pace(), new Rounds(rest)::round);
            worker = packing;
            packing.start();
        }
    }

    void stop(@Observes @Priority(Journal.STOPS_AT) ShutdownEvent event) {
        BackgroundWorker packing = worker;
        if (packing != null) {
            packing.stop();
        }
    }

    /** The embedded database works on the thread itself. */
    private Pace pace() {
        return store.engine() == Engine.POSTGRESQL ? Pace.ofProcessor(PROCESSOR_SHARE) : Pace.ofHalfTheTime();
    }

    /** The rounds of packing. Confined to the worker's thread. */
    private final class Rounds {

        /** Null if nothing is packed. */
        private final @Nullable RestedWalk walk;

        private final PartitionKeeper partitions;
        private final Set<Long> unpackable = new HashSet<>();
        private final Failing<Long> failing = new Failing<>();

        /** What a run of this round has failed with, in a way that may pass; null if none has. */
        private @Nullable SQLException failure;

        Rounds(Optional<Duration> rest) {
            this.walk = rest.map(time -> new RestedWalk(time, InstantSource.system()))
                    .orElse(null);
            this.partitions = new PartitionKeeper(journal, PartitionKeeper.SETTLES, rest.map(PartitionKeeper::age));
        }

        private boolean round(Connection connection, BackgroundWorker worker) throws SQLException {
            lookAtPartitions(connection);
            return walk != null && packRested(connection, worker, walk);
        }

        private void lookAtPartitions(Connection connection) throws SQLException {
            if (store.engine() == Engine.POSTGRESQL) {
                partitions.look(connection);
            }
        }

        private boolean packRested(Connection connection, BackgroundWorker worker, RestedWalk rested)
                throws SQLException {
            RunPacking packing = new RunPacking(connection, store.engine(), store::requireRoom, worker::pauseLocked);
            int limit = RUNS_AT_ONCE + unpackable.size() + failing.count();
            List<Rested> runs = rested.next(connection, limit);
            boolean packed = false;
            failure = null;
            for (Rested run : runs) {
                if (worker.isStopping()) {
                    return false;
                }
                packed |= isPackable(run.runPk()) && pack(packing, connection, run.runPk());
                // A hundred long runs take minutes, in which many others may begin.
                lookAtPartitions(connection);
                worker.pause();
            }
            if (packed) {
                store.makeDurable(connection);
            }
            SQLException why = failure;
            if (why != null) {
                // The next round comes to the same runs again, after a rest.
                throw why;
            }
            rested.took(runs, runs.size() < limit);
            return packed && runs.size() >= RUNS_AT_ONCE;
        }

        private boolean isPackable(long runPk) {
            return !unpackable.contains(runPk)
                    && !failing.isPassedOver(runPk)
                    && journal.unended(runPk).isEmpty();
        }

        private boolean pack(RunPacking packing, Connection connection, long runPk) throws SQLException {
            try {
                packing.pack(runPk).ifPresent(metrics::packed);
                return true;
            } catch (SQLException e) {
                if (SqlFault.isOfTheRow(e)) {
                    return leave(connection, runPk, e);
                }
                if (store.isOfAll(e)) {
                    throw e;
                }
                if (failing.failsAgain(runPk)) {
                    LOG.errorf("packing %s fails again, and rests for an hour: %s", RunName.of(store, runPk), e);
                    metrics.failed();
                }
                if (!BackgroundWorker.isUsable(connection)) {
                    throw e;
                }
                failure = e;
                return false;
            } catch (RuntimeException e) {
                return leave(connection, runPk, e);
            }
        }

        /** The others are packed all the same. */
        private boolean leave(Connection connection, long runPk, Exception why) {
            LOG.errorf("%s cannot be packed and stays as it is: %s", RunName.of(connection, runPk), why.toString());
            unpackable.add(runPk);
            metrics.failed();
            return false;
        }
    }
}
