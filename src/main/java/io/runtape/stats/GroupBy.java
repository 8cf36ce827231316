package io.runtape.stats;

import java.time.Instant;
import java.util.Locale;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What sums are grouped by. */
enum GroupBy {
    AGENT((labels, hour) -> labels.agent()),
    HOUR((labels, hour) -> Instant.ofEpochSecond(hour * 3600L).toString()),
    DAY((labels, hour) ->
            Instant.ofEpochSecond(SumRows.day(hour) * 3600L).toString().substring(0, 10)),
    STATUS((labels, hour) -> labels.status()),
    OWNER((labels, hour) -> null),
    MODEL((labels, hour) -> labels.model()),
    TOOL((labels, hour) -> labels.tool()),
    PATH((labels, hour) -> labels.path()),
    UPSTREAM((labels, hour) -> labels.upstream());

    private final BiFunction<Labels, Integer, @Nullable String> value;

    GroupBy(BiFunction<Labels, Integer, @Nullable String> value) {
        this.value = value;
    }

    /** Its name, as callers write it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The group of a sum that begins with this hour. */
    @Nullable
    String of(Labels labels, int hour, String owner) {
        return this == OWNER ? owner : value.apply(labels, hour);
    }
}
