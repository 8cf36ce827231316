package io.runtape.stats;

import io.runtape.server.memory.ReadOnceList;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Sums in JSON.
 *
 * @param data the groups: in the order of time, or those with the most runs first
 */
@Schema(
        name = "Stats",
        description = "Sums of groups of runs.",
        requiredProperties = {"data", "meta"})
record StatsAnswer(
        @Schema(
                description =
                        "The groups: in the order of time if they are grouped by it, else those with the most runs first.")
        List<StatsGroup> data,

        @Schema(description = "What the sums are about.") Meta meta) {

    /** What the sums are about. */
    @Schema(
            name = "StatsMeta",
            description = "What the sums are about.",
            requiredProperties = {"since", "until", "requestId"})
    record Meta(
            @Schema(
                    nullable = true,
                    implementation = String.class,
                    format = "date-time",
                    description = "The beginning of the first hour; null where all runs count.",
                    examples = "2026-01-01T00:00:00.000000Z")
            @Nullable
            Instant since,

            @Schema(
                    nullable = true,
                    implementation = String.class,
                    format = "date-time",
                    description = "The end of the last hour; null where all runs count.",
                    examples = "2026-01-08T00:00:00.000000Z")
            @Nullable
            Instant until,

            @Schema(description = "Names the request in the gateway's log.")
            String requestId) {}

    StatsAnswer {
        data = ReadOnceList.of(data);
    }
}
