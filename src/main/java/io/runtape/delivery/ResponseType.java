package io.runtape.delivery;

import io.runtape.run.Run;
import io.vertx.core.json.JsonArray;
import org.jspecify.annotations.Nullable;

/** The media type that a run was answered with. */
final class ResponseType {

    static final String EVENT_STREAM = "text/event-stream";

    private ResponseType() {}

    /** The response's {@code Content-Type} as it was; an event stream where there is none. */
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
