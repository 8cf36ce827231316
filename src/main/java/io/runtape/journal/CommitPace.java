package io.runtape.journal;

import io.runtape.store.Engine;
import io.runtape.store.StartRefused;
import java.time.Duration;
import java.util.Optional;

/**
 * How long the committer rests after a commit, so that what comes meanwhile is committed together: fewer commits, for whose time
 * everybody else's threads can run.
 */
sealed interface CommitPace {

    /**
     * How long to rest now.
     *
     * @param commitNanos how long the commit took
     * @param frames how many frames it made durable
     * @return nanoseconds, none where it is not above 0
     */
    long restNanos(long commitNanos, int frames);

    /**
     * As configured, or as suits the database.
     *
     * @throws StartRefused where what is configured is not from 0 to a second
     */
    static CommitPace of(Optional<Duration> configured, Engine engine) {
        if (configured.isEmpty()) {
            return engine == Engine.H2 ? new Distance(Distance.H2) : new AsLongAsItTook();
        }
        Duration distance = configured.get();
        if (distance.isNegative() || distance.compareTo(Distance.MAX) > 0) {
            throw new StartRefused("RUNTAPE_COMMIT_DISTANCE must be from 0s to 1s; it is " + distance + ".");
        }
        return new Distance(distance);
    }

    /**
     * The least time from the beginning of one commit to that of the next.
     *
     * @param time from 0 to {@link #MAX}
     */
    record Distance(Duration time) implements CommitPace {

        private static final Duration MAX = Duration.ofSeconds(1);

        /** H2 writes whole pages for each commit, on this gateway's processors: a third fewer commits cost a third less. */
        private static final Duration H2 = Duration.ofNanos(300_000);

        @Override
        public long restNanos(long commitNanos, int frames) {
            return time.toNanos() - commitNanos;
        }
    }

    /**
     * Half of the time at most is spent on commits, and a frame waits for one commit's time more at most. So a database that is quick
     * is asked often, and one that is busy less often, which is what it needs. It rests between commits of some frames alone:
     * those of fewer cost little, and delay nobody else; those of more are large as they are.
     */
    record AsLongAsItTook() implements CommitPace {

        private static final long MAX_NANOS = 2_000_000;

        private static final int FRAMES_MIN = 4;
        private static final int FRAMES_MAX = 256;

        @Override
        public long restNanos(long commitNanos, int frames) {
            return frames < FRAMES_MIN || frames > FRAMES_MAX ? 0 : Math.min(commitNanos, MAX_NANOS);
        }
    }
}
