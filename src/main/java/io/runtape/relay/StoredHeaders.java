package io.runtape.relay;

import io.runtape.access.CredentialHeaders;
import io.runtape.store.StorableText;
import io.vertx.core.json.JsonArray;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The stored headers of a response: all except those that hold or echo a credential. Safe for any thread. */
@Singleton
final class StoredHeaders {

    /** Secret whatever headers are configured as credentials. */
    private static final Set<String> SECRET = Set.of("set-cookie", "set-cookie2", "authorization", "x-api-key");

    /** A shorter credential may appear in a header by chance. */
    private static final int CREDENTIAL_CHARS_MIN = 8;

    /** Checked for in the response whatever headers are configured as credentials. */
    private static final Set<String> CREDENTIAL = Set.of("x-api-key", "authorization", "cookie");

    private final CredentialHeaders credentials;

    StoredHeaders(CredentialHeaders credentials) {
        this.credentials = credentials;
    }

    /** The headers, read back from the text that {@link #of} made. */
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
     * @param call the headers of the call; a response may send its credential back under any name
     */
    String of(List<Map.Entry<String, String>> headers, List<Map.Entry<String, String>> call) {
        List<String> secrets = call.stream()
                .filter(h -> isIn(CREDENTIAL, h.getKey()))
                .flatMap(h -> credentials.secrets(h.getKey(), h.getValue()).stream())
                .filter(c -> c.length() >= CREDENTIAL_CHARS_MIN)
                .toList();
        JsonArray kept = new JsonArray();
        for (Map.Entry<String, String> header : headers) {
            boolean secret = isIn(SECRET, header.getKey()) || secrets.stream().anyMatch(header.getValue()::contains);
            if (!secret) {
                kept.add(new JsonArray().add(header.getKey()).add(StorableText.of(header.getValue())));
            }
        }
        return kept.encode();
    }

    private boolean isIn(Set<String> always, String name) {
        return credentials.contains(name) || always.contains(name.toLowerCase(Locale.ROOT));
    }
}
