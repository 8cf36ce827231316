package io.runtape.delivery;

import io.runtape.error.ApiException;
import io.runtape.run.StreamPosition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The position where a reader of a stream goes on. */
final class ReaderPosition {

    private ReaderPosition() {}

    /**
     * The last sequence that the reader has: {@code Last-Event-ID} before {@code after}.
     *
     * @param lastEventIds the values of the header {@code Last-Event-ID}
     * @param after the parameter {@code after}; null where the reader did not send it
     * @return null where it names none
     * @throws ApiException 400 where the header was sent twice, or the position is no sequence
     */
    static @Nullable Long of(List<String> lastEventIds, @Nullable String after) {
        if (lastEventIds.size() > 1) {
            throw ApiException.invalid("Last-Event-ID must be sent once at the most.");
        }
        boolean header = !lastEventIds.isEmpty() && !lastEventIds.get(0).isEmpty();
        String value = header ? lastEventIds.get(0) : after;
        return value == null
                ? null
                : StreamPosition.of(
                        value, (header ? "Last-Event-ID" : "after") + " must be a sequence: a number from 0.");
    }
}
