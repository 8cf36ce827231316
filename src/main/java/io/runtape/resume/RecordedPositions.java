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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the sequence for a position in an agent API's own numbers. Blocks; safe for any thread. */
@Singleton
final class RecordedPositions {

    /** The events of the Responses API that have the whole response and end its stream. */
    private static final List<String> ENDS_RESPONSE =
            List.of("response.completed", "response.incomplete", "response.failed", "response.cancelled");

    /** All that have the whole response. */
    private static final List<String> WITH_RESPONSE = Stream.concat(
                    Stream.of("response.created", "response.queued", "response.in_progress"), ENDS_RESPONSE.stream())
            .toList();

    /** The events of LangGraph that have the whole state of the graph, and those that end a run that failed. */
    private static final String STATE = "values";

    private static final String ERROR = "error";

    /** What may end a stream behind all numbers. */
    private static final String DONE = "[DONE]";

    /** A longer event is not read for its number. */
    private static final int NUMBERED_BYTES_MAX = 1 << 20;

    private final FrameReader frames;

    RecordedPositions(FrameReader frames) {
        this.frames = frames;
    }

    /**
     * The sequence after which the events begin whose {@code sequence_number} is above a number. Numbers rise, so that a
     * few events tell.
     *
     * @param upTo the last sequence that may be read; the result if no such event is there yet
     * @return empty if an event that is looked at has no number: what a client has that knows numbers alone is unknown then
     */
    OptionalLong afterNumber(long runPk, long number, long upTo) throws SQLException {
        if (number < 0 || upTo == 0) {
            return OptionalLong.of(0);
        }
        Optional<RecordedFrame> first = firstEvent(runPk, 0, upTo);
        if (first.isPresent() && numberOf(runPk, first.get()) < 0) {
            return OptionalLong.empty();
        }
        long low = 0;
        long high = upTo;
        while (low < high) {
            long middle = (low + high) / 2;
            Optional<RecordedFrame> next = firstEvent(runPk, middle, upTo);
            long found = next.isPresent() ? numberOf(runPk, next.get()) : Long.MAX_VALUE;
            if (found < 0) {
                return OptionalLong.empty();
            }
            if (found > number) {
                high = middle;
            } else {
                low = next.get().sequence();
            }
        }
        return OptionalLong.of(low);
    }

    /** The sequence of a run's last frame, which a live run's own gateway may not know to be durable yet; 0 if it has none. */
    long last(long runPk) throws SQLException {
        return frames.last(runPk);
    }

    /** Whether an event follows a sequence. */
    boolean hasEventAfter(long runPk, long after, long upTo) throws SQLException {
        return firstEvent(runPk, after, upTo).isPresent();
    }

    private Optional<RecordedFrame> firstEvent(long runPk, long after, long upTo) throws SQLException {
        return event(runPk, new FrameQuery(after, upTo, List.of(FrameKind.EVENT), List.of(), false, 1));
    }

    private Optional<RecordedFrame> lastEvent(long runPk, long upTo) throws SQLException {
        return event(runPk, new FrameQuery(0, upTo, List.of(FrameKind.EVENT), List.of(), true, 1));
    }

    private Optional<RecordedFrame> event(long runPk, FrameQuery one) throws SQLException {
        return frames.shortPage(runPk, one, bytes -> {}).stream().findFirst();
    }

    /** The number of an event that the frame completes; -1 if it has none. The sentinel that may end a stream is behind all. */
    private long numberOf(long runPk, RecordedFrame frame) throws SQLException {
        Optional<byte[]> event = frames.whole(runPk, frame, NUMBERED_BYTES_MAX, bytes -> {});
        if (event.isPresent()) {
            return numberIn(event.get());
        }
        // Numbers rise by one.
        Optional<RecordedFrame> before = lastEvent(runPk, frame.sequence() - 1);
        return before.isEmpty() ? 0 : numberOf(runPk, before.get()) + 1;
    }

    private static long numberIn(byte[] event) {
        return member(event, "sequence_number", parser -> {
                    if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                        return parser.getLongValue();
                    }
                    parser.skipChildren();
                    return -1L;
                })
                .orElseGet(() -> data(event).filter(DONE::equals).isPresent() ? Long.MAX_VALUE : -1L);
    }

    /** The sequence of the frame that carries an id of the agent API; empty if no frame does. */
    OptionalLong afterId(long runPk, String lastEventId, long upTo) throws SQLException {
        return frames.sequenceOf(runPk, lastEventId, upTo);
    }

    /**
     * The newest whole response of a stream of the Responses API, as JSON; empty if there is none, or if it is longer
     * than this many characters.
     *
     * @param ended whether the stream has ended: then only an event that ends it tells what became of the response
     */
    Optional<byte[]> lastResponse(long runPk, long upTo, boolean ended, int charsMax) throws SQLException {
        List<String> types = ended ? ENDS_RESPONSE : WITH_RESPONSE;
        FrameQuery newest = new FrameQuery(0, upTo, List.of(FrameKind.EVENT), types, true, 1);
        List<RecordedFrame> found = frames.page(runPk, newest, bytes -> {});
        if (found.isEmpty()) {
            return Optional.empty();
        }
        return frames.whole(runPk, found.get(0), charsMax, bytes -> {})
                .flatMap(event -> member(event, "response", parser -> LeanJson.object(parser, charsMax)))
                .map(json -> json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What a LangGraph server gives whoever waits for a run's end: the last state of a run that streamed its states, or
     * the error that came after it. Events of subgraphs have other types.
     *
     * @return JSON; empty if there is none, or if it is longer than this many bytes
     */
    Optional<byte[]> lastState(long runPk, long upTo, int bytesMax) throws SQLException {
        FrameQuery newest = new FrameQuery(0, upTo, List.of(FrameKind.EVENT), List.of(STATE, ERROR), true, 1);
        List<RecordedFrame> found = frames.page(runPk, newest, bytes -> {});
        if (found.isEmpty()) {
            return Optional.empty();
        }
        boolean failed = ERROR.equals(found.get(0).type());
        return frames.whole(runPk, found.get(0), bytesMax, bytes -> {})
                .flatMap(RecordedPositions::data)
                .filter(LeanJson::isOneValue)
                .map(data -> failed ? "{\"__error__\":" + data + "}" : data)
                .map(json -> json.getBytes(StandardCharsets.UTF_8))
                .filter(json -> json.length <= bytesMax);
    }

    private static Optional<String> data(byte[] frame) {
        return Optional.ofNullable(EventParser.parse(frame, 0, frame.length, false, ""))
                .map(ServerSentEvent::data);
    }

    /** Reads the value that the parser is at, and leaves the parser at its end. */
    @FunctionalInterface
    private interface Reading<T> {
        @Nullable
        T of(JsonParser parser) throws IOException;
    }

    /** A member of the event's data, if that is a JSON object with this member. */
    private static <T> Optional<T> member(byte[] frame, String name, Reading<T> reading) {
        Optional<String> data = data(frame);
        if (data.isEmpty()) {
            return Optional.empty();
        }
        try (JsonParser parser = LeanJson.parser(data.get())) {
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
