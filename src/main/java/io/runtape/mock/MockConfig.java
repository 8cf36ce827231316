package io.runtape.mock;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;

/** Whether the gateway answers from recordings, and which files it has them from. */
@ConfigMapping(prefix = "runtape")
public interface MockConfig {

    /**
     * {@code record} calls the agent APIs and records them. {@code replay} answers every recorded path from recordings, and
     * never calls an agent API.
     */
    @WithDefault("record")
    String mode();

    /**
     * A folder of cassettes. At its start the gateway takes all its files whose names end in {@code .ndjson} for
     * recordings that any caller's calls may be answered from.
     */
    Optional<Path> cassettes();
}
