package io.runtape.retention;

import io.runtape.store.DurationOrOff;
import java.time.Duration;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;

/**
 * Reads for how long something is kept, as {@link DurationOrOff} does, but with a unit in any case: a number alone means seconds
 * elsewhere, and whoever means days loses the whole history with it. It has a bound, since databases know no times before those of
 * their own.
 */
public final class KeepingTime implements Converter<Duration> {

    /** A thousand years, which are not for ever, but as good. */
    private static final Duration MOST = Duration.ofDays(365_000);

    private static final Pattern NO_UNIT = Pattern.compile("[+-]?[0-9]+");

    /**
     * @return null for off
     * @throws IllegalArgumentException if it is neither a time nor off, has no unit, keeps nothing or is more than a thousand years
     */
    @Override
    public @Nullable Duration convert(String setting) {
        if (NO_UNIT.matcher(setting.strip()).matches()) {
            throw new IllegalArgumentException("Allowed are a time with its unit, such as 30d, and off");
        }
        Duration time = new DurationOrOff().convert(setting);
        if (time != null && time.isZero()) {
            throw new IllegalArgumentException("Allowed are a time longer than 0, such as 30d, and off");
        }
        if (time != null && time.compareTo(MOST) > 0) {
            throw new IllegalArgumentException(
                    "Allowed are a time of " + MOST.toDays() + "d at most, and off for ever");
        }
        return time;
    }
}
