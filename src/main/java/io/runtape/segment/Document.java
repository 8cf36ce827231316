package io.runtape.segment;

import io.runtape.store.EpochMicros;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;

/**
 * A run that may match a query.
 *
 * @param createdMicros when its call came in, in microseconds since 1970
 * @param runPk its key
 */
public record Document(long createdMicros, long runPk) {

    /** The order of all listings of runs. */
    static final Comparator<Document> NEWEST_FIRST = (one, other) -> {
        int byTime = Long.compare(other.createdMicros, one.createdMicros);
        return byTime == 0 ? Long.compare(other.runPk, one.runPk) : byTime;
    };

    public static Document of(Instant createdAt, long runPk) {
        return new Document(EpochMicros.of(createdAt), runPk);
    }

    /** The place right before this one in the order. */
    Document justBefore() {
        return new Document(createdMicros, runPk + 1);
    }

    /** When its call came in. */
    public Instant createdAt() {
        return Instant.EPOCH.plus(createdMicros, ChronoUnit.MICROS);
    }
}
