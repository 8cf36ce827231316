package io.runtape.move;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Settings of a move. */
@ConfigMapping(prefix = "runtape")
public interface MoveConfig {

    /**
     * The data directory of a Runtape with an embedded database, whose whole history moves into this PostgreSQL database
     * at the start. The database must be empty. Once it has moved, the setting has no effect.
     */
    Optional<String> moveFrom();
}
