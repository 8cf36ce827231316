package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.sse.ServerSentEvent;
import io.runtape.sse.SseWriter;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A dialect that reads the events of both live and recorded runs with the same {@link EventFold}. */
public abstract class FoldDialect implements Dialect {

    private static final UnknownDialect UNKNOWN = new UnknownDialect();

    private final String name;
    private final Function<RunSink, EventFold> fold;

    /** @param fold makes the fold of one run */
    protected FoldDialect(String name, Function<RunSink, EventFold> fold) {
        this.name = name;
        this.fold = fold;
    }

    @Override
    public final String name() {
        return name;
    }

    /**
     * Whether a stream of this dialect says that it is complete. Such a stream has broken off if it ends without saying
     * so, even if its connection ended in good order.
     */
    protected boolean saysThatItEnds() {
        return true;
    }

    /** An event of this type, null for none, with this data. */
    protected static byte[] written(@Nullable String type, JsonNode data) {
        return SseWriter.event(type, null, data.toString());
    }

    @Override
    public final RunDigest digest() {
        return new FoldDigest(name, saysThatItEnds(), fold);
    }

    /** Shows a stream that says nothing in this dialect in the unknown dialect, rather than as nothing. */
    @Override
    public final List<Message> transcript(Iterable<ServerSentEvent> events) {
        FoldTranscript transcript = folded(events);
        return transcript.hasBegun() ? transcript.messages() : UNKNOWN.transcript(events);
    }

    @Override
    public final Optional<OpenTranscript> openTranscript(Iterable<ServerSentEvent> events) {
        FoldTranscript transcript = folded(events);
        return transcript.hasBegun() ? Optional.of(transcript.open(name)) : Optional.empty();
    }

    /** A transcript without events. */
    final FoldTranscript begun() {
        return new FoldTranscript(fold);
    }

    private FoldTranscript folded(Iterable<ServerSentEvent> events) {
        FoldTranscript transcript = begun();
        for (ServerSentEvent event : events) {
            JsonNode data = Payload.parsed(event.data());
            transcript.event(EventType.of(event, data), data);
        }
        return transcript;
    }

    @Override
    public final List<Message> answered(String responseBody) {
        FoldTranscript transcript = begun();
        transcript.response(Payload.parsed(responseBody));
        List<Message> said = transcript.messages();
        return said.isEmpty() ? UNKNOWN.answered(responseBody) : said;
    }
}
