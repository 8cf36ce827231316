package io.runtape.history;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Bounds of the recording that the history also uses. */
@ConfigMapping(prefix = "runtape")
public interface HistoryConfig {

    /** The largest event that the history shows; of a larger event it shows only the parts. */
    @WithDefault("8M")
    MemorySize maxFrame();
}
