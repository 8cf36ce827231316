package io.runtape.facet;

import io.runtape.segment.Document;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A run's place in a sorted list.
 *
 * @param value what the list is sorted by: microseconds since 1970, milliseconds or tokens; null if that is not known
 * @param runPk the run's key, which tells places of the same value apart
 */
public record Place(@Nullable Long value, long runPk) {

    /** The run at this place of a list of the newest. */
    public Document document() {
        return new Document(Objects.requireNonNull(value), runPk);
    }
}
