package io.runtape.delivery;

import io.runtape.error.ApiException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a replay, as they came. Every bad value is refused with what is allowed.
 *
 * @param speed how much faster than it was
 * @param ids whether events get their sequences as ids
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
                description = "Adds an `id` line with its sequence to each event.",
                schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
        @Nullable
        String ids) {

    private static final Duration RUN_GAP_USUAL = Duration.ofSeconds(1);
    private static final Duration RUN_GAP_MAX = Duration.ofHours(1);

    /** Java reads more as a number than people write: {@code 0x1p3}, {@code 1d}, {@code NaN}. */
    private static final Pattern SPEED = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,20})?");

    private static final double SPEED_MIN = 0.1;
    private static final double SPEED_MAX = 100;

    /** How much faster than it was; infinite for {@code max}. */
    double factor() {
        if (speed == null) {
            return 1;
        }
        if (speed.equals("max")) {
            return Double.POSITIVE_INFINITY;
        }
        if (SPEED.matcher(speed).matches()) {
            double factor = Double.parseDouble(speed);
            if (factor >= SPEED_MIN && factor <= SPEED_MAX) {
                return factor;
            }
        }
        throw ApiException.invalid("The parameter speed must be a number from 0.1 to 100, or max.");
    }

    /** Whether events get their sequences as ids. */
    boolean withIds() {
        return Flag.read("ids", ids);
    }

    /** The pause between two runs of a thread, as {@code runGap} has it. */
    static Duration gap(@Nullable String runGap) {
        if (runGap == null) {
            return RUN_GAP_USUAL;
        }
        try {
            Duration gap = Duration.parse(runGap);
            if (!gap.isNegative() && gap.compareTo(RUN_GAP_MAX) <= 0) {
                return gap;
            }
        } catch (DateTimeParseException e) {
            // Said below.
        }
        throw ApiException.invalid(
                "The parameter runGap must be an ISO 8601 duration from PT0S to PT1H, such as PT1S.");
    }
}
