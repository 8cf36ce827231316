package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The digest of a response with a status outside 2xx. It may come from what stands in front of the agent API, and has an
 * error in the form that most APIs share, but no state and no message. Confined to one thread.
 */
final class RefusalDigest implements RunDigest {

    private final Dialect dialect;
    private @Nullable Failure error;

    RefusalDigest(Dialect dialect) {
        this.dialect = dialect;
    }

    @Override
    public void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart) {
        @Nullable ServerSentEvent event = EventParser.parse(block, from, to, streamStart, "");
        if (event != null) {
            JsonNode data = Payload.parsed(event.data());
            @Nullable Failure failure = UnknownDialect.failure(type == null ? EventType.of(data) : type, data);
            error = failure == null ? error : FoldDigest.cut(failure);
        }
    }

    @Override
    public void response(byte[] body, int from, int to) {
        Failure failure = Failure.inBody(Payload.parsed(new String(body, from, to - from, StandardCharsets.UTF_8)));
        error = failure == null ? null : FoldDigest.cut(failure);
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public @Nullable String upstreamRunId() {
        return null;
    }

    @Override
    public Outcome outcome() {
        return new Outcome(dialect.name(), Verdict.FAILED, null, null, null, error, null, null, null, false, false);
    }
}
