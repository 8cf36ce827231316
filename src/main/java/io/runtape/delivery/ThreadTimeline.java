package io.runtape.delivery;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.run.FrameReader;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where the times of a thread lie: its runs follow each other, each from its beginning to its last frame, with the same
 * pause between two of them. In truth they may lie days apart. Neither the speed of a replay nor its longest pause changes
 * these times, as in a run. Blocks; confined to one thread.
 */
final class ThreadTimeline {

    /** Each run takes two look-ups. */
    private static final int RUNS_MAX = 1000;

    private final RunSources sources;
    private final FrameReader frames;
    private final Owner owner;
    private final String threadId;
    private final long gapMicros;

    /** @param gap the pause between two runs */
    ThreadTimeline(RunSources sources, FrameReader frames, Owner owner, String threadId, Duration gap) {
        this.sources = sources;
        this.frames = frames;
        this.owner = owner;
        this.threadId = threadId;
        this.gapMicros = TimeUnit.NANOSECONDS.toMicros(gap.toNanos());
    }

    /**
     * The span with its times as places in the runs. A time between two runs ends with the earlier one, and begins with
     * the later one.
     *
     * @throws ApiException 400 if it begins behind the last frame, or if its times lie behind too many runs
     */
    ThreadSpan of(ReplaySpan span) {
        Search search = new Search(span);
        try {
            search.run();
        } catch (SQLException e) {
            throw new BrokenOffException("the frames cannot be read");
        }
        return new ThreadSpan(search.from, search.to, span.after());
    }

    /** Goes over the runs until both places are found. */
    private final class Search {

        private final long fromMicros;
        private final long toMicros;
        private @Nullable ThreadPlace from;
        private @Nullable ThreadPlace to;

        Search(ReplaySpan span) {
            this.fromMicros = micros(span.from());
            this.toMicros = micros(span.to());
            this.from = place(span.from());
            this.to = place(span.to());
        }

        /** -1 if it is no time. */
        private static long micros(@Nullable ReplayPlace place) {
            return place != null && place.isTime() ? place.number() : -1;
        }

        private static @Nullable ThreadPlace place(@Nullable ReplayPlace place) {
            return place == null || place.isTime() ? null : ThreadPlace.at(place.number());
        }

        private boolean isOpen() {
            return fromMicros >= 0 && from == null || toMicros >= 0 && to == null;
        }

        void run() throws SQLException {
            long begin = 0;
            long end = 0;
            long ordinal = 0;
            for (int runs = 0; isOpen(); runs++) {
                Optional<RunSources.Found> next = sources.nextInThread(owner, threadId, ordinal);
                if (next.isEmpty()) {
                    break;
                }
                if (runs == RUNS_MAX) {
                    throw ApiException.invalid("The parameters from and to of a thread may be times within its first "
                            + RUNS_MAX + " runs. Use sequences of the thread.");
                }
                RunSource source = next.get().source();
                begin = runs == 0 ? 0 : end + gapMicros;
                if (toMicros >= 0 && to == null && toMicros < begin) {
                    to = new ThreadPlace(ordinal, null);
                }
                ordinal = next.get().ordinal();
                long last = source.durableSequence();
                end = begin + (last == 0 ? 0 : frames.offsetMicros(source.pk(), last));
                look(ordinal, begin, end, last > 0);
                if (source.ending() == null) {
                    // A replay goes no further than its first live run.
                    break;
                }
            }
            if (fromMicros >= 0 && from == null) {
                throw ApiException.invalid("The parameter from lies behind the last frame, which comes " + end / 1000
                        + " ms after the beginning of the thread.");
            }
        }

        private void look(long ordinal, long begin, long end, boolean hasFrames) {
            if (fromMicros >= 0 && from == null && fromMicros <= end && hasFrames) {
                from = new ThreadPlace(ordinal, time(Math.max(0, fromMicros - begin)));
            }
            if (toMicros >= 0 && to == null && toMicros <= end) {
                to = new ThreadPlace(ordinal, time(toMicros - begin));
            }
        }

        private static ReplayPlace time(long micros) {
            return new ReplayPlace(micros, true);
        }
    }
}
