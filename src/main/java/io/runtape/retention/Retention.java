package io.runtape.retention;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.run.Deletion;
import io.runtape.journal.Journal;
import io.runtape.store.BackgroundWorker;
import io.runtape.store.Pace;
import io.runtape.store.Store;
import io.runtape.store.StoreFailures;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
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
 * the frames of some runs in one. All gateways of a database do so; what is done, one of them does. Plain SQL: its one query must be served by an index.
 */
@ApplicationScoped
final class Retention {

    private static final Logger LOG = Logger.getLogger(Retention.class);

    /** Runs of one look, due or not. */
    private static final int RUNS_AT_ONCE = 500;

    /** The same, where some that stay or ended in one moment hold up the looks; all of them are in memory. */
    private static final int RUNS_AT_ONCE_MAX = 64_000;

    /** Runs whose frames go at once; their transcripts may make it several transactions. */
    static final int FRAMES_OF_RUNS_AT_ONCE = 16;

    /** Of the time that it works: recording goes on beside it. */
    private static final double SHARE = 0.75;

    /** How often it looks for runs at least, and at most. */
    private static final Duration LOOK_MIN = Duration.ofMillis(100);

    private static final Duration LOOK_MAX = Duration.ofMinutes(1);

    /** How often it begins with the oldest run again: for runs that came with an end in the past. */
    private static final Duration SWEEP = Duration.ofHours(1);

    static final String ENDED = """
            select run_pk, completed_at, agent, path, frames_expired_at from run
            where completed_at >= ? and completed_at <= ? order by completed_at limit ?""";

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

    /** A run that has ended. */
    private record Ended(
            long runPk, Instant completedAt, @Nullable String agent, String path, boolean expired) {}

    /** What goes of a run. */
    private enum Due {
        RUN,
        FRAMES,
        NOTHING
    }

    /** The rounds of retention. Confined to the worker's thread. */
    private final class Rounds {

        private final List<Walk> walks = rules.times().stream().map(Walk::new).toList();

        /** Runs whose frames cannot be deleted. */
        private final Set<Long> failed = new HashSet<>();

        private boolean round(Connection connection, BackgroundWorker itself) throws SQLException {
            boolean more = false;
            boolean done = false;
            for (Walk walk : walks) {
                List<Ended> ended = walk.next(connection);
                List<Ended> framesDue = new ArrayList<>();
                for (Ended run : ended) {
                    if (itself.isStopping()) {
                        return false;
                    }
                    Due due = due(run, walk.time);
                    if (due == Due.RUN) {
                        Deletion.Outcome outcome = deletion.ofExpiredRun(connection, run.runPk);
                        walk.note(run, outcome != Deletion.Outcome.GOES_ON);
                        if (outcome == Deletion.Outcome.DELETED) {
                            runs.increment();
                            done = true;
                        }
                        itself.pause();
                    } else if (due == Due.FRAMES) {
                        framesDue.add(run);
                        if (framesDue.size() == FRAMES_OF_RUNS_AT_ONCE) {
                            done |= expireFrames(connection, framesDue, walk, itself);
                            framesDue.clear();
                        }
                    }
                }
                done |= expireFrames(connection, framesDue, walk, itself);
                more |= walk.took(ended);
                itself.pause();
            }
            if (done) {
                store.makeDurable(connection);
            }
            return more;
        }

        /** What of a run is due when this time is over. */
        private Due due(Ended run, Duration time) {
            RetentionRules.Keeping keeping = rules.of(run.agent, run.path);
            if (time.equals(keeping.run())) {
                return Due.RUN;
            }
            boolean framesAlone = time.equals(keeping.frames()) && !run.expired && !isDue(run, keeping.run());
            return framesAlone && !failed.contains(run.runPk) ? Due.FRAMES : Due.NOTHING;
        }

        /** Whether the run itself goes now, so that no transcript need be made of it. */
        private static boolean isDue(Ended run, @Nullable Duration kept) {
            return kept != null && !run.completedAt.plus(kept).isAfter(Instant.now());
        }

        /** Returns whether frames of one of them are gone. */
        private boolean expireFrames(Connection connection, List<Ended> framesDue, Walk walk, BackgroundWorker itself)
                throws SQLException {
            if (framesDue.isEmpty()) {
                return false;
            }
            Expiring expiring = new Expiring(itself);
            try {
                expiry.expire(connection, framesDue.stream().map(Ended::runPk).toList(), expiring);
            } finally {
                for (Ended run : framesDue) {
                    if (expiring.failing.contains(run.runPk)) {
                        walk.tryLater();
                    }
                    walk.note(
                            run,
                            expiring.gone.contains(run.runPk)
                                    || expiring.goneBefore.contains(run.runPk)
                                    || failed.contains(run.runPk));
                }
            }
            return !expiring.gone.isEmpty();
        }

        /** What becomes of some runs whose frames go. */
        private final class Expiring implements FrameExpiry.Progress {

            private final BackgroundWorker worker;
            private final Set<Long> gone = new HashSet<>();
            private final Set<Long> goneBefore = new HashSet<>();
            private final Set<Long> failing = new HashSet<>();

            Expiring(BackgroundWorker worker) {
                this.worker = worker;
            }

            @Override
            public void framesGone(long runPk, long count) {
                gone.add(runPk);
                frames.add(count);
            }

            @Override
            public void framesGoneBefore(long runPk) {
                goneBefore.add(runPk);
            }

            @Override
            public void transcriptFailed(long runPk, RuntimeException why) {
                failing.add(runPk);
                if (!mayPass(why)) {
                    giveUp(runPk, why);
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

        private void giveUp(long runPk, RuntimeException e) {
            LOG.errorf(e, "the transcript of the run with the key %d cannot be made, and its frames stay", runPk);
            failed.add(runPk);
        }
    }

    /** Whether there is no memory, or no database, at present: a transcript that cannot be made now may be made later. */
    static boolean mayPass(RuntimeException why) {
        return StoreFailures.isOutage(why) || why instanceof ApiException api && api.code() == ErrorCode.OVERLOADED;
    }

    /**
     * The way through the ended runs, from the oldest on, for one time that runs or frames are kept. Runs that it has passed
     * and that stay are not looked at again until the next sweep. Confined to one thread.
     */
    private static final class Walk {

        private final Duration time;
        private Instant from = Instant.EPOCH;
        private Instant sweptAt = Instant.now();
        private int limit = RUNS_AT_ONCE;

        /** The end of the first run of a look that was due and is not gone. */
        private @Nullable Instant stays;

        /** Whether something that was due is gone. */
        private boolean progressed;

        /** Whether something failed that may not after a rest. */
        private boolean later;

        Walk(Duration time) {
            this.time = time;
        }

        List<Ended> next(Connection connection) throws SQLException {
            stays = null;
            progressed = false;
            later = false;
            Instant now = Instant.now();
            if (now.isAfter(sweptAt.plus(SWEEP))) {
                sweptAt = now;
                from = Instant.EPOCH;
            }
            try (PreparedStatement select = connection.prepareStatement(ENDED)) {
                select.setObject(1, from.atOffset(ZoneOffset.UTC));
                select.setObject(2, now.minus(time).atOffset(ZoneOffset.UTC));
                select.setInt(3, limit);
                try (ResultSet row = select.executeQuery()) {
                    List<Ended> runs = new ArrayList<>();
                    while (row.next()) {
                        runs.add(new Ended(
                                row.getLong(1),
                                row.getObject(2, OffsetDateTime.class).toInstant(),
                                row.getString(3),
                                row.getString(4),
                                row.getObject(5) != null));
                    }
                    return runs;
                }
            }
        }

        /**
         * What was due of this run is gone, or given up; or it stays, to be looked at again: another gateway has it at present, or its
         * end is not durable.
         */
        void note(Ended run, boolean gone) {
            progressed |= gone;
            if (!gone && (stays == null || run.completedAt.isBefore(stays))) {
                stays = run.completedAt;
            }
        }

        /** Something failed: the next look comes after a rest. */
        void tryLater() {
            later = true;
        }

        /**
         * Goes on behind these runs, or at the first that stays.
         *
         * @return whether more may be due at once
         */
        boolean took(List<Ended> runs) {
            if (runs.isEmpty()) {
                return false;
            }
            boolean full = runs.size() == limit;
            Instant behind = stays == null ? runs.get(runs.size() - 1).completedAt : stays;
            // More runs than one look has may have ended in one and the same moment.
            limit = full && !progressed && behind.equals(from) ? Math.min(2 * limit, RUNS_AT_ONCE_MAX) : RUNS_AT_ONCE;
            from = behind;
            return full && (stays == null || progressed && !later);
        }
    }
}
