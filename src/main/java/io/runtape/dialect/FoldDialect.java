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
        return new FoldDigest(this, saysThatItEnds(), fold);
    }

    @Override
    public final RunDigest refusal() {
        return new RefusalDigest(this);
    }

    /**
     * Empty if the stream is of this dialect and nothing was said yet. A stream that is not of this dialect after all
     * is shown as the unknown dialect shows it, rather than as nothing.
     */
    @Override
    public final List<Message> transcript(Iterable<ServerSentEvent> events, PartPlaces places) {
        Folded folded = folded(events, places);
        List<Message> said = folded.transcript().messages();
        return said.isEmpty() && !folded.begun() ? UNKNOWN.transcript(events, places) : said;
    }

    @Override
    public final Optional<OpenTranscript> openTranscript(Iterable<ServerSentEvent> events) {
        FoldTranscript transcript = folded(events, PartPlaces.unasked()).transcript();
        return transcript.hasBegun() ? Optional.of(transcript.open(name)) : Optional.empty();
    }

    /** A transcript without events. */
    final FoldTranscript begun() {
        return new FoldTranscript(fold, PartPlaces.unasked());
    }

    /** @param begun whether an event was of this dialect */
    private record Folded(FoldTranscript transcript, boolean begun) {}

    private Folded folded(Iterable<ServerSentEvent> events, PartPlaces places) {
        FoldTranscript transcript = new FoldTranscript(fold, places);
        boolean begun = false;
        for (ServerSentEvent event : events) {
            JsonNode data = Payload.parsed(event.data());
            String type = EventType.of(event, data);
            begun = begun || begins(type, data);
            transcript.event(type, data);
        }
        return new Folded(transcript, begun);
    }

    @Override
    public final List<Message> answered(String responseBody) {
        FoldTranscript transcript = begun();
        JsonNode body = Payload.parsed(responseBody);
        transcript.response(body);
        List<Message> said = transcript.messages();
        return said.isEmpty() && !answers(body) ? UNKNOWN.answered(responseBody) : said;
    }
}
