package io.runtape.relay;

import io.runtape.idempotency.RecordedHead;
import io.runtape.journal.RunJournal;
import io.runtape.run.RunHead;
import io.runtape.upstream.AgentAnswer;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Map;

/**
 * The head of an answer as the client of a recorded call gets it: the agent API's own, and what the gateway adds.
 *
 * @param headers the agent API's end-to-end headers; of a repeat those that are stored
 */
record AnswerHead(int status, List<Map.Entry<String, String>> headers, String runId, String threadId) {

    static AnswerHead of(RunJournal run, RunHead head, AgentAnswer answer) {
        return new AnswerHead(answer.status(), answer.headers(), run.start().id(), head.threadId());
    }

    static AnswerHead again(RecordedHead head, int status) {
        return new AnswerHead(status, StoredHeaders.read(head.headers()), head.runId(), head.threadId());
    }

    /** @param whole whether the body is the agent API's byte for byte, so that its length holds */
    void write(HttpServerResponse response, boolean whole) {
        response.setStatusCode(status);
        MultiMap to = response.headers();
        AnswerHeaders.pass(headers, to);
        if (!whole) {
            to.remove(HttpHeaders.CONTENT_LENGTH);
        }
        if (!to.contains(HttpHeaders.CONTENT_LENGTH) && status != 204 && status != 304) {
            response.setChunked(true);
        }
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
