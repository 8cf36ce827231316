package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.sse.ServerSentEvent;
import java.util.List;
import java.util.function.Function;

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

    @Override
    public final RunDigest digest() {
        return new FoldDigest(name, saysThatItEnds(), fold);
    }

    /**
     * Empty if the stream is of this dialect and nothing was said yet. A stream that is not of this dialect after all
     * is shown as the unknown dialect shows it, rather than as nothing.
     */
    @Override
    public final List<Message> transcript(Iterable<ServerSentEvent> events) {
        FoldTranscript transcript = new FoldTranscript(fold);
        boolean begun = false;
        for (ServerSentEvent event : events) {
            JsonNode data = Payload.parsed(event.data());
            String type = EventType.of(event, data);
            begun = begun || begins(type, data);
            transcript.event(type, data);
        }
        List<Message> said = transcript.messages();
        return said.isEmpty() && !begun ? UNKNOWN.transcript(events) : said;
    }

    @Override
    public final List<Message> answered(String responseBody) {
        FoldTranscript transcript = new FoldTranscript(fold);
        JsonNode body = Payload.parsed(responseBody);
        transcript.response(body);
        List<Message> said = transcript.messages();
        return said.isEmpty() && !answers(body) ? UNKNOWN.answered(responseBody) : said;
    }
}
