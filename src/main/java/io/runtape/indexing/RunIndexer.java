package io.runtape.indexing;

import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.ListFilter;
import io.runtape.history.RestOfDeletion;
import io.runtape.journal.Journal;
import io.runtape.run.RunName;
import io.runtape.store.BackgroundWorker;
import io.runtape.store.Failing;
import io.runtape.store.Pace;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import io.runtape.store.StoreFailures;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Indexes the runs that have ended, in the background and over one connection: those of this gateway and of gateways that are gone
 * at once, and all others that no gateway has indexed some seconds later. All
 * gateways of a database do so; each run is indexed by one of them.
 */
@ApplicationScoped
final class RunIndexer {

    private static final Logger LOG = Logger.getLogger(RunIndexer.class);

    /** Runs of one look, for gateways to choose from. */
    private static final int RUNS_OF_A_LOOK = 3 * RunIndexing.RUNS_AT_ONCE;

    /** How often it asks whether runs have ended at this gateway, which costs next to nothing. */
    private static final Duration LOOK = Duration.ofMillis(100);

    /** How often it tries a run again. */
    private static final Duration PASS_OVER = Duration.ofSeconds(1);

    /** So many runs are passed over by a look, at the most. */
    private static final int PASSED_OVER_MAX = 500;

    /** How often one that there was no room for waits in line for it. */
    private static final Duration WAIT_EVERY = Duration.ofSeconds(30);

    /** How often it looks into the database for other runs. */
    private static final Duration LOOK_FOR_OTHERS = Duration.ofSeconds(1);

    /** How long runs of other gateways are left to those. */
    private static final Duration OTHERS_AFTER = Duration.ofSeconds(10);

    /** A run that ended later than so far from now is one of the future: the clocks of gateways differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

    /** How often indexes and deletions get to what they have left to do while runs keep coming. */
    private static final Duration TIDY_EVERY = Duration.ofSeconds(10);

    /** For how long they do so then. */
    private static final Duration TIDY_FOR = Duration.ofSeconds(1);

    /** How much of the time it works while there is something to index: what it takes of a processor, live runs do not have. */
    private static final double SHARE = 1.0 / 3;

    /** How often it tries to index a run that cannot be indexed. */
    private static final int ATTEMPTS = 3;

    private final Store store;
    private final Journal journal;
    private final RunIndexing indexing;
    private final List<RestOfDeletion> deletions;
    private volatile @Nullable BackgroundWorker worker;

    RunIndexer(Store store, Journal journal, RunIndexing indexing, @All List<RestOfDeletion> deletions) {
        this.store = store;
        this.journal = journal;
        this.indexing = indexing;
        this.deletions = deletions;
    }

    void start(@Observes @Priority(Journal.STARTS_AT + 100) StartupEvent event) {
        BackgroundWorker indexer =
                new BackgroundWorker("indexing", store, LOOK, Pace.ofTime(SHARE), new Rounds()::round);
        worker = indexer;
        indexer.start();
    }

    void stop(@Observes @Priority(Journal.STOPS_AT) ShutdownEvent event) {
        BackgroundWorker indexer = worker;
        if (indexer != null) {
            indexer.stop();
        }
    }

    /** The rounds of indexing: a look at what is to be indexed, and a transaction. Confined to the worker's thread. */
    private final class Rounds {

        /** How often runs have failed for what is in them. */
        private final Map<Long, Integer> failures = new HashMap<>();

        /** Runs at which the database has failed in a way that may pass. */
        private final Failing<Long> failing = new Failing<>();

        /** What a run of this round has failed with, in a way that may pass; null if none has. */
        private @Nullable SQLException failure;

        /**
         * Runs that it has tried lately. One that is still to be indexed could not be, or is locked, or found no room in memory: the
         * others do not wait for it.
         */
        private final Set<Long> passedOver = new HashSet<>();

        /** Those that there was no room for. */
        private final Set<Long> withoutRoom = new LinkedHashSet<>();

        private long endedBefore;
        private long lookedAt = System.nanoTime() - LOOK_FOR_OTHERS.toNanos();
        private long passedOverAt = System.nanoTime();
        private long tidiedAt = System.nanoTime();
        private long waitedAt = System.nanoTime();

        /** Whether the last round left something to do. */
        private boolean more;

        private boolean round(Connection connection, BackgroundWorker worker) throws SQLException {
            long ended = journal.endedRuns();
            if (!more && ended == endedBefore && !isPast(lookedAt, LOOK_FOR_OTHERS)) {
                return false;
            }
            lookedAt = System.nanoTime();
            more = false;
            failure = null;
            if (isPast(passedOverAt, PASS_OVER)) {
                passedOverAt = System.nanoTime();
                passedOver.clear();
                withoutRoom.clear();
            }
            List<Long> runs = toIndex(connection, ended > endedBefore);
            if (!runs.isEmpty()) {
                if (!index(connection, next(runs, ended - endedBefore), worker)) {
                    return false;
                }
                worker.pause();
            }
            endedBefore = ended;
            if (!waitForRoom(connection, worker)) {
                return false;
            }
            boolean tidied = runs.isEmpty()
                    ? tidy(connection, worker, Duration.ZERO)
                    : isPast(tidiedAt, TIDY_EVERY) && tidy(connection, worker, TIDY_FOR);
            more = !runs.isEmpty() || tidied;
            SQLException why = failure;
            if (why != null) {
                // The run is tried again after a rest, and over another connection.
                throw why;
            }
            return more;
        }

        private static boolean isPast(long nanos, Duration time) {
            return System.nanoTime() - nanos >= time.toNanos();
        }

        /**
         * The next runs, the newest first. An archive may have runs of the future: they come when there are no others, or they
         * would always come first.
         */
        private List<Long> toIndex(Connection connection, boolean ownFirst) throws SQLException {
            List<Long> ended = toIndex(connection, Instant.now().plus(CLOCKS_DIFFER), ownFirst);
            return ended.isEmpty() ? toIndex(connection, ListFilter.LATEST, ownFirst) : ended;
        }

        /** On H2 a run's row has the end a moment before it is durable. */
        private List<Long> toIndex(Connection connection, Instant until, boolean ownFirst) throws SQLException {
            int limit = RUNS_OF_A_LOOK + Math.min(passedOver.size(), PASSED_OVER_MAX) + failing.count();
            return indexing.unindexed(connection, until, Instant.now().minus(OTHERS_AFTER), ownFirst, limit).stream()
                    .filter(run -> !passedOver.contains(run)
                            && !failing.isPassedOver(run)
                            && journal.unended(run).isEmpty())
                    .toList();
        }

        /**
         * Runs for one transaction, in the order of their keys. Those that have ended here since the last look come first, and by
         * themselves: who looks for a run mostly looks for a recent one. Of all others, gateways with the same runs before them make
         * the same groups, and seldom take the same one.
         */
        private static List<Long> next(List<Long> runs, long endedSince) {
            if (endedSince > 0) {
                return runs.stream()
                        .limit(Math.min(endedSince, RunIndexing.RUNS_AT_ONCE))
                        .sorted()
                        .toList();
            }
            List<Long> sorted = runs.stream().sorted().toList();
            int groups = (sorted.size() - 1) / RunIndexing.RUNS_AT_ONCE + 1;
            int from = ThreadLocalRandom.current().nextInt(groups) * RunIndexing.RUNS_AT_ONCE;
            return sorted.subList(from, Math.min(from + RunIndexing.RUNS_AT_ONCE, sorted.size()));
        }

        /** Does pieces of what indexes and deletions have left to do, one at the least; returns whether there may be more. */
        private boolean tidy(Connection connection, BackgroundWorker worker, Duration atLeastFor) throws SQLException {
            try {
                tidiedAt = System.nanoTime();
                boolean done;
                do {
                    done = indexing.tidy(connection);
                    for (RestOfDeletion deletion : deletions) {
                        done |= deletion.goOn(connection);
                    }
                    worker.pause();
                } while (done && !worker.isStopping() && !isPast(tidiedAt, atLeastFor));
                return done;
            } catch (SQLException e) {
                if (SqlFault.isOfTheMoment(e)) {
                    return false;
                }
                throw e;
            }
        }

        /** Has one of the runs that there was no room for wait in line for it, now and then: the others wait as long. */
        private boolean waitForRoom(Connection connection, BackgroundWorker worker) throws SQLException {
            if (withoutRoom.isEmpty() || !isPast(waitedAt, WAIT_EVERY)) {
                return true;
            }
            long first = withoutRoom.iterator().next();
            boolean goesOn = index(connection, new ArrayDeque<>(List.of(first)), worker, true);
            waitedAt = System.nanoTime();
            worker.pause();
            return goesOn;
        }

        /**
         * Indexes the next of some runs; returns false if nothing can be indexed at present. Where one of them has failed, each is by itself:
         * that one may break the connection.
         */
        private boolean index(Connection connection, List<Long> runs, BackgroundWorker worker) throws SQLException {
            return runs.stream().anyMatch(failing::hasFailed)
                    ? indexApart(connection, runs, worker)
                    : index(connection, new ArrayDeque<>(runs), worker, false);
        }

        /**
         * The same.
         *
         * @param waits whether they wait for room in memory
         */
        private boolean index(Connection connection, Deque<Long> keys, BackgroundWorker worker, boolean waits)
                throws SQLException {
            List<Long> before = List.copyOf(keys);
            try {
                withoutRoom.addAll(indexing.index(connection, keys, waits));
                List<Long> tried = taken(before, keys);
                passedOver.addAll(tried);
                failures.keySet().removeAll(tried);
                return true;
            } catch (SQLException | RuntimeException e) {
                List<Long> taken = taken(before, keys);
                return goesOnBehind(connection, taken.isEmpty() ? before : taken, e, worker);
            }
        }

        private static List<Long> taken(List<Long> before, Deque<Long> left) {
            return before.subList(0, before.size() - left.size());
        }

        /** What one run is to blame for holds up none of the others; a fault of the whole database ends the round. */
        private boolean goesOnBehind(Connection connection, List<Long> tried, Exception why, BackgroundWorker worker)
                throws SQLException {
            SQLException fault = SqlFault.behind(why);
            if (isOfAll(why)) {
                leaveForNow(tried, why);
                return false;
            }
            if (fault != null && SqlFault.mayPass(fault) && !BackgroundWorker.isUsable(connection)) {
                // It may be of any of them: each is tried by itself then.
                for (long run : tried) {
                    noteFailure(run, fault);
                }
                leaveForNow(tried, why);
                return false;
            }
            if (tried.size() > 1) {
                return indexApart(connection, tried, worker);
            }
            failed(connection, tried.get(0), why);
            // An embedded database may have closed itself; the next run is not to blame.
            return BackgroundWorker.isUsable(connection);
        }

        /** Whether a failure is one of the whole database. */
        private boolean isOfAll(Exception why) {
            SQLException fault = SqlFault.behind(why);
            return fault == null
                    ? why instanceof RuntimeException other && StoreFailures.isOutage(other)
                    : SqlFault.mayPass(fault) && store.isOfAll(fault);
        }

        /**
         * What is read of a run comes over other connections, of which there may be none at present. Other runs come first then, in case
         * that it is the run.
         */
        private void leaveForNow(List<Long> runs, Exception why) throws SQLException {
            if (why instanceof SQLException fault) {
                throw fault;
            }
            LOG.debug("runs cannot be read at present", why);
            passedOver.addAll(runs);
        }

        /** The same, each by itself. */
        private boolean indexApart(Connection connection, List<Long> runs, BackgroundWorker worker)
                throws SQLException {
            for (long run : runs) {
                if (worker.isStopping() || !index(connection, new ArrayDeque<>(List.of(run)), worker, false)) {
                    return false;
                }
            }
            return true;
        }

        /** Has a run wait that has failed by itself. */
        private void failed(Connection connection, long runPk, Exception why) throws SQLException {
            SQLException fault = SqlFault.behind(why);
            if (fault != null && SqlFault.mayPass(fault)) {
                noteFailure(runPk, fault);
            } else {
                passedOver.add(runPk);
                if (failures.merge(runPk, 1, Integer::sum) >= ATTEMPTS) {
                    indexWhatCanBe(connection, runPk, why);
                }
            }
        }

        /** A fault may be of one run although it looks as if it might pass: the others are not to wait for that for ever. */
        private void noteFailure(long runPk, SQLException fault) {
            if (SqlFault.isOfTheMoment(fault)) {
                // It is tried again at once.
                return;
            }
            passedOver.add(runPk);
            failure = fault;
            if (failing.failsAgain(runPk)) {
                LOG.errorf(
                        "the indexing of %s fails again, and rests for an hour: %s",
                        RunName.of(store, runPk), SqlFault.named(fault));
            }
        }

        /** A run that cannot be indexed must not be tried for ever. */
        private void indexWhatCanBe(Connection connection, long runPk, Exception why) throws SQLException {
            // The message of a failure may quote what the run says.
            LOG.errorf(
                    "%s cannot be indexed as a whole, so that some searches do not find it: %s",
                    RunName.of(connection, runPk), SqlFault.named(why));
            LOG.debug("it cannot be indexed", why);
            try {
                indexing.indexApart(connection, runPk);
            } catch (SQLException | RuntimeException e) {
                SQLException fault = SqlFault.behind(e);
                if (isOfAll(e)) {
                    leaveForNow(List.of(runPk), e);
                    return;
                }
                if (isOverloaded(e)) {
                    return;
                }
                if (fault != null && SqlFault.mayPass(fault)) {
                    noteFailure(runPk, fault);
                    return;
                }
                LOG.debug("nor by any index alone", e);
                indexing.mark(connection, runPk);
            }
            failures.remove(runPk);
        }

        private static boolean isOverloaded(Exception why) {
            return why instanceof ApiException api && api.code() == ErrorCode.OVERLOADED;
        }
    }
}
