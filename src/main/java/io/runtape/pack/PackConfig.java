package io.runtape.pack;

import io.runtape.store.DurationOrOff;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of packing. */
@ConfigMapping(prefix = "runtape")
public interface PackConfig {

    /**
     * How long a run rests after its end before its frames are packed into larger, compressed blocks; off to pack
     * nothing.
     */
    @WithDefault("10m")
    Optional<@WithConverter(DurationOrOff.class) Duration> packAfter();
}
