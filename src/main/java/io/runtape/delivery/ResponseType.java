package io.runtape.delivery;

import io.runtape.run.Run;
import io.vertx.core.json.JsonArray;
import org.jspecify.annotations.Nullable;

/** The media type of a run's response. */
final class ResponseType {

    static final String EVENT_STREAM = "text/event-stream";

    private ResponseType() {}

    /** The response's {@code Content-Type} as recorded; that of an event stream if it has none. */
    static String of(Run run) {
        @Nullable String headers = run.responseHeaders;
        if (headers == null) {
            return EVENT_STREAM;
        }
        JsonArray pairs = new JsonArray(headers);
        for (int i = 0; i < pairs.size(); i++) {
            JsonArray pair = pairs.getJsonArray(i);
            if (pair.getString(0).equalsIgnoreCase("content-type")) {
                return pair.getString(1);
            }
        }
        return EVENT_STREAM;
    }
}
