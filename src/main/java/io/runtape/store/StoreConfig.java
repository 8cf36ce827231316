package io.runtape.store;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Where the database is. */
@ConfigMapping(prefix = "runtape")
public interface StoreConfig {

    String DATA_DIR_DEFAULT = "./data";

    String SCHEMA_DEFAULT = "runtape";

    /**
     * The PostgreSQL database, as {@code postgresql://user:password@host:5432/database}. Unset: an embedded H2 file
     * under the data directory, which only one gateway can use.
     */
    Optional<String> databaseUrl();

    /**
     * The same database without the pooler that RUNTAPE_DATABASE_URL leads to, in the same form and with the same password
     * file: notifications between gateways need a session of their own, which PgBouncer in transaction mode does not give.
     * Unset: RUNTAPE_DATABASE_URL itself.
     */
    Optional<String> databaseDirectUrl();

    /**
     * The schema that Runtape's tables are in, on either database. It is made at the first start, or by an administrator who
     * grants the role USAGE and CREATE on it. Runtapes with schemas of different names know nothing of each other.
     */
    @WithDefault(SCHEMA_DEFAULT)
    String databaseSchema();

    /** A file that holds the database's password and nothing else; it keeps the password out of the URL. */
    Optional<String> databasePasswordFile();

    /** The directory of the embedded database. It is made at the first start; without effect on PostgreSQL. */
    @WithDefault(DATA_DIR_DEFAULT)
    String dataDir();
}
