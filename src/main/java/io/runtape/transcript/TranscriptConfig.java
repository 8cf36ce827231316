package io.runtape.transcript;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The bounds of the recording that transcripts share. */
@ConfigMapping(prefix = "runtape")
interface TranscriptConfig {

    /** The largest event that is read; a larger one is left out of transcripts. */
    @WithDefault("8M")
    MemorySize maxFrame();
}
