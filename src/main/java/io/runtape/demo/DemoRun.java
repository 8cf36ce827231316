package io.runtape.demo;

import io.runtape.error.PrefixedId;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One run of the demo agent and its outcome. Confined to the server's event loop. */
final class DemoRun {
    static final String EXECUTION_MODE = "managed";
    static final String RUNNING = "running";
    static final String COMPLETED = "completed";
    static final String FAILED = "failed";
    static final String CANCELLED = "cancelled";
    private static final String SANDBOX = "sandbox-demo";
    private static final String USER = uuid("demo user");

    private final String id = PrefixedId.next("run_");
    private final DemoRequest request;
    private final Instant createdAt;
    private String status = RUNNING;
    private @Nullable Instant completedAt;
    private String result = "";
    private @Nullable JsonObject error;
    private int inputTokens;
    private int outputTokens;
    private int iterations;
    private Runnable cancelling = () -> {};

    DemoRun(DemoRequest request, Instant createdAt) {
        this.request = request;
        this.createdAt = createdAt;
    }

    String id() {
        return id;
    }

    String agent() {
        return request.agent();
    }

    String prompt() {
        return request.prompt();
    }

    String threadId() {
        return request.threadId();
    }

    String status() {
        return status;
    }

    Instant createdAt() {
        return createdAt;
    }

    /** Settles what the run will say when it completes. */
    void prepare(String text, int tokensIn, int tokensOut, int turns) {
        result = text;
        inputTokens = tokensIn;
        outputTokens = tokensOut;
        iterations = turns;
    }

    /** Settles what the run will say when it fails. */
    void prepareFailure(String code, String message, int tokensIn, int tokensOut, int turns) {
        prepare("", tokensIn, tokensOut, turns);
        error = new JsonObject().put("code", code).put("message", message);
    }

    void end(String ending, Instant at) {
        if (status.equals(RUNNING)) {
            status = ending;
            completedAt = at;
            cancelling = () -> {};
        }
    }

    /** The outcome of a run that plays to its end. */
    String plannedEnding() {
        return error == null ? COMPLETED : FAILED;
    }

    /** What {@link #cancel()} does while the run goes on. */
    void onCancel(Runnable action) {
        cancelling = action;
    }

    /** Ends the run early; does nothing once it has ended. */
    void cancel() {
        cancelling.run();
    }

    /** The payload of {@code run_completed}. A run that broke off has no usage: its script knows only the total. */
    JsonObject completion(String ending) {
        JsonObject completion =
                new JsonObject().put("runId", id).put("threadId", threadId()).put("status", ending);
        if (!ending.equals(CANCELLED)) {
            completion.put("iterations", iterations).put("usage", usage());
        }
        return ending.equals(COMPLETED) ? completion.put("result", result) : completion;
    }

    /** The response to a call with {@code "stream": false}. */
    JsonObject response() {
        JsonObject response = completion(status).put("sandboxId", SANDBOX).put("executionMode", EXECUTION_MODE);
        return status.equals(FAILED) ? response.put("error", error) : response;
    }

    /** A row of the list of runs. */
    JsonObject row() {
        return new JsonObject()
                .put("id", id)
                .put("sandboxId", SANDBOX)
                .put("agentId", uuid(agent()))
                .put("userId", USER)
                .put("status", status)
                .put("createdAt", createdAt.toString());
    }

    JsonObject details() {
        JsonObject details = row();
        if (completedAt != null) {
            details.put("output", status.equals(COMPLETED) ? result : "")
                    .put("outputJson", null)
                    .put("tokensUsed", status.equals(CANCELLED) ? null : inputTokens + outputTokens)
                    .put("completedAt", completedAt.toString());
        }
        return details;
    }

    private JsonObject usage() {
        return new JsonObject().put("inputTokens", inputTokens).put("outputTokens", outputTokens);
    }

    static String uuid(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
