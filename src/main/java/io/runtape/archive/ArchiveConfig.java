package io.runtape.archive;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Bounds of the recording that bound the lines of an archive too. */
@ConfigMapping(prefix = "runtape")
interface ArchiveConfig {

    /** The largest request body, which an archive has in one line. */
    @WithDefault("16M")
    MemorySize maxBody();

    /** The largest frame, which an archive has in one line. */
    @WithDefault("8M")
    MemorySize maxFrame();
}
