package io.runtape.history;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The bounds of the recording that reading it back shares. */
@ConfigMapping(prefix = "runtape")
public interface HistoryConfig {

    /** The largest event that history shows; of a larger one it shows the parts alone. */
    @WithDefault("8M")
    MemorySize maxFrame();
}
