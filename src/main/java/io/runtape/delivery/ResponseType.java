package io.runtape.delivery;

import io.runtape.run.Run;
import io.runtape.sse.ContentDecoder;
import io.vertx.core.json.JsonArray;
import java.util.Optional;

/** The media type of a run's response. */
final class ResponseType {

    static final String EVENT_STREAM = "text/event-stream";

    private ResponseType() {}

    /** The response's {@code Content-Type} as recorded; that of an event stream if it has none. */
    static String of(Run run) {
        return header(run, "content-type").orElse(EVENT_STREAM);
    }

    /** Whether the response's body came compressed, in whatever way. */
    static boolean isEncoded(Run run) {
        return ContentDecoder.isEncoded(header(run, "content-encoding").orElse(null));
    }

    private static Optional<String> header(Run run, String name) {
        JsonArray pairs = run.responseHeaders == null ? new JsonArray() : new JsonArray(run.responseHeaders);
        for (int i = 0; i < pairs.size(); i++) {
            JsonArray pair = pairs.getJsonArray(i);
            if (pair.getString(0).equalsIgnoreCase(name)) {
                return Optional.of(pair.getString(1));
            }
        }
        return Optional.empty();
    }
}
