package io.runtape.resume;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.runtape.json.LeanJson;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.sse.EventParser;
import io.runtape.sse.FrameKind;
import io.runtape.sse.ServerSentEvent;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Finds the sequence for a position in an agent API's own numbers. Blocks; safe for any thread. */
@Singleton
final class RecordedPositions {

    private static final int PAGE_FRAMES = 64;

    /** The events of the Responses API that have the whole response. */
    private static final List<String> WITH_RESPONSE = List.of(
            "response.created",
            "response.queued",
            "response.in_progress",
            "response.completed",
            "response.incomplete",
            "response.failed",
            "response.cancelled");

    private final FrameReader frames;

    RecordedPositions(FrameReader frames) {
        this.frames = frames;
    }

    /**
     * The sequence after which the events begin whose {@code sequence_number} is above a number.
     *
     * @param upTo the last sequence that may be read; the result if no such event is there yet
     */
    long afterNumber(long runPk, long number, long upTo) throws SQLException {
        if (number < 0) {
            return 0;
        }
        // Numbers count events from 0, and each event is at least one frame. So what follows the number lies behind
        // the frame of that sequence; if numbers were left out, it lies before, and the search begins anew.
        long guess = Math.min(number, upTo);
        OptionalLong first = frames.page(runPk, events(guess, upTo, 1, List.of()), bytes -> {}).stream()
                .mapToLong(RecordedPositions::numberOf)
                .findFirst();
        boolean fits = first.isPresent() && first.getAsLong() >= 0 && first.getAsLong() <= number + 1;
        return search(runPk, number, fits ? guess : 0, upTo);
    }

    private long search(long runPk, long number, long from, long upTo) throws SQLException {
        long after = from;
        while (after < upTo) {
            List<RecordedFrame> page =
                    frames.shortPage(runPk, events(after, upTo, PAGE_FRAMES, List.of()), bytes -> {});
            if (page.isEmpty()) {
                return upTo;
            }
            for (RecordedFrame frame : page) {
                if (numberOf(frame) > number) {
                    return frame.sequence() - frame.parts() - 1;
                }
                after = frame.sequence();
            }
        }
        return upTo;
    }

    /** Whether the run has an event after this sequence. */
    boolean hasEventAfter(long runPk, long after, long upTo) throws SQLException {
        return !frames.page(runPk, events(after, upTo, 1, List.of()), bytes -> {})
                .isEmpty();
    }

    private static FrameQuery events(long after, long upTo, int limit, List<String> types) {
        return new FrameQuery(after, upTo, List.of(FrameKind.EVENT), types, false, limit);
    }

    /** The event's number; -1 if it has none. */
    private static long numberOf(RecordedFrame frame) {
        return member(frame.bytes(), "sequence_number", parser -> {
                    if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                        return parser.getLongValue();
                    }
                    parser.skipChildren();
                    return -1L;
                })
                .orElse(-1L);
    }

    /** The sequence of the frame that carries an id of the agent API; empty if no frame does. */
    OptionalLong afterId(long runPk, String lastEventId, long upTo) throws SQLException {
        return frames.sequenceOf(runPk, lastEventId, upTo);
    }

    /**
     * The newest whole response of a stream of the Responses API, as JSON; empty if there is none, or if it is longer
     * than an event may be.
     */
    Optional<byte[]> lastResponse(long runPk, long upTo, int eventBytesMax) throws SQLException {
        FrameQuery newest = new FrameQuery(0, upTo, List.of(FrameKind.EVENT), WITH_RESPONSE, true, 1);
        List<RecordedFrame> found = frames.page(runPk, newest, bytes -> {});
        if (found.isEmpty()) {
            return Optional.empty();
        }
        return frames.whole(runPk, found.get(0), eventBytesMax, bytes -> {})
                .flatMap(event -> member(event, "response", parser -> LeanJson.object(parser, eventBytesMax)))
                .map(json -> json.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads the value that the parser is at, and leaves the parser at its end. */
    @FunctionalInterface
    private interface Reading<T> {
        @Nullable
        T of(JsonParser parser) throws IOException;
    }

    /** A member of the event's data, if that is a JSON object with this member. */
    private static <T> Optional<T> member(byte[] frame, String name, Reading<T> reading) {
        @Nullable ServerSentEvent event = EventParser.parse(frame, 0, frame.length, false, "");
        if (event == null) {
            return Optional.empty();
        }
        try (JsonParser parser = LeanJson.parser(event.data())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean found = parser.currentName().equals(name);
                parser.nextToken();
                if (found) {
                    return Optional.ofNullable(reading.of(parser));
                }
                parser.skipChildren();
            }
            return Optional.empty();
        } catch (IOException e) {
            // Not JSON.
            return Optional.empty();
        }
    }
}
