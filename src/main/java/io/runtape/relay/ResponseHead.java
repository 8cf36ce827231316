package io.runtape.relay;

import io.runtape.delivery.BodyForm;
import io.runtape.idempotency.RecordedHead;
import io.runtape.journal.RunJournal;
import io.runtape.run.RunHead;
import io.runtape.sse.ContentDecoder;
import io.runtape.upstream.AgentResponse;
import io.runtape.upstream.ContentLength;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of a response to the client of a recorded call: the agent API's head, with the gateway's additions.
 *
 * @param headers the agent API's end-to-end headers; for a repeat the stored ones
 */
public record ResponseHead(int status, List<Map.Entry<String, String>> headers, String runId, String threadId) {

    static ResponseHead of(RunJournal run, RunHead head, AgentResponse response) {
        return new ResponseHead(
                response.status(), response.headers(), run.start().id(), head.threadId());
    }

    /** The head of a recorded response, to send once more. */
    public static ResponseHead again(RecordedHead head, int status) {
        return new ResponseHead(status, StoredHeaders.read(head.headers()), head.runId(), head.threadId());
    }

    /** The headers of a head that goes out before the agent API's has come. */
    static MultiMap early(String runId, String threadId) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set(HttpHeaders.CONTENT_TYPE, "text/event-stream");
        name(runId, threadId, headers);
        return headers;
    }

    /** Whether the gateway can read the body: it is not compressed, or in a way that the gateway decodes. */
    boolean isReadable() {
        @Nullable
        String coding = headers.stream()
                .filter(h -> isCoding(h.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
        return ContentDecoder.reads(coding);
    }

    /** The same head for a body of this form. */
    ResponseHead in(BodyForm form) {
        return form.decoded() ? decoded() : this;
    }

    private ResponseHead decoded() {
        return new ResponseHead(
                status, headers.stream().filter(h -> !isCoding(h.getKey())).toList(), runId, threadId);
    }

    /** The same head for the body as far as the gateway can decode it. */
    public ResponseHead readable() {
        return isReadable() ? decoded() : this;
    }

    private static boolean isCoding(String name) {
        return HttpHeaders.CONTENT_ENCODING.toString().equalsIgnoreCase(name);
    }

    /**
     * Whether a body of this length ends where the headers say, if they do. An archive may have been changed by hand.
     *
     * @param cut whether it broke off before
     */
    public boolean fits(long bytes, boolean cut) {
        ContentLength length = ContentLength.of(headers);
        return length.values().isEmpty() || status == 304 || length.fits(bytes, cut);
    }

    /**
     * Sets the head of a response.
     *
     * @param whole whether the body is the agent API's byte for byte, so that its length is right
     */
    public void write(HttpServerResponse response, boolean whole) {
        response.setStatusCode(status);
        MultiMap to = response.headers();
        ResponseHeaders.pass(headers, to);
        if (!whole) {
            to.remove(HttpHeaders.CONTENT_LENGTH);
        }
        if (!to.contains(HttpHeaders.CONTENT_LENGTH) && status != 204 && status != 304) {
            response.setChunked(true);
        }
        name(runId, threadId, to);
    }

    private static void name(String runId, String threadId, MultiMap to) {
        to.set("Runtape-Run-Id", runId);
        to.set("Runtape-Thread-Id", threadId);
        addIfAbsent(to, "X-Run-ID", runId);
        addIfAbsent(to, "X-Thread-ID", threadId);
        addIfAbsent(to, "Cache-Control", "no-cache");
        to.set("X-Accel-Buffering", "no");
    }

    private static void addIfAbsent(MultiMap headers, String name, String value) {
        if (!headers.contains(name)) {
            headers.set(name, value);
        }
    }
}
