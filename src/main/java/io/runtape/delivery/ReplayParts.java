package io.runtape.delivery;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.run.FrameReader;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;

/** Finds the frames of a run that a replay plays. Blocks; safe for any thread. */
@Singleton
final class ReplayParts {

    private final FrameReader frames;
    private final RunSources sources;

    ReplayParts(FrameReader frames, RunSources sources) {
        this.frames = frames;
        this.sources = sources;
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
    ThreadTimeline timeline(Owner owner, String threadId, Duration gap) {
        return new ThreadTimeline(sources, frames, owner, threadId, gap);
    }

    private ReplayPart find(RunSource source, ReplaySpan span, boolean events) throws SQLException {
        span.named().forEach(sequence -> check(sequence, source));
        long last = source.durableSequence();
        ReplayPlace from = span.from();
        ReplayPlace to = span.to();
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

    private void check(long sequence, RunSource source) {
        if (sequence > source.durableSequence()) {
            sources.requireKnown(source, sequence);
            throw ApiException.unknownSequence(source.durableSequence());
        }
    }
}
