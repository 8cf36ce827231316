package io.runtape.retention;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of retention, for all runs that no rule of {@link RetentionRulesConfig} is for. */
@ConfigMapping(prefix = "runtape")
public interface RetentionConfig {

    /** How long a run is kept after its end before it is deleted with everything that belongs to it; off for ever. */
    @WithDefault("off")
    Optional<@WithConverter(KeepingTime.class) Duration> retention();

    /**
     * How long the frames and the request of a run are kept after its end; the run, its result and its transcript stay. Off:
     * as long as the run. Shorter than that, if both are set.
     */
    @WithDefault("off")
    Optional<@WithConverter(KeepingTime.class) Duration> retentionFrames();
}
