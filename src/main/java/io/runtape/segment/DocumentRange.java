package io.runtape.segment;

import io.runtape.store.EpochMicros;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which runs to look at.
 *
 * @param sinceMicros those whose calls came in then or later, in microseconds since 1970
 * @param endMicros and before that
 * @param after and that come behind this one, the newest first; null for all
 */
public record DocumentRange(
        long sinceMicros, long endMicros, @Nullable Document after) {

    /** All runs. */
    public static final DocumentRange ALL =
            of(Optional.empty(), Instant.parse("9999-12-31T23:59:59.999999Z"), Optional.empty());

    /**
     * A range.
     *
     * @param since runs whose calls came in then or later
     * @param end and before that
     * @param after and that come behind this one, the newest first
     */
    public static DocumentRange of(Optional<Instant> since, Instant end, Optional<Document> after) {
        return new DocumentRange(
                since.map(EpochMicros::of).orElse(Long.MIN_VALUE), EpochMicros.of(end), after.orElse(null));
    }

    /** Whether the run is among them. */
    public boolean has(Document document) {
        return document.createdMicros() >= sinceMicros
                && document.createdMicros() < endMicros
                && (after == null || Document.NEWEST_FIRST.compare(after, document) < 0);
    }

    /** Whether runs between these times may be among them. */
    boolean meets(long newestMicros, long oldestMicros) {
        return newestMicros >= sinceMicros
                && oldestMicros < endMicros
                && (after == null || oldestMicros <= after.createdMicros());
    }

    /** Whether all runs of a segment are among them. */
    boolean holds(ListedSegment segment) {
        return segment.newest() < endMicros && segment.oldest() >= sinceMicros && after == null;
    }

    DocumentRange goingOnAfter(Document last) {
        return new DocumentRange(sinceMicros, endMicros, last);
    }
}
