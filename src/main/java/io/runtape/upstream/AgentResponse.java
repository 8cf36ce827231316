package io.runtape.upstream;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of a response of the agent API, and its body still to be read.
 *
 * @param status any status
 * @param headers the end-to-end headers, as they came
 * @param body the body
 */
public record AgentResponse(int status, List<Map.Entry<String, String>> headers, AgentBody body) {

    static AgentResponse of(AgentStream body) {
        MultiMap headers = body.headers();
        return new AgentResponse(body.status(), ForwardedHeaders.ofResponse(headers), body);
    }

    /** The first value of a header, whatever its case. */
    public @Nullable String header(String name) {
        return headers.stream()
                .filter(h -> h.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    /** The {@code Content-Encoding}; null if the response has none. */
    public @Nullable String contentEncoding() {
        return header("content-encoding");
    }

    /** How many bytes the body has by its {@code Content-Length}; {@link Long#MAX_VALUE} where it has none that can be read. */
    public long contentLength() {
        String length = header("content-length");
        try {
            return length == null ? Long.MAX_VALUE : Long.parseLong(length.strip());
        } catch (NumberFormatException malformed) {
            return Long.MAX_VALUE;
        }
    }

    /** Whether the body is an event stream. */
    public boolean isEventStream() {
        return mediaType().equals("text/event-stream");
    }

    /** The media type without its parameters, in lower case; empty if the response has none. */
    public String mediaType() {
        String type = header("content-type");
        return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }
}
