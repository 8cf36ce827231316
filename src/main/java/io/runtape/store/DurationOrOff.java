package io.runtape.store;

import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;
import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;

/** Reads a setting that is a time, as Quarkus writes them ({@code 10m}, {@code PT10M}), or {@code off} for none. */
public final class DurationOrOff implements Converter<Duration> {

    private static final String OFF = "off";

    /**
     * @return null for off
     * @throws IllegalArgumentException if it is neither
     */
    @Override
    public @Nullable Duration convert(String setting) {
        if (setting.strip().equals(OFF)) {
            return null;
        }
        Duration time;
        try {
            time = DurationConverter.parseDuration(setting.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Allowed are a time such as 10m, and off", e);
        }
        if (time.isNegative()) {
            throw new IllegalArgumentException("Allowed are a time from 0 on, such as 10m, and off");
        }
        return time;
    }
}
