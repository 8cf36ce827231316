package io.runtape.journal;

import io.runtape.store.Engine;
import io.runtape.store.StartupException;
import java.time.Duration;
import java.util.Optional;

/**
 * How long the committer rests after a commit, so that one commit takes all frames that come meanwhile: with fewer
 * commits, other threads get more time to run.
 */
sealed interface CommitPace {

    /**
     * How long to rest after this commit.
     *
     * @param commitNanos how long the commit took
     * @param frames how many frames it made durable
     * @return nanoseconds; 0 or less for no rest
     */
    long restNanos(long commitNanos, int frames);

    /**
     * The configured pace, or the one that suits the database.
     *
     * @throws StartupException if the configured distance is not from 0 to a second
     */
    static CommitPace of(Optional<Duration> configured, Engine engine) {
        if (configured.isEmpty()) {
            return engine == Engine.H2 ? new Distance(Distance.H2) : new AsLongAsItTook();
        }
        Duration distance = configured.get();
        if (distance.isNegative() || distance.compareTo(Distance.MAX) > 0) {
            throw new StartupException("RUNTAPE_COMMIT_DISTANCE must be from 0s to 1s; it is " + distance + ".");
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
     * Rests as long as the commit took. So commits take at most half of the time, and a frame waits at most one
     * commit's time longer; a quick database gets many commits, and a busy one fewer, as it needs. Rests only after
     * commits of 4 to 256 frames: smaller commits cost little and delay no others, and larger ones are large enough
     * already.
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
