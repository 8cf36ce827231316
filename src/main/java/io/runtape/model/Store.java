package io.runtape.model;

import io.quarkus.runtime.StartupEvent;
import io.runtape.access.OwnerKeyStore;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The one database: opens it when the gateway starts, brings its tables up to date, and makes connections that Hibernate's
 * pool does not hand out. Refuses to start, in one clear line, where the database is away, wrong, or another gateway's.
 * Safe for any thread.
 */
@ApplicationScoped
public class Store implements OwnerKeyStore {

    /** Before everything that reads or writes runs. */
    public static final int OPENS_AT = 100;

    private static final Logger LOG = Logger.getLogger(Store.class);

    /** Names our advisory lock among those of other applications in one database. */
    private static final long GATEWAY_LOCK = 0x52756e74617065L;

    private static final int POSTGRESQL_OLDEST = 14;

    /** H2: "Database may be already in use". */
    private static final int H2_FILE_LOCKED = 90020;

    /** How long a starting gateway waits for the one before it to let go. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(10);

    private final StoreConfig config;
    private final Flyway flyway;
    private volatile @Nullable StoreAddress address;
    private @Nullable Connection exclusive;

    Store(StoreConfig config, Flyway flyway) {
        this.config = config;
        this.flyway = flyway;
    }

    void open(@Observes @Priority(OPENS_AT) StartupEvent event) {
        try {
            address = StoreAddress.of(
                    config.databaseUrl().orElse(null),
                    config.databasePasswordFile().orElse(null),
                    config.dataDir());
        } catch (IllegalArgumentException e) {
            throw new StartRefused(String.valueOf(e.getMessage()));
        }
        Connection first = firstExclusive();
        exclusive = first;
        try {
            checkVersion(first);
        } catch (SQLException e) {
            throw refused(e);
        }
        try {
            flyway.migrate();
        } catch (FlywayException e) {
            throw new StartRefused(
                    "Runtape cannot prepare the tables in its database (" + address() + "): " + firstLine(e));
        }
        LOG.infof("store: %s", address());
    }

    private StartRefused refused(SQLException e) {
        return new StartRefused("Runtape cannot open its database (" + address() + "): " + firstLine(e)
                + ". Check RUNTAPE_DATABASE_URL, or RUNTAPE_DATA_DIR for the embedded database.");
    }

    private StartRefused inUse() {
        return new StartRefused("Another gateway uses this database (" + address()
                + "). One gateway records into one database: stop the other one, or name another database.");
    }

    /** What the database said: the innermost cause says it without the framework's words around it. */
    private static String firstLine(Throwable e) {
        Throwable innermost = e;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        String message = String.valueOf(innermost.getMessage()).strip();
        return message.lines().findFirst().orElse(e.getClass().getSimpleName());
    }

    private void checkVersion(Connection connection) throws SQLException {
        int major = connection.getMetaData().getDatabaseMajorVersion();
        if (engine() == Engine.POSTGRESQL && major < POSTGRESQL_OLDEST) {
            throw new StartRefused("Runtape needs PostgreSQL " + POSTGRESQL_OLDEST + " or newer; the database ("
                    + address() + ") is " + major + ".");
        }
    }

    private Connection firstExclusive() {
        long until = System.nanoTime() + LOCK_PATIENCE.toNanos();
        boolean said = false;
        while (true) {
            try {
                return openExclusive();
            } catch (StoreTakenException e) {
                if (System.nanoTime() > until) {
                    throw inUse();
                }
                if (!said) {
                    LOG.infof("another gateway holds the database (%s), waiting for it to let go", address());
                    said = true;
                }
                pause();
            } catch (SQLException e) {
                throw refused(e);
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartRefused("Interrupted while waiting for the database.");
        }
    }

    /** Which database this is. */
    public Engine engine() {
        return address().engine();
    }

    /** The database's address, fit to be shown. */
    public StoreAddress address() {
        StoreAddress known = address;
        if (known == null) {
            throw new IllegalStateException("the store is not open yet");
        }
        return known;
    }

    /**
     * Opens a connection of its own, in auto-commit mode. The caller closes it.
     *
     * @throws SQLException where the database does not answer or refuses the login
     */
    public Connection connect() throws SQLException {
        StoreAddress to = address();
        Properties login = new Properties();
        login.setProperty("user", to.user());
        login.setProperty("password", to.password());
        return DriverManager.getConnection(to.jdbcUrl(), login);
    }

    /**
     * The connection that alone may append frames: whoever holds it is the only gateway of this database. The first call
     * hands out the one that was opened at the start; later calls open a new one, which succeeds only when the server has
     * ended the old one, so that nothing which was sent over the old one can still be committed.
     *
     * @throws StoreTakenException where another gateway, or the old connection's backend, still holds the lock
     * @throws SQLException where the database does not answer
     */
    public synchronized Connection exclusive() throws SQLException, StoreTakenException {
        Connection first = exclusive;
        exclusive = null;
        return first != null ? first : openExclusive();
    }

    private Connection openExclusive() throws SQLException, StoreTakenException {
        Connection connection = connectUnlessTaken();
        try {
            if (engine() == Engine.POSTGRESQL) {
                settleSession(connection);
                if (!tryLock(connection)) {
                    throw new StoreTakenException();
                }
            }
            return connection;
        } catch (SQLException | StoreTakenException e) {
            connection.close();
            throw e;
        }
    }

    /** H2 needs no lock of ours: its file lock lets no second process in. */
    private Connection connectUnlessTaken() throws SQLException, StoreTakenException {
        try {
            return connect();
        } catch (SQLException e) {
            if (e.getErrorCode() == H2_FILE_LOCKED) {
                throw new StoreTakenException();
            }
            throw e;
        }
    }

    /**
     * What is written is found by its key. Where PostgreSQL knew a table when it was small it would read all of it instead,
     * and this connection would keep that plan while the table grows, until the next ANALYZE.
     */
    public static final String BY_KEY_ONLY = "set enable_seqscan = off";

    /**
     * A commit must be durable whatever the role's default is, and a session whose client has vanished must end soon: it
     * holds the lock.
     */
    private static void settleSession(Connection connection) throws SQLException {
        try (Statement set = connection.createStatement()) {
            set.execute("set tcp_keepalives_idle = 5");
            set.execute("set tcp_keepalives_interval = 2");
            set.execute("set tcp_keepalives_count = 3");
            set.execute("set idle_in_transaction_session_timeout = 10000");
            set.execute(BY_KEY_ONLY);
            try (ResultSet row = set.executeQuery("show synchronous_commit")) {
                if (!row.next() || !row.getString(1).equals("off")) {
                    return;
                }
            }
            set.execute("set synchronous_commit = on");
        }
    }

    private static boolean tryLock(Connection connection) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement("select pg_try_advisory_lock(?)")) {
            lock.setLong(1, GATEWAY_LOCK);
            try (ResultSet row = lock.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /**
     * Makes what is committed safe against the loss of the process. PostgreSQL's commit does; H2 keeps committed pages in
     * memory until it is told to write them out.
     */
    public void makeDurable(Connection connection) throws SQLException {
        if (engine() == Engine.H2) {
            try (Statement checkpoint = connection.createStatement()) {
                checkpoint.execute(CHECKPOINT);
            }
        }
    }

    /** H2's statement that writes all committed pages to the file. */
    public static final String CHECKPOINT = "checkpoint";

    @Override
    public byte[] ownerKey(Optional<byte[]> secret) {
        try (Connection connection = connect()) {
            byte[] key = new OwnerKeys(connection).settle(secret);
            makeDurable(connection);
            return key;
        } catch (SQLException e) {
            throw refused(e);
        }
    }
}
