package io.runtape.stats;

import java.time.LocalDate;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What sums are grouped by. */
enum GroupBy {
    AGENT((labels, hour) -> labels.agent()),
    HOUR((labels, hour) -> {
        int ofDay = hour - SumRows.day(hour);
        return day(hour) + (ofDay < 10 ? "T0" : "T") + ofDay + ":00:00Z";
    }),
    DAY((labels, hour) -> day(hour)),
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

    /** A date without a formatter, since there may be tens of thousands of sums. */
    private static String day(int hour) {
        return LocalDate.ofEpochDay(Math.floorDiv(hour, SumRows.HOURS_A_DAY)).toString();
    }

    /** The label whose values are the groups; empty for what each sum has. */
    Optional<Label> groupedLabel() {
        return switch (this) {
            case AGENT -> Optional.of(Label.AGENT);
            case MODEL -> Optional.of(Label.MODEL);
            case TOOL -> Optional.of(Label.TOOL);
            case PATH -> Optional.of(Label.PATH);
            case UPSTREAM -> Optional.of(Label.UPSTREAM);
            case HOUR, DAY, STATUS, OWNER -> Optional.empty();
        };
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
