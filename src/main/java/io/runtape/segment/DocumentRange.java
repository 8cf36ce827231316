package io.runtape.segment;

import io.runtape.store.EpochMicros;
import java.time.Instant;
import java.util.Optional;

/**
 * Which runs to look at.
 *
 * @param since those whose calls came in then or later
 * @param end and before that
 * @param after and that come behind this one, the newest first
 */
public record DocumentRange(Optional<Instant> since, Instant end, Optional<Document> after) {

    /** All runs. */
    public static final DocumentRange ALL =
            new DocumentRange(Optional.empty(), Instant.parse("9999-12-31T23:59:59.999999Z"), Optional.empty());

    boolean has(Document document) {
        return document.createdMicros() >= sinceMicros()
                && document.createdMicros() < EpochMicros.of(end)
                && after.map(before -> Document.NEWEST_FIRST.compare(before, document) < 0)
                        .orElse(true);
    }

    /** Whether runs between these times may be among them. */
    boolean meets(long newestMicros, long oldestMicros) {
        return newestMicros >= sinceMicros()
                && oldestMicros < EpochMicros.of(end)
                && after.map(before -> oldestMicros <= before.createdMicros()).orElse(true);
    }

    private long sinceMicros() {
        return since.map(EpochMicros::of).orElse(Long.MIN_VALUE);
    }

    DocumentRange goingOnAfter(Document last) {
        return new DocumentRange(since, end, Optional.of(last));
    }
}
