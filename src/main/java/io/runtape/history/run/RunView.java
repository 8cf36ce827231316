package io.runtape.history.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.runtape.history.JsonText;
import io.runtape.run.Run;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.search.Highlight;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;
import org.jspecify.annotations.Nullable;

/** A run in JSON (docs/reference/http-api.md, "Runs"). Unknown values are null, also those that are not known yet. */
@Schema(
        name = "Run",
        description = "One recorded call. What is not known, or not known yet, is null.",
        requiredProperties = {
            "id",
            "threadId",
            "agent",
            "path",
            "status",
            "reason",
            "stream",
            "prompt",
            "metadata",
            "config",
            "result",
            "usage",
            "iterations",
            "error",
            "upstream",
            "model",
            "finishReason",
            "digest",
            "upstreamStatus",
            "upstreamRunId",
            "owner",
            "eventCount",
            "frameCount",
            "byteCount",
            "lastSequence",
            "createdAt",
            "firstEventAt",
            "completedAt",
            "framesExpiredAt",
            "durationMs",
            "timeToFirstEventMs"
        })
public record RunView(
        @Schema(description = "The run's id, given by the gateway.", examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        String id,

        @Schema(description = "The thread that it belongs to.", examples = "thr_abc123")
        String threadId,

        @Schema(nullable = true, description = "The agent that was called.", examples = "code-assistant") @Nullable
        String agent,

        @Schema(description = "The path that was called.", examples = "/v1/run")
        String path,

        @Schema(
                description = "Where it stands.",
                enumeration = {"running", "completed", "failed", "cancelled"},
                examples = "completed")
        String status,

        @Schema(nullable = true, description = """
                        Why it failed or was cancelled: upstream_error, upstream_unreachable, upstream_closed, upstream_timeout, \
                        client_disconnected, cancel_requested, gateway_stopped, gateway_lost or store_unavailable.""") @Nullable
        String reason,

        @Schema(description = "Whether the response is an event stream; until it comes, whether one is expected.")
        boolean stream,

        @Schema(
                nullable = true,
                description = "The prompt, or the text of the last message of the user.",
                examples = "Run the tests.")
        @Nullable
        String prompt,

        @Schema(
                implementation = Object.class,
                type = SchemaType.OBJECT,
                additionalProperties = Schema.True.class,
                description = "The request's metadata.")
        JsonText metadata,

        @Schema(
                implementation = Object.class,
                type = SchemaType.OBJECT,
                additionalProperties = Schema.True.class,
                description = "The request's config.")
        JsonText config,

        @Schema(
                nullable = true,
                implementation = Object.class,
                description = "The response, any JSON.",
                examples = "The test suite is green.")
        @Nullable
        JsonText result,

        @Schema(
                implementation = Object.class,
                type = SchemaType.OBJECT,
                additionalProperties = Schema.True.class,
                nullable = true,
                description =
                        "The tokens that the run took: inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens and"
                                + " reasoningTokens. source is upstream, or none where a completed run's agent API told no usage. Cached tokens are among those of the input, reasoning among those of the output; what"
                                + " the agent API does not tell is null.",
                examples = "{\"inputTokens\":1480,\"outputTokens\":322,\"cachedInputTokens\":null,"
                        + "\"cacheWriteTokens\":null,\"reasoningTokens\":null,\"source\":\"upstream\"}")
        @Nullable
        JsonText usage,

        @Schema(nullable = true, description = "How many turns the agent took.", examples = "4") @Nullable
        Long iterations,

        @Schema(
                implementation = Object.class,
                type = SchemaType.OBJECT,
                additionalProperties = Schema.True.class,
                properties = {
                    @SchemaProperty(
                            name = "code",
                            type = SchemaType.STRING,
                            description = "The agent API's own code, or upstream_error where it gives none."),
                    @SchemaProperty(
                            name = "message",
                            type = SchemaType.STRING,
                            description = "The agent API's text; may be empty.")
                },
                nullable = true,
                description = "What went wrong, as the agent API tells it.",
                examples = "{\"code\":\"rate_limited\",\"message\":\"Too many requests.\"}")
        @Nullable
        JsonText error,

        @Schema(description = "The agent API that was called, by its name in the settings.", examples = "default")
        String upstream,

        @Schema(
                nullable = true,
                description = "The model, as the response names it, or as the call does.",
                examples = "gpt-5-nano")
        @Nullable
        String model,

        @Schema(nullable = true, description = "Why the model stopped, in the agent API's own word.", examples = "stop")
        @Nullable
        String finishReason,

        @Schema(
                nullable = true,
                description = "SHA-256 of the body's bytes as they came over the wire, once the run has ended. Of a run"
                        + " whose gateway was lost it is known when the run is packed.",
                examples = "sha-256:2d676fe19cda0e5804065c49908b2efddee7e9292fc98073010f7977f80272a3")
        @Nullable
        String digest,

        @Schema(nullable = true, description = "The status of the agent API's response.", examples = "200") @Nullable
        Integer upstreamStatus,

        @Schema(nullable = true, description = "The id that the agent API gave the run.", examples = "run_abc123")
        @Nullable
        String upstreamRunId,

        @Schema(description = "Whose it is. Opaque.", examples = "c-5f2a0b6c8d9e4f1a2b3c4d5e6f708192")
        String owner,

        @Schema(description = "Frames that a client's parser dispatches.", examples = "212")
        long eventCount,

        @Schema(description = "Frames of any kind.", examples = "214")
        long frameCount,

        @Schema(description = "Bytes of all frames.", examples = "31234")
        long byteCount,

        @Schema(description = "The sequence of the last frame; 0 where there is none yet.", examples = "214")
        long lastSequence,

        @Schema(
                implementation = String.class,
                format = "date-time",
                description = "When the call came in.",
                examples = "2026-01-01T00:00:00.000000Z")
        Instant createdAt,

        @Schema(
                nullable = true,
                implementation = String.class,
                format = "date-time",
                description = "When the first frame came.",
                examples = "2026-01-01T00:00:00.412000Z")
        @Nullable
        Instant firstEventAt,

        @Schema(
                nullable = true,
                implementation = String.class,
                format = "date-time",
                description = "When it ended.",
                examples = "2026-01-01T00:00:05.321000Z")
        @Nullable
        Instant completedAt,

        @Schema(
                nullable = true,
                implementation = String.class,
                format = "date-time",
                description =
                        "When retention deleted its frames and its request, so that only this and the transcript are left.",
                examples = "2026-02-01T00:00:00.000000Z")
        @Nullable
        Instant framesExpiredAt,

        @Schema(nullable = true, description = "Milliseconds from createdAt to completedAt.", examples = "5321")
        @Nullable
        Long durationMs,

        @Schema(nullable = true, description = "Milliseconds from createdAt to firstEventAt.", examples = "412")
        @Nullable
        Long timeToFirstEventMs,

        @Schema(description = "Where the words of `q` were found; only in lists with `q`.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        List<Highlight> highlight) {

    public static RunView of(RunSnapshot run) {
        return of(run, null);
    }

    /** @param highlight where the words of a search were found; null if there was no search */
    static RunView of(RunSnapshot run, @Nullable List<Highlight> highlight) {
        RunTotals live = run.live();
        return live == null ? ended(run.row(), highlight) : running(run.row(), live, highlight);
    }

    private static RunView ended(Run row, @Nullable List<Highlight> highlight) {
        return new RunView(
                row.id,
                row.threadId,
                row.agent,
                row.path,
                row.status,
                row.reason,
                row.stream,
                row.prompt,
                new JsonText(row.metadata),
                new JsonText(row.config),
                JsonText.orNull(row.result),
                JsonText.orNull(row.usage),
                row.iterations,
                JsonText.orNull(row.error),
                row.upstream,
                row.model,
                row.finishReason,
                row.digest == null ? null : "sha-256:" + row.digest,
                row.upstreamStatus,
                row.upstreamRunId,
                row.owner,
                row.eventCount,
                row.frameCount,
                row.byteCount,
                row.lastSequence,
                row.createdAt,
                row.firstEventAt,
                row.completedAt,
                row.framesExpiredAt,
                millis(row.createdAt, row.completedAt),
                millis(row.createdAt, row.firstEventAt),
                highlight);
    }

    private static RunView running(Run row, RunTotals live, @Nullable List<Highlight> highlight) {
        Instant firstEventAt =
                live.firstOffsetMicros() < 0 ? null : row.createdAt.plus(live.firstOffsetMicros(), ChronoUnit.MICROS);
        return new RunView(
                row.id,
                row.threadId,
                row.agent,
                row.path,
                RunStatus.RUNNING.label(),
                null,
                row.stream,
                row.prompt,
                new JsonText(row.metadata),
                new JsonText(row.config),
                null,
                null,
                null,
                null,
                row.upstream,
                row.model,
                null,
                null,
                row.upstreamStatus,
                row.upstreamRunId,
                row.owner,
                live.events(),
                live.frames(),
                live.bytes(),
                live.frames(),
                row.createdAt,
                firstEventAt,
                null,
                null,
                null,
                millis(row.createdAt, firstEventAt),
                highlight);
    }

    private static @Nullable Long millis(Instant from, @Nullable Instant to) {
        return to == null ? null : Duration.between(from, to).toMillis();
    }
}
