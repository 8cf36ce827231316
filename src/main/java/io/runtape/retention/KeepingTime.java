package io.runtape.retention;

import io.runtape.store.DurationOrOff;
import java.time.Duration;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;

/**
 * Reads for how long something is kept, as {@link DurationOrOff} does, but with a unit in any case: a number alone means seconds
 * elsewhere, and whoever means days loses the whole history with it.
 */
public final class KeepingTime implements Converter<Duration> {

    private static final Pattern NO_UNIT = Pattern.compile("[+-]?[0-9]+");

    /**
     * @return null for off
     * @throws IllegalArgumentException if it is neither a time nor off, has no unit, or keeps nothing
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
        return time;
    }
}
