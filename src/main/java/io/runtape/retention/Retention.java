package io.runtape.retention;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.run.Deletion;
import io.runtape.journal.Journal;
import io.runtape.retention.EndedWalk.Ended;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the runs that ended longer ago than they are to be kept, and the threads that are left without runs; and the frames
 * and requests of runs of which only these are to go. It does so in the background, each run in a transaction of its own, and
 * the frames of some runs in one. All gateways of a database do so; what is done, one of them does. The runs of cassettes stay.
 */
@ApplicationScoped
final class Retention {

    private static final Logger LOG = Logger.getLogger(Retention.class);

    /** Runs whose frames go at once; their transcripts may make it several transactions. */
    static final int FRAMES_OF_RUNS_AT_ONCE = 16;

    /** Of the time that it works: recording goes on beside it. */
    private static final double SHARE = 0.75;

    /** How often it looks for runs at least, and at most. */
    private static final Duration LOOK_MIN = Duration.ofMillis(100);

    private static final Duration LOOK_MAX = Duration.ofMinutes(1);

    private final RetentionRules rules;
    private final Store store;
    private final Deletion deletion;
    private final FrameExpiry expiry;
    private final LongAdder runs = new LongAdder();
    private final LongAdder frames = new LongAdder();
    private volatile @Nullable BackgroundWorker worker;

    Retention(RetentionRules rules, Store store, Deletion deletion, FrameExpiry expiry, MeterRegistry registry) {
        this.rules = rules;
        this.store = store;
        this.deletion = deletion;
        this.expiry = expiry;
        FunctionCounter.builder("runtape.expired.runs", runs, LongAdder::sum)
                .description("Runs that were deleted because they had been kept long enough")
                .register(registry);
        FunctionCounter.builder("runtape.expired.frames", frames, LongAdder::sum)
                .description("Frames that were deleted, and not their runs, because they had been kept long enough")
                .register(registry);
    }

    void start(@Observes @Priority(Journal.STARTS_AT + 100) StartupEvent event) {
        if (!rules.times().isEmpty()) {
            Duration look = BackgroundWorker.within(
                    LOOK_MIN, LOOK_MAX, rules.times().first().dividedBy(100));
            BackgroundWorker expiring =
                    new BackgroundWorker("retention", store, look, Pace.ofTime(SHARE), new Rounds()::round);
            worker = expiring;
            expiring.start();
        }
    }

    void stop(@Observes @Priority(Journal.STOPS_AT) ShutdownEvent event) {
        BackgroundWorker started = worker;
        if (started != null) {
            started.stop();
        }
    }

    /** What goes of a run. */
    private enum Due {
        RUN,
        FRAMES,
        NOTHING
    }

    /** The rounds of retention. Confined to the worker's thread. */
    private final class Rounds {

        private final List<EndedWalk> walks = rules.times().stream()
                .map(time -> new EndedWalk(time, InstantSource.system()))
                .toList();

        /** Runs whose frames cannot be deleted. */
        private final Set<Long> failed = new HashSet<>();

        /** Runs that cannot be deleted. */
        private final Set<Long> undeletable = new HashSet<>();

        /** Runs at which the database has failed in a way that may pass. */
        private final Failing<Long> failingRuns = new Failing<>();

        /** Whether this round has deleted anything. */
        private boolean progressed;

        /** What some of this round's runs have failed with, in a way that may pass, or for want of room on the disk; null if none has. */
        private @Nullable SQLException failure;

        private boolean round(Connection connection, BackgroundWorker itself) throws SQLException {
            boolean more = false;
            progressed = false;
            failure = null;
            for (EndedWalk walk : walks) {
                if (itself.isStopping()) {
                    return false;
                }
                more |= goOn(connection, walk, itself);
                itself.pause();
            }
            if (progressed) {
                store.makeDurable(connection);
            }
            SQLException why = failure;
            if (why != null) {
                throw why;
            }
            return more;
        }

        /** Deletes what is due of the next runs of a walk; returns whether more may be due at once. */
        private boolean goOn(Connection connection, EndedWalk walk, BackgroundWorker itself) throws SQLException {
            List<Ended> ended = walk.next(connection);
            List<Ended> framesDue = new ArrayList<>();
            for (Ended run : ended) {
                if (itself.isStopping()) {
                    return false;
                }
                Due due = due(run, walk.time(), walk.now());
                if (due == Due.RUN) {
                    walk.note(run, deleteRun(connection, run.runPk(), walk));
                    itself.pause();
                } else if (due == Due.FRAMES && failingRuns.hasFailed(run.runPk())) {
                    expireFrames(connection, List.of(run), walk, itself);
                } else if (due == Due.FRAMES) {
                    framesDue.add(run);
                    if (framesDue.size() == FRAMES_OF_RUNS_AT_ONCE) {
                        expireFrames(connection, framesDue, walk, itself);
                        framesDue.clear();
                    }
                }
            }
            expireFrames(connection, framesDue, walk, itself);
            return walk.took(ended);
        }

        /** Returns false if the run is to be looked at again: its end is not durable, or it failed in a way that may pass. */
        private boolean deleteRun(Connection connection, long runPk, EndedWalk walk) throws SQLException {
            try {
                Deletion.Outcome outcome = deletion.ofExpiredRun(connection, runPk);
                if (outcome == Deletion.Outcome.DELETED) {
                    runs.increment();
                    progressed = true;
                }
                return outcome != Deletion.Outcome.GOES_ON;
            } catch (SQLException | RuntimeException e) {
                if (StoreFailures.staysWithTheRow(e)) {
                    leave(connection, runPk, e);
                    return true;
                }
                noteFailure(runPk, e);
                if (!goesOnBehind(connection, e, walk)) {
                    throw e;
                }
                return failingRuns.isPassedOver(runPk);
            }
        }

        /**
         * Whether the round goes on with other runs after a failure, and fails at its end; after one of the whole database it does not.
         * Where the disk is full, smaller runs go all the same, and whole ones where transcripts find no room, which makes room.
         */
        private boolean goesOnBehind(Connection connection, Exception why, EndedWalk walk) throws SQLException {
            SQLException fault = SqlFault.behind(why);
            if (fault == null || !SqlFault.mayBeOfOneRun(fault) || !BackgroundWorker.isUsable(connection)) {
                return false;
            }
            failure = fault;
            walk.tryLater();
            return true;
        }

        /** What one run is to blame for holds up none of the others. */
        private void leave(Connection connection, long runPk, Exception why) {
            LOG.errorf(why, "%s cannot be deleted, and stays", RunName.of(connection, runPk));
            undeletable.add(runPk);
        }

        /** A fault may be of one run although it looks as if it might pass: the others are not to wait for that for ever. */
        private void noteFailure(long runPk, Exception why) {
            SQLException fault = SqlFault.behind(why);
            if (fault != null && !store.isOfAll(fault) && failingRuns.failsAgain(runPk)) {
                LOG.errorf(
                        why,
                        "the deletion of %s, or of its frames, fails again, and rests for an hour",
                        RunName.of(store, runPk));
            }
        }

        /** What of a run is due when this time is over. */
        private Due due(Ended run, Duration time, Instant now) {
            if (failingRuns.isPassedOver(run.runPk())) {
                return Due.NOTHING;
            }
            if (run.owner().equals(Owner.CASSETTES.id())) {
                return Due.NOTHING;
            }
            RetentionRules.Keeping keeping = rules.of(run.agent(), run.path());
            if (time.equals(keeping.run())) {
                return undeletable.contains(run.runPk()) ? Due.NOTHING : Due.RUN;
            }
            boolean framesAlone = time.equals(keeping.frames()) && !run.expired() && !isDue(run, keeping.run(), now);
            return framesAlone && !failed.contains(run.runPk()) ? Due.FRAMES : Due.NOTHING;
        }

        /** Whether the run itself goes now, so that no transcript need be made of it. */
        private static boolean isDue(Ended run, @Nullable Duration kept, Instant now) {
            return kept != null && !run.completedAt().plus(kept).isAfter(now);
        }

        private void expireFrames(Connection connection, List<Ended> framesDue, EndedWalk walk, BackgroundWorker itself)
                throws SQLException {
            if (framesDue.isEmpty()) {
                return;
            }
            Expiring expiring = new Expiring(connection, itself);
            try {
                expiry.expire(connection, framesDue.stream().map(Ended::runPk).toList(), expiring);
            } catch (SQLException | RuntimeException e) {
                noteFailures(framesDue, expiring, e);
                if (!goesOnBehind(connection, e, walk)) {
                    throw e;
                }
            } finally {
                for (Ended run : framesDue) {
                    if (expiring.failing.contains(run.runPk())) {
                        walk.tryLater();
                    }
                    walk.note(run, expiring.isDone(run.runPk()) || isGivenUp(run.runPk()));
                }
            }
        }

        /** Whether the frames of a run stay, for good or for an hour. */
        private boolean isGivenUp(long runPk) {
            return failed.contains(runPk) || failingRuns.isPassedOver(runPk);
        }

        /** It may be of any of them: each is tried by itself then. */
        private void noteFailures(List<Ended> framesDue, Expiring expiring, Exception why) {
            for (Ended run : framesDue) {
                if (!expiring.isDone(run.runPk()) && !expiring.failing.contains(run.runPk())) {
                    noteFailure(run.runPk(), why);
                }
            }
        }

        /** What becomes of some runs whose frames go. */
        private final class Expiring implements FrameExpiry.Progress {

            private final Connection connection;
            private final BackgroundWorker worker;
            private final Set<Long> gone = new HashSet<>();
            private final Set<Long> goneBefore = new HashSet<>();
            private final Set<Long> failing = new HashSet<>();

            Expiring(Connection connection, BackgroundWorker worker) {
                this.connection = connection;
                this.worker = worker;
            }

            /** Whether a run has no frames any more. */
            private boolean isDone(long runPk) {
                return gone.contains(runPk) || goneBefore.contains(runPk);
            }

            @Override
            public void framesGone(long runPk, long count) {
                gone.add(runPk);
                progressed = true;
                frames.add(count);
            }

            @Override
            public void framesGoneBefore(long runPk) {
                goneBefore.add(runPk);
            }

            @Override
            public void transcriptFailed(long runPk, RuntimeException why) {
                failing.add(runPk);
                if (mayPass(why)) {
                    noteFailure(runPk, why);
                } else {
                    giveUp(connection, runPk, why);
                }
            }

            @Override
            public void rest() {
                worker.pause();
            }

            @Override
            public boolean isStopping() {
                return worker.isStopping();
            }
        }

        private void giveUp(Connection connection, long runPk, RuntimeException e) {
            LOG.errorf(
                    e,
                    "the transcript of %s cannot be made or kept, and its frames stay",
                    RunName.of(connection, runPk));
            failed.add(runPk);
        }
    }

    /** Whether there is no memory, or no database, at present: a transcript that cannot be made now may be made later. */
    static boolean mayPass(RuntimeException why) {
        return StoreFailures.isOutage(why) || why instanceof ApiException api && api.code() == ErrorCode.OVERLOADED;
    }
}
