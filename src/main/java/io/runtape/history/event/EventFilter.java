package io.runtape.history.event;

import io.runtape.error.ApiException;
import io.runtape.history.QueryParameters;
import io.runtape.sse.FrameKind;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which frames to show, and how.
 *
 * @param kinds the kinds; empty for all
 * @param types the types as they are stored; empty for all
 * @param raw whether each frame's bytes are shown too
 */
record EventFilter(List<FrameKind> kinds, List<String> types, boolean raw) {

    /** Types are stored up to this length. */
    private static final int TYPE_CHARS_MAX = 200;

    private static final String KINDS =
            Stream.of(FrameKind.values()).map(FrameKind::label).collect(Collectors.joining(", "));

    /**
     * Reads the filter.
     *
     * @throws ApiException 400 where a value is not allowed
     */
    static EventFilter of(QueryParameters query) {
        return new EventFilter(
                query.texts("kind").stream().map(EventFilter::kind).distinct().toList(),
                query.texts("type").stream().map(EventFilter::stored).distinct().toList(),
                query.oneOf("include", List.of("raw")).isPresent());
    }

    private static FrameKind kind(String label) {
        return FrameKind.ofLabel(label).orElseThrow(() -> ApiException.invalid("kind must be one of: " + KINDS + "."));
    }

    private static String stored(String type) {
        return type.length() <= TYPE_CHARS_MAX ? type : type.substring(0, TYPE_CHARS_MAX);
    }
}
