package io.runtape.store;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the database is and how to log in, read from {@code RUNTAPE_DATABASE_URL},
 * {@code RUNTAPE_DATABASE_PASSWORD_FILE} and {@code RUNTAPE_DATA_DIR} (docs/reference/configuration.md, "The
 * database").
 *
 * @param engine which database
 * @param jdbcUrl the JDBC address, without a password
 * @param user the role to log in as
 * @param password its password, empty if it needs none
 * @param display the address for messages, without the password
 * @param file the file of an embedded database, which may not exist yet; null for PostgreSQL
 */
public record StoreAddress(
        Engine engine,
        String jdbcUrl,
        String user,
        String password,
        String display,
        @Nullable Path file) {

    /**
     * How long a reader, and a starting gateway, wait for PostgreSQL to answer. A host that vanished never answers, and
     * would keep the connection and thread of each read until the system gives up, hours later. The limit also holds
     * for statements of migrations.
     */
    static final Duration READ_WITHIN = Duration.ofSeconds(60);

    /** A byte string or a text of up to so many bytes lies in its row on H2; a longer one goes to the table of large objects. */
    public static final int IN_ROW_BYTES_MAX = 64 << 10;

    /** The settings that make H2 durable, let it speak PostgreSQL's SQL, and keep its file small. */
    private static final String H2_SETTINGS = ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH"
            // The JVM's shutdown hook would close the database while the gateway still answers requests.
            + ";DB_CLOSE_ON_EXIT=FALSE"
            // Errors come as exceptions; H2 would also write them, with the data to be stored, to a file of its own.
            + ";TRACE_LEVEL_FILE=0"
            // Dead pages may be overwritten after a second; the default of 45 s lets the file grow without need.
            + ";RETENTION_TIME=1000"
            // In KiB. The pages of live runs change with each commit, so each garbage collection copies a larger cache
            // in vain: with H2's 32 MiB for a heap of 512 MiB, one live frame in a hundred waits 8 ms for it.
            + ";CACHE_SIZE=2048"
            // Frames live in their row.
            + ";MAX_LENGTH_INPLACE_LOB=" + IN_ROW_BYTES_MAX;

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException with a message for the operator, without secrets
     */
    static StoreAddress of(Optional<String> url, Optional<Path> passwordFile, Path dataDir) {
        return url.filter(u -> !u.isBlank())
                .map(u -> postgresql(u.trim(), passwordFile))
                .orElseGet(() -> h2(dataDir));
    }

    private static StoreAddress h2(Path dataDir) {
        Path file = dataDir.toAbsolutePath().normalize().resolve("runtape");
        return new StoreAddress(
                Engine.H2,
                "jdbc:h2:file:" + file + H2_SETTINGS,
                "runtape",
                "",
                "H2 file " + file,
                Path.of(file + ".mv.db"));
    }

    private static StoreAddress postgresql(String url, Optional<Path> passwordFile) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw malformed("it is not a URL");
        }
        String scheme = uri.getScheme();
        if (scheme == null || !(scheme.equals("postgresql") || scheme.equals("postgres"))) {
            throw malformed("its scheme must be postgresql");
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        if (uri.getHost() == null || path.length() < 2) {
            throw malformed("it must name a host and a database");
        }
        String hostAndDatabase = uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + path;
        String login = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
        int colon = login.indexOf(':');
        String user = decode(colon < 0 ? login : login.substring(0, colon));
        String password = passwordFile
                .map(StoreAddress::readPassword)
                .orElseGet(() -> colon < 0 ? "" : decode(login.substring(colon + 1)));
        String query = uri.getRawQuery() == null ? "" : "&" + uri.getRawQuery();
        return new StoreAddress(
                Engine.POSTGRESQL,
                // tcpKeepAlive: a database host that vanishes must not hold the committer for ever.
                "jdbc:postgresql://" + hostAndDatabase
                        + "?reWriteBatchedInserts=true&tcpKeepAlive=true&connectTimeout=5&loginTimeout=10"
                        // Details of an error may quote the data to be stored.
                        + "&logServerErrorDetail=false&ApplicationName=runtape"
                        + query,
                user.isEmpty() ? "postgres" : user,
                password,
                "PostgreSQL at " + hostAndDatabase,
                null);
    }

    private static String readPassword(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException("RUNTAPE_DATABASE_PASSWORD_FILE cannot be read: " + file, e);
        }
    }

    private static IllegalArgumentException malformed(String why) {
        return new IllegalArgumentException("RUNTAPE_DATABASE_URL cannot be used: " + why
                + ". It looks like postgresql://user:password@host:5432/database");
    }

    private static String decode(String s) {
        // A plus sign is itself in the user part of a URL.
        return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * The settings of the datasource and of the migrations that follow from this address.
     *
     * @param pooled whether a pooler shares the sessions, so that none of their settings may change
     */
    Map<String, String> quarkusSettings(StoreSchema schema, boolean pooled) {
        Map<String, String> settings = new HashMap<>();
        settings.put("quarkus.datasource.jdbc.url", jdbcUrl);
        settings.put("quarkus.datasource.username", user);
        settings.put("quarkus.datasource.password", password);
        settings.put("quarkus.flyway.default-schema", schema.name());
        // Empty rather than absent: otherwise the value of the build would count.
        settings.put("quarkus.datasource.jdbc.new-connection-sql", pooled ? "" : schema.enterBesideCommits(engine));
        engine.placeholders().forEach((name, text) -> settings.put("quarkus.flyway.placeholders." + name, text));
        if (engine == Engine.POSTGRESQL) {
            settings.put(
                    "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout",
                    Long.toString(READ_WITHIN.toSeconds()));
        }
        return settings;
    }

    /** The address without its password. */
    @Override
    public String toString() {
        return display;
    }

    /** The gateway reads settings before injection works, so values come as plain text and may be absent. */
    static StoreAddress of(@Nullable String url, @Nullable String passwordFile, @Nullable String dataDir) {
        return of(
                Optional.ofNullable(url),
                Optional.ofNullable(passwordFile).filter(f -> !f.isBlank()).map(Path::of),
                Path.of(dataDir == null || dataDir.isBlank() ? StoreConfig.DATA_DIR_DEFAULT : dataDir));
    }
}
