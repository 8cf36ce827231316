package io.runtape.history.run;

import io.runtape.history.ListFilter;
import io.runtape.run.RunStatus;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.BeanParam;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The runs of the caller to list. The filters on metadata, whose names callers choose, are read by {@link RunSelection}.
 *
 * @param common the agents, and the time range in which the runs began
 * @param statuses the statuses, of which one is enough; empty for all
 * @param threadId the thread
 * @param model the model that a run used
 * @param upstream the name of the agent API that it called
 * @param tool a tool that it called
 * @param errorCode the code of its error
 * @param minDurationMs the least milliseconds that it took
 * @param maxDurationMs the most milliseconds that it took
 * @param completedSince the earliest time of its end
 * @param completedUntil the time before which it ended
 * @param metadata stands in the document for the filters on metadata, of which it is one if its key is really {@code KEY}
 */
public record RunFilter(
        @BeanParam ListFilter common,

        @RestQuery("status") @Parameter(ref = "Status") List<RunStatus> statuses,

        @RestQuery("threadId") @Parameter(description = "Only those of this thread.", example = "thr_abc123")
        Optional<String> threadId,

        @RestQuery("model") @Parameter(description = "Only those that used this model.", example = "gpt-5-nano")
        Optional<String> model,

        @RestQuery("upstream")
        @Parameter(
                description = "Only those that called this agent API, by its name in the settings.",
                example = "default")
        Optional<String> upstream,

        @RestQuery("tool")
        @Parameter(
                description =
                        "Only those that called this tool. Runs are found so within a second of their end, not while they go on.",
                example = "shell")
        Optional<String> tool,

        @RestQuery("errorCode")
        @Parameter(description = "Only those whose `error` has this `code`.", example = "rate_limited")
        Optional<String> errorCode,

        @RestQuery("minDurationMs")
        @Min(value = 0, message = "must be milliseconds: a whole number from 0 on.")
        @Parameter(description = "Only those that took this long, or longer, and have ended.", example = "1000")
        Optional<Long> minDurationMs,

        @RestQuery("maxDurationMs")
        @Min(value = 0, message = "must be milliseconds: a whole number from 0 on.")
        @Parameter(description = "Only those that took this long at the most, and have ended.", example = "60000")
        Optional<Long> maxDurationMs,

        @RestQuery("completedSince")
        @Parameter(
                description = "Only those that ended at this time or later, in the forms of `since`.",
                schema = @Schema(type = SchemaType.STRING),
                example = "-24h")
        Optional<Instant> completedSince,

        @RestQuery("completedUntil")
        @Parameter(
                description = "Only those that ended before this time, in the forms of `since`.",
                schema = @Schema(type = SchemaType.STRING),
                example = "2026-01-01T00:00:00Z")
        Optional<Instant> completedUntil,

        @RestQuery("metadata.KEY") @Parameter(ref = "Metadata")
        Optional<String> metadata) {

    public RunFilter {
        statuses = statuses.stream().distinct().toList();
    }
}
