package io.runtape.history.thread;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.runtape.search.Highlight;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A thread in JSON (docs/reference/http-api.md, "Threads"). */
@Schema(
        name = "Thread",
        description = "A conversation.",
        requiredProperties = {
            "id",
            "title",
            "agent",
            "archived",
            "createdAt",
            "updatedAt",
            "runCount",
            "eventCount",
            "lastRunStatus"
        })
record ThreadView(
        @Schema(description = "The thread's id.", examples = "thr_abc123")
        String id,

        @Schema(nullable = true, description = """
                        The title that a caller gave it; else the first line of its first prompt, cut after 120 characters. Null where \
                        neither is there.""", examples = "Fix the build") @Nullable
        String title,

        @Schema(
                nullable = true,
                description = "The agent of its first run that names one.",
                examples = "code-assistant")
        @Nullable
        String agent,

        @Schema(description = "Whether a caller archived it.")
        boolean archived,

        @Schema(
                implementation = String.class,
                format = "date-time",
                description = "When its first run came in.",
                examples = "2026-01-01T00:00:00.000000Z")
        Instant createdAt,

        @Schema(
                implementation = String.class,
                format = "date-time",
                description = "When a run of it last began or ended.",
                examples = "2026-01-01T00:00:05.321000Z")
        Instant updatedAt,

        @Schema(description = "How many runs it has.", examples = "3")
        long runCount,

        @Schema(description = "How many events all its runs have.", examples = "640")
        long eventCount,

        @Schema(
                nullable = true,
                description = "Where its last run stands: running, completed, failed or cancelled.",
                examples = "completed")
        @Nullable
        String lastRunStatus,

        @Schema(
                description =
                        "Where the words of `q` were found, in the newest run that has them; only in lists with `q`.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        List<Highlight> highlight) {}
