package io.runtape.delivery;

import io.runtape.error.ApiException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a replay, as they came. Every bad value is refused with what is allowed.
 *
 * @param speed how much faster than it was
 * @param from where it begins
 * @param to where it ends
 * @param maxGap the longest pause
 * @param ids whether events get their sequences as ids
 * @param lastEventIds the position where an EventSource comes back
 * @param after the position where the reader names it
 * @param ticket what the reader brings instead of a credential; null for an empty one too
 */
record ReplayParameters(
        @RestQuery
        @Parameter(
                description = "How many times as fast as it was, from 0.1 to 100; `max` makes no pauses.",
                schema = @Schema(type = SchemaType.STRING, defaultValue = "1"))
        @Nullable
        String speed,

        @RestQuery
        @Parameter(
                description = "Where it begins: a sequence, whose frame comes at once, or a time after the beginning"
                        + " such as `+90s`, `+1.5m` or `+250ms`. In a thread the time counts as if its runs followed each"
                        + " other with `runGap` between them.",
                example = "+90s")
        @Nullable
        String from,

        @RestQuery
        @Parameter(description = "Where it ends, included, in the forms of `from`.", example = "212")
        @Nullable
        String to,

        @RestQuery
        @Parameter(
                description = "Cuts the pauses of the recording that are longer: an ISO 8601 duration. `speed` shortens"
                        + " what is left.",
                example = "PT2S")
        @Nullable
        String maxGap,

        @RestQuery
        @Parameter(
                description = "Adds an `id` line with its sequence to each event, and ends with the event `runtape.end`"
                        + " as a tail does.",
                schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
        @Nullable
        String ids,

        @RestHeader("Last-Event-ID")
        @Parameter(
                description =
                        "With `ids=true`: the sequence to go on after, as an EventSource sends it. Wins over `after`.",
                schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "0"))
        List<String> lastEventIds,

        @RestQuery
        @Parameter(
                description = "The sequence to go on after: the next frame comes after the pause that it had.",
                schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "0"))
        @Nullable
        String after,

        @RestQuery @Parameter(description = """
                        A ticket from `POST /history/v1/tickets` in the place of a credential. One that is not good for this run or
                        thread, or whose time is over, answers 401.""") @Nullable String ticket) {

    private static final Duration RUN_GAP_USUAL = Duration.ofSeconds(1);
    private static final Duration GAP_MAX = Duration.ofHours(1);

    /** How its frames are played. */
    ReplayPace pace() {
        return new ReplayPace(
                speed == null ? 1 : ReplaySpeed.of("The parameter speed", speed), pauseMaxMicros(), withIds());
    }

    /** Whether events get their sequences as ids. */
    private boolean withIds() {
        return Flag.read("ids", ids);
    }

    /** What the reader has already; null where it does not say. Without ids, an id is not one of ours. */
    @Nullable
    Long position() {
        return ReaderPosition.of(withIds() ? lastEventIds : List.of(), after);
    }

    /** The frames to play, as the reader names them. */
    ReplaySpan span() {
        @Nullable Long position = position();
        return new ReplaySpan(
                ReplayPlace.read("from", from), ReplayPlace.read("to", to), position == null ? 0 : position);
    }

    /** The longest pause, in microseconds of the recording. */
    private long pauseMaxMicros() {
        return maxGap == null
                ? Long.MAX_VALUE
                : TimeUnit.NANOSECONDS.toMicros(gap("maxGap", maxGap).toNanos());
    }

    /** The pause between two runs of a thread, as {@code runGap} has it. */
    static Duration runGap(@Nullable String runGap) {
        return runGap == null ? RUN_GAP_USUAL : gap("runGap", runGap);
    }

    private static Duration gap(String name, String value) {
        try {
            Duration gap = Duration.parse(value);
            if (!gap.isNegative() && gap.compareTo(GAP_MAX) <= 0) {
                return gap;
            }
        } catch (DateTimeParseException e) {
            // Said below.
        }
        throw ApiException.invalid(
                "The parameter " + name + " must be an ISO 8601 duration from PT0S to PT1H, such as PT1S.");
    }
}
