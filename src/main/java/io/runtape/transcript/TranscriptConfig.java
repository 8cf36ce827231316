package io.runtape.transcript;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Bounds of the recording that transcripts also use. */
@ConfigMapping(prefix = "runtape")
interface TranscriptConfig {

    /** The largest event that a transcript reads; transcripts leave larger events out. */
    @WithDefault("8M")
    MemorySize maxFrame();
}
