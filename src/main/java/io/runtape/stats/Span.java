package io.runtape.stats;

import static io.runtape.stats.Label.AGENT;
import static io.runtape.stats.Label.MODEL;
import static io.runtape.stats.Label.PATH;
import static io.runtape.stats.Label.TOOL;
import static io.runtape.stats.Label.UPSTREAM;

import io.runtape.store.Engine;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a row of sums is over: the runs that began in an hour, on a day or in a month, ended alike, and have some labels in
 * common. The numbers are stored, and never change.
 */
enum Span {
    HOUR(0, Length.HOUR, Set.of(AGENT, MODEL, PATH, UPSTREAM), null),
    DAY(1, Length.DAY, Set.of(AGENT, MODEL, PATH, UPSTREAM), null),
    MONTH(4, Length.MONTH, Set.of(AGENT, MODEL, PATH, UPSTREAM), LaterSums.MONTHS),

    TOOL_HOUR(2, Length.HOUR, Set.of(AGENT, MODEL, PATH, UPSTREAM, TOOL), null),
    TOOL_DAY(3, Length.DAY, Set.of(AGENT, MODEL, PATH, UPSTREAM, TOOL), null),
    TOOL_MONTH(5, Length.MONTH, Set.of(AGENT, MODEL, PATH, UPSTREAM, TOOL), LaterSums.MONTHS),

    OVERALL_HOUR(6, Length.HOUR, Set.of(), LaterSums.OVERALL),
    OVERALL_DAY(7, Length.DAY, Set.of(), LaterSums.OVERALL),

    UPSTREAM_DAY(8, Length.DAY, Set.of(UPSTREAM), LaterSums.LABELS),
    UPSTREAM_MONTH(9, Length.MONTH, Set.of(UPSTREAM), LaterSums.LABELS),
    PATH_DAY(10, Length.DAY, Set.of(PATH), LaterSums.LABELS),
    PATH_MONTH(11, Length.MONTH, Set.of(PATH), LaterSums.LABELS),
    AGENT_DAY(12, Length.DAY, Set.of(AGENT), LaterSums.LABELS),
    AGENT_MONTH(13, Length.MONTH, Set.of(AGENT), LaterSums.LABELS),
    MODEL_DAY(14, Length.DAY, Set.of(MODEL), LaterSums.LABELS),
    MODEL_MONTH(15, Length.MONTH, Set.of(MODEL), LaterSums.LABELS),
    ONE_TOOL_DAY(16, Length.DAY, Set.of(TOOL), LaterSums.LABELS),
    ONE_TOOL_MONTH(17, Length.MONTH, Set.of(TOOL), LaterSums.LABELS);

    /** How long it is. */
    enum Length {
        HOUR,
        DAY,
        MONTH
    }

    private final int number;
    private final Length length;
    private final Set<Label> labels;
    private final @Nullable LaterSums later;

    Span(int number, Length length, Set<Label> labels, @Nullable LaterSums later) {
        this.number = number;
        this.length = length;
        this.labels = labels;
        this.later = later;
    }

    /** The one with this number. */
    static Span of(int number) {
        return Arrays.stream(values())
                .filter(span -> span.number == number)
                .findFirst()
                .orElseThrow();
    }

    /** As the table has it. */
    int number() {
        return number;
    }

    Length length() {
        return length;
    }

    /** The table that its rows are in: on PostgreSQL those that tell apart the least lie apart from the many others. */
    String table(Engine engine) {
        if (engine == Engine.H2) {
            return "stats_sum";
        }
        return labels.size() > 1 ? "stats_sum_fine" : "stats_sum_coarse";
    }

    /** The labels that its runs have in common. */
    Set<Label> labels() {
        return labels;
    }

    /** The sums that it is one of; null if each version has it. */
    @Nullable
    LaterSums later() {
        return later;
    }

    /** Whether a run is in it once for each tool that it called, rather than once. */
    boolean isOfTools() {
        return labels.contains(TOOL);
    }

    /** The first hour of the one that has this hour. */
    int begin(int hour) {
        return switch (length) {
            case HOUR -> hour;
            case DAY -> SumRows.day(hour);
            case MONTH -> SumRows.month(hour);
        };
    }
}
