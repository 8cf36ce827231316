package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Payload;
import io.runtape.history.run.RunView;
import java.time.Instant;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One of two runs, in short. */
@Schema(
        description = "One of the two runs, in short. What is not known, or not known yet, is null.",
        requiredProperties = {
            "id",
            "threadId",
            "agent",
            "upstream",
            "path",
            "model",
            "status",
            "reason",
            "finishReason",
            "errorCode",
            "errorMessage",
            "createdAt",
            "durationMs",
            "timeToFirstEventMs",
            "truncated"
        })
record ComparedRun(
        @Schema(description = "The run's id, given by the gateway.", examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        String id,

        @Schema(description = "The thread that it belongs to.", examples = "thr_abc123")
        String threadId,

        @Schema(nullable = true, description = "The agent that was called.", examples = "code-assistant") @Nullable
        String agent,

        @Schema(description = "The agent API that was called, by its name in the settings.", examples = "default")
        String upstream,

        @Schema(description = "The path that was called.", examples = "/v1/run")
        String path,

        @Schema(nullable = true, description = "The model.", examples = "gpt-5-nano") @Nullable
        String model,

        @Schema(
                description = "Where it stands. One that is `running` is compared as far as it has come.",
                enumeration = {"running", "completed", "failed", "cancelled"},
                examples = "completed")
        String status,

        @Schema(nullable = true, description = "Why it failed or was cancelled.") @Nullable
        String reason,

        @Schema(nullable = true, description = "Why the model stopped, in the agent API's own word.", examples = "stop")
        @Nullable
        String finishReason,

        @Schema(nullable = true, description = "The code of the error that it failed with.") @Nullable
        String errorCode,

        @Schema(nullable = true, description = "The message of that error.") @Nullable
        String errorMessage,

        @Schema(
                implementation = String.class,
                format = "date-time",
                description = "When the call came in.",
                examples = "2026-01-01T00:00:00.000000Z")
        Instant createdAt,

        @Schema(nullable = true, description = "Milliseconds to its end.", examples = "5321") @Nullable
        Long durationMs,

        @Schema(nullable = true, description = "Milliseconds to its first event.", examples = "412") @Nullable
        Long timeToFirstEventMs,

        @Schema(description = "Whether something of it was too long and is not compared.", examples = "false")
        boolean truncated) {

    static ComparedRun of(RunView run, boolean truncated) {
        return new ComparedRun(
                run.id(),
                run.threadId(),
                run.agent(),
                run.upstream(),
                run.path(),
                run.model(),
                run.status(),
                run.reason(),
                run.finishReason(),
                ofError(run, "code"),
                ofError(run, "message"),
                run.createdAt(),
                run.durationMs(),
                run.timeToFirstEventMs(),
                truncated);
    }

    private static @Nullable String ofError(RunView run, String member) {
        JsonNode value =
                run.error() == null ? null : Payload.parsed(run.error().text()).get(member);
        return value == null || value.isNull() ? null : value.asText();
    }

    /** Whether both came to the same end. */
    boolean endedLike(ComparedRun other) {
        return status.equals(other.status)
                && Objects.equals(reason, other.reason)
                && Objects.equals(finishReason, other.finishReason)
                && Objects.equals(errorCode, other.errorCode);
    }
}
