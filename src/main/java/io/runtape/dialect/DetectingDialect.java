package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds out the dialect of a run by its first events. If no dialect begins with them, it recognises only error events,
 * which look alike in most agent APIs.
 */
final class DetectingDialect implements Dialect {

    /** How many events to examine, since keep-alives and a platform's own events may come first. */
    private static final int LOOKED_AT_MAX = 32;

    /** The name of the member that has an error. */
    private static final byte[] ERROR = "\"error\"".getBytes(StandardCharsets.UTF_8);

    private static final UnknownDialect UNKNOWN = new UnknownDialect();

    private final List<Dialect> known;

    DetectingDialect(List<Dialect> known) {
        this.known = known;
    }

    @Override
    public String name() {
        return UNKNOWN.name();
    }

    @Override
    public boolean begins(String type, JsonNode data) {
        return begunBy(type, data).isPresent();
    }

    @Override
    public boolean answers(JsonNode body) {
        return answeredBy(body).isPresent();
    }

    private Optional<Dialect> begunBy(String type, JsonNode data) {
        return known.stream().filter(dialect -> dialect.begins(type, data)).findFirst();
    }

    private Optional<Dialect> answeredBy(JsonNode body) {
        return known.stream().filter(dialect -> dialect.answers(body)).findFirst();
    }

    @Override
    public RunDigest digest() {
        return new Detection(UnknownDialect::failure);
    }

    @Override
    public RunDigest refusal() {
        return new Detection(Failure::inBody);
    }

    /**
     * What the first events tell.
     *
     * @param dialect the dialect that one of them begins
     * @param enough whether they are all that is looked at: later ones change nothing
     */
    private record Beginning(Optional<Dialect> dialect, boolean enough) {}

    private Beginning beginning(Iterable<ServerSentEvent> events) {
        int looked = 0;
        for (ServerSentEvent event : events) {
            JsonNode data = Payload.parsed(event.data());
            Optional<Dialect> dialect = begunBy(EventType.of(event, data), data);
            if (dialect.isPresent() || ++looked == LOOKED_AT_MAX) {
                return new Beginning(dialect, true);
            }
        }
        return new Beginning(Optional.empty(), false);
    }

    @Override
    public List<Message> transcript(Iterable<ServerSentEvent> events, PartPlaces places) {
        Optional<Dialect> dialect = beginning(events).dialect();
        return dialect.isPresent() ? dialect.get().transcript(events, places) : UNKNOWN.transcript(events, places);
    }

    /** Until a dialect begins, it cannot tell which events will have been said in it. */
    @Override
    public Optional<OpenTranscript> openTranscript(Iterable<ServerSentEvent> events) {
        Beginning beginning = beginning(events);
        if (beginning.dialect().isPresent()) {
            return beginning.dialect().get().openTranscript(events);
        }
        return beginning.enough() ? Optional.of(UNKNOWN.openTranscript(events)) : Optional.empty();
    }

    @Override
    public List<Message> answered(String responseBody) {
        return answeredBy(Payload.parsed(responseBody))
                .map(dialect -> dialect.answered(responseBody))
                .orElseGet(() -> UNKNOWN.answered(responseBody));
    }

    /** The digest of one run; it hands over to the digest of the found dialect. */
    private final class Detection implements RunDigest {

        private final Function<JsonNode, @Nullable Failure> failureInBody;
        private @Nullable RunDigest found;
        private @Nullable Failure failure;
        private int looked;

        /** @param failureInBody reads a response of no known dialect */
        private Detection(Function<JsonNode, @Nullable Failure> failureInBody) {
            this.failureInBody = failureInBody;
        }

        @Override
        public void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart) {
            if (found == null && (looked < LOOKED_AT_MAX || mayReportAnError(type, block, from, to))) {
                look(type, EventParser.parse(block, from, to, streamStart, ""));
            }
            if (found != null) {
                found.event(type, block, from, to, streamStart);
            }
        }

        /** Most events of an unknown API report none, and are not parsed. */
        private static boolean mayReportAnError(@Nullable String type, byte[] block, int from, int to) {
            if (type == null || type.equals("error")) {
                return true;
            }
            for (int at = from; at <= to - ERROR.length; at++) {
                if (block[at] == '"' && Arrays.equals(block, at, at + ERROR.length, ERROR, 0, ERROR.length)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void unread(String type) {
            if (found != null) {
                found.unread(type);
            } else if (type.equals("error")) {
                failure = new Failure(Failure.NO_CODE, "");
            }
        }

        private void look(@Nullable String type, @Nullable ServerSentEvent event) {
            if (event == null) {
                return;
            }
            JsonNode data = Payload.parsed(event.data());
            String named = type == null ? EventType.of(data) : type;
            if (looked++ < LOOKED_AT_MAX) {
                begunBy(named, data).ifPresent(dialect -> found = dialect.digest());
            }
            Failure reported = found == null ? UnknownDialect.failure(named, data) : null;
            failure = reported == null ? failure : FoldDigest.cut(reported);
        }

        @Override
        public void response(byte[] body, int from, int to) {
            JsonNode data = Payload.parsed(new String(body, from, to - from, StandardCharsets.UTF_8));
            answeredBy(data).ifPresent(dialect -> found = dialect.digest());
            if (found != null) {
                found.response(body, from, to);
            } else {
                Failure reported = failureInBody.apply(data);
                failure = reported == null ? null : FoldDigest.cut(reported);
            }
        }

        /** An error from before the dialect was known fails the run, whatever followed it. */
        private static Outcome failed(Outcome outcome, Failure failure) {
            return new Outcome(
                    outcome.dialect(),
                    Verdict.FAILED,
                    outcome.result(),
                    outcome.usage(),
                    outcome.iterations(),
                    failure,
                    outcome.model(),
                    outcome.finishReason(),
                    outcome.upstreamRunId(),
                    false,
                    false);
        }

        @Override
        public @Nullable String upstreamRunId() {
            return found == null ? null : found.upstreamRunId();
        }

        @Override
        public @Nullable Dialect dialect() {
            return found == null ? null : found.dialect();
        }

        @Override
        public Outcome outcome() {
            if (found != null) {
                Outcome outcome = found.outcome();
                return failure == null || outcome.error() != null ? outcome : failed(outcome, failure);
            }
            return failure == null
                    ? Outcome.UNKNOWN
                    : new Outcome(null, Verdict.FAILED, null, null, null, failure, null, null, null, false, false);
        }
    }
}
