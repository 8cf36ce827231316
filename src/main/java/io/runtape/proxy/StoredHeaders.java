package io.runtape.proxy;

import io.vertx.core.json.JsonArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The headers of an answer as they are kept: all but those that hold or echo a credential. */
final class StoredHeaders {

    private static final Set<String> SECRET = Set.of("set-cookie", "set-cookie2", "authorization", "x-api-key");

    /** A shorter one is found in headers that have nothing to do with it. */
    private static final int CREDENTIAL_CHARS_MIN = 8;

    private static final Set<String> CREDENTIAL = Set.of("x-api-key", "authorization", "cookie");

    private StoredHeaders() {}

    /** The headers that {@link #of} made text of. */
    static List<Map.Entry<String, String>> read(@Nullable String stored) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        if (stored != null) {
            JsonArray pairs = new JsonArray(stored);
            for (int i = 0; i < pairs.size(); i++) {
                JsonArray pair = pairs.getJsonArray(i);
                headers.add(Map.entry(pair.getString(0), pair.getString(1)));
            }
        }
        return headers;
    }

    /**
     * A JSON list of name and value pairs.
     *
     * @param call the headers of the call; an answer may send its credential back under any name
     */
    static String of(List<Map.Entry<String, String>> headers, List<Map.Entry<String, String>> call) {
        List<String> credentials = call.stream()
                .filter(h -> CREDENTIAL.contains(h.getKey().toLowerCase(Locale.ROOT)))
                .map(h -> h.getValue().replaceFirst("^\\S+\\s+", "").strip())
                .filter(c -> c.length() >= CREDENTIAL_CHARS_MIN)
                .toList();
        JsonArray kept = new JsonArray();
        for (Map.Entry<String, String> header : headers) {
            boolean secret = SECRET.contains(header.getKey().toLowerCase(Locale.ROOT))
                    || credentials.stream().anyMatch(header.getValue()::contains);
            if (!secret) {
                kept.add(new JsonArray()
                        .add(header.getKey())
                        .add(StorableText.of(header.getValue())));
            }
        }
        return kept.encode();
    }
}
