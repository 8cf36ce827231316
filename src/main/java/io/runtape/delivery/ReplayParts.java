package io.runtape.delivery;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.run.FrameReader;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Finds the frames of a run that a replay plays. Blocks; safe for any thread. */
@Singleton
final class ReplayParts {

    private final FrameReader frames;

    ReplayParts(FrameReader frames) {
        this.frames = frames;
    }

    /**
     * The part of a run, up to its present if it is live.
     *
     * @param span in the sequences of the run
     * @param events whether it ends with an event or a comment: an event that is not complete is left out
     * @throws ApiException 400 if the span names frames that the run does not have
     */
    ReplayPart of(RunSource source, ReplaySpan span, boolean events) {
        try {
            return find(source, span, events);
        } catch (SQLException e) {
            throw new BrokenOffException("the frames cannot be read");
        }
    }

    /** The times of a thread, with this pause between two runs. */
    ThreadTimeline timeline(RunSources sources, Owner owner, String threadId, Duration gap) {
        return new ThreadTimeline(sources, frames, owner, threadId, gap);
    }

    private ReplayPart find(RunSource source, ReplaySpan span, boolean events) throws SQLException {
        long last = source.durableSequence();
        ReplayPlace from = span.from();
        ReplayPlace to = span.to();
        check(from, last);
        check(to, last);
        if (span.after() > last) {
            throw ApiException.unknownSequence(last);
        }
        long first =
                from == null ? 1 : from.isTime() ? frames.firstAt(source.pk(), from.number(), last) : from.number();
        if (first > last && from != null) {
            throw ApiException.invalid("The parameter from lies behind the last frame, which came "
                    + frames.offsetMicros(source.pk(), last) / 1000 + " ms after the beginning.");
        }
        long upTo =
                to == null ? last : to.isTime() ? frames.firstAt(source.pk(), to.number() + 1, last) - 1 : to.number();
        boolean toEnd = source.ending() != null && upTo == last;
        if (events) {
            upTo = lastShown(source.pk(), upTo);
        }
        if (span.after() >= first) {
            return new ReplayPart(span.after(), upTo, frames.offsetMicros(source.pk(), span.after()), toEnd);
        }
        long origin = from == null ? 0 : from.isTime() ? from.number() : frames.offsetMicros(source.pk(), first);
        return new ReplayPart(first - 1, upTo, origin, toEnd);
    }

    /** The sequence itself if the frames are deleted: the replay is cut where it does not find them. */
    private long lastShown(long runPk, long upTo) throws SQLException {
        long shown = frames.lastShown(runPk, upTo);
        return shown == 0 && upTo > 0 && frames.last(runPk) == 0 ? upTo : shown;
    }

    private static void check(@Nullable ReplayPlace place, long last) {
        if (place != null && !place.isTime() && place.number() > last) {
            throw ApiException.unknownSequence(last);
        }
    }
}
