package io.runtape.archive;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Bounds of the recording that bound the lines of an archive too, and what cassettes leave out. */
@ConfigMapping(prefix = "runtape")
interface ArchiveConfig {

    /** The largest request body, which an archive has in one line. */
    @WithDefault("16M")
    MemorySize maxBody();

    /** The largest frame, which an archive has in one line. */
    @WithDefault("8M")
    MemorySize maxFrame();

    /**
     * Regular expressions, with commas between them and perhaps spaces around them: a cassette has asterisks for what they
     * find, besides what looks like a credential. The requests that recordings are matched by are read the same way. It is
     * no list, whose reader would take the backslashes of the expressions for its own.
     */
    Optional<String> cassetteRedact();
}
