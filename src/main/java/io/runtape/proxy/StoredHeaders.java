package io.runtape.proxy;

import io.vertx.core.json.JsonArray;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The headers of an answer as they are kept: all but those that hold or echo a credential. */
final class StoredHeaders {

    private static final Set<String> SECRET = Set.of("set-cookie", "set-cookie2", "authorization", "x-api-key");

    private StoredHeaders() {}

    /** A JSON list of name and value pairs. */
    static String of(List<Map.Entry<String, String>> headers) {
        JsonArray kept = new JsonArray();
        for (Map.Entry<String, String> header : headers) {
            if (!SECRET.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                kept.add(new JsonArray()
                        .add(header.getKey())
                        .add(header.getValue().replace('\0', '\uFFFD')));
            }
        }
        return kept.encode();
    }
}
