package io.runtape.stats;

import io.runtape.run.RunStatus;
import java.util.Map;
import java.util.OptionalLong;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The sums of one group of runs in JSON (docs/reference/http-api.md, "Stats"). What is not known is null, never 0. */
@Schema(
        name = "StatsGroup",
        description = "Sums over the runs of a group that have ended. What is not known of any of them is null.",
        requiredProperties = {
            "group",
            "runs",
            "completed",
            "failed",
            "cancelled",
            "errorRate",
            "usage",
            "durationMs",
            "timeToFirstEventMs"
        })
record StatsGroup(
        @Schema(
                implementation = Object.class,
                type = SchemaType.OBJECT,
                additionalProperties = Schema.True.class,
                description =
                        "What the runs have in common: a member for each `groupBy`, null where it is not known. Hours and days are those in"
                                + " which the runs began, in UTC.",
                examples = "{\"agent\":\"code-assistant\",\"day\":\"2026-01-01\"}")
        Map<String, @Nullable String> group,

        @Schema(description = "How many runs.", examples = "120")
        long runs,

        @Schema(description = "How many of them completed.", examples = "113")
        long completed,

        @Schema(description = "How many of them failed.", examples = "6")
        long failed,

        @Schema(description = "How many of them were cancelled.", examples = "1")
        long cancelled,

        @Schema(description = "The share of them that failed, from 0 to 1.", examples = "0.05")
        double errorRate,

        @Schema(description = "The tokens that they took.") StatsUsage usage,

        @Schema(description = "How long they took, from createdAt to completedAt.")
        Percentiles durationMs,

        @Schema(description = "How long their first event took.")
        Percentiles timeToFirstEventMs) {

    /** Counts of tokens. */
    @Schema(
            name = "StatsUsage",
            description =
                    "Tokens, as in the usage of a run, of those runs of which they are known; null if that is none.",
            requiredProperties = {
                "inputTokens",
                "outputTokens",
                "cachedInputTokens",
                "cacheWriteTokens",
                "reasoningTokens"
            })
    record StatsUsage(
            @Schema(nullable = true, description = "Input, cached included.", examples = "177600") @Nullable
            Long inputTokens,

            @Schema(nullable = true, description = "Output, reasoning included.", examples = "38640") @Nullable
            Long outputTokens,

            @Schema(nullable = true, description = "Input that was read from a cache.", examples = "90112") @Nullable
            Long cachedInputTokens,

            @Schema(nullable = true, description = "Input that was written to a cache.", examples = "2048") @Nullable
            Long cacheWriteTokens,

            @Schema(nullable = true, description = "Output that was used for reasoning.", examples = "12800") @Nullable
            Long reasoningTokens) {}

    /** Percentiles in milliseconds. */
    @Schema(
            name = "Percentiles",
            description =
                    "Milliseconds that so many percent of the runs did not exceed, within 2 % of them; null without runs.",
            requiredProperties = {"p50", "p95", "p99"})
    record Percentiles(
            @Schema(nullable = true, description = "Half of them.", examples = "5234") @Nullable
            Long p50,

            @Schema(nullable = true, description = "95 percent.", examples = "18211") @Nullable
            Long p95,

            @Schema(nullable = true, description = "99 percent.", examples = "44710") @Nullable
            Long p99) {

        private static Percentiles of(Histogram micros) {
            return new Percentiles(millis(micros, 0.5), millis(micros, 0.95), millis(micros, 0.99));
        }

        private static @Nullable Long millis(Histogram micros, double share) {
            OptionalLong value = micros.percentile(share);
            return value.isEmpty() ? null : Long.valueOf(Math.round(value.getAsLong() / 1000.0));
        }
    }

    /** Sums of a group while they are gathered. Confined to one thread. */
    static final class Totals {

        private final Sums sums = new Sums();
        private long completed;
        private long failed;
        private long cancelled;

        /** Adds sums that were written, of runs that have this in common. */
        void read(Labels labels, Varints.Reader content) {
            long before = sums.runs();
            sums.read(content);
            long added = sums.runs() - before;
            if (labels.status().equals(RunStatus.COMPLETED.label())) {
                completed += added;
            } else if (labels.status().equals(RunStatus.FAILED.label())) {
                failed += added;
            } else {
                cancelled += added;
            }
        }

        StatsGroup as(Map<String, @Nullable String> group) {
            return new StatsGroup(
                    group,
                    sums.runs(),
                    completed,
                    failed,
                    cancelled,
                    (double) failed / sums.runs(),
                    new StatsUsage(
                            sums.tokens("inputTokens"),
                            sums.tokens("outputTokens"),
                            sums.tokens("cachedInputTokens"),
                            sums.tokens("cacheWriteTokens"),
                            sums.tokens("reasoningTokens")),
                    Percentiles.of(sums.durations()),
                    Percentiles.of(sums.firstEvents()));
        }
    }
}
