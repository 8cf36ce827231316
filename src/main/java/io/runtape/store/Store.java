package io.runtape.store;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.StartupEvent;
import io.runtape.access.OwnerKeyStore;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreErrorCode;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's access to its database: opens it at the start, brings its tables up to date, and makes connections
 * outside Hibernate's pool. Refuses to start, in one clear line, if the database is away, is the wrong one, or is in
 * use by another gateway. Safe for any thread.
 */
@ApplicationScoped
public class Store implements OwnerKeyStore {

    /** Before every component that reads or writes runs. */
    public static final int OPENS_AT = 100;

    private static final Logger LOG = Logger.getLogger(Store.class);

    private static final int POSTGRESQL_OLDEST = 14;

    /** H2: "Database may be already in use". */
    private static final int H2_FILE_LOCKED = 90020;

    /** How long a starting gateway waits for the previous one to release the file. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(10);

    private final StoreConfig config;
    private final Flyway flyway;
    private final AgroalDataSource readers;
    private volatile @Nullable StoreAddress address;
    private volatile @Nullable StoreAddress directAddress;
    private volatile @Nullable StoreSchema schema;

    Store(StoreConfig config, Flyway flyway, AgroalDataSource readers) {
        this.config = config;
        this.flyway = flyway;
        this.readers = readers;
    }

    void open(@Observes @Priority(OPENS_AT) StartupEvent event) {
        try {
            address = StoreAddress.of(
                    config.databaseUrl().orElse(null),
                    config.databasePasswordFile().orElse(null),
                    config.dataDir());
            directAddress = config.databaseDirectUrl().isPresent()
                    ? StoreAddress.of(
                            config.databaseDirectUrl().orElse(null),
                            config.databasePasswordFile().orElse(null),
                            config.dataDir())
                    : address;
            schema = StoreSchema.of(config.databaseSchema());
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()));
        }
        warnOfAnEmptyFile();
        // Held until the tables are there: H2 closes a database without connections.
        try (Connection first = firstConnection()) {
            checkVersion(first);
            checkDurability(first);
            known(schema).prepare(first, address(), pooled());
            LOG.infof(
                    "database: %s (%s), schema %s, tables of migration %s",
                    address(), versionOf(first), schema(), migrated());
        } catch (SQLException e) {
            throw refused(e);
        }
    }

    /** The version without build or packager. */
    private static String versionOf(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseProductVersion().split(" ", 2)[0];
    }

    /** Brings the tables up to date and returns their version; gateways that do so at once wait for each other. */
    private String migrated() {
        try {
            MigrateResult result = flyway.migrate();
            return result.targetSchemaVersion != null ? result.targetSchemaVersion : result.initialSchemaVersion;
        } catch (FlywayException e) {
            if (e.getErrorCode() == CoreErrorCode.NON_EMPTY_SCHEMA_WITHOUT_SCHEMA_HISTORY_TABLE) {
                throw new StartupException(
                        "The schema " + schema() + " of the database (" + address()
                                + ") holds something else than Runtape's tables: name one of its own in RUNTAPE_DATABASE_SCHEMA.");
            }
            throw new StartupException(
                    "Runtape cannot prepare the tables in its database (" + address() + "): " + firstLine(e));
        }
    }

    /**
     * H2 begins a new history in an empty file. A full disk or a failed copy may have emptied a file that held a
     * history.
     */
    private void warnOfAnEmptyFile() {
        Path file = address().file();
        if (file != null && Files.isRegularFile(file) && file.toFile().length() == 0) {
            LOG.warnf(
                    "the database file %s is there but empty: a new history begins in it. If there was one before, stop the"
                            + " gateway and put a copy back",
                    file);
        }
    }

    private StartupException refused(SQLException e) {
        return new StartupException("Runtape cannot open its database (" + address() + "): " + firstLine(e)
                + ". Check RUNTAPE_DATABASE_URL, or RUNTAPE_DATA_DIR for the embedded database.");
    }

    private StartupException inUse() {
        return new StartupException("Another gateway uses this database (" + address()
                + "). An embedded database serves one gateway: stop the other one, name another RUNTAPE_DATA_DIR, or let"
                + " both share a PostgreSQL database (RUNTAPE_DATABASE_URL).");
    }

    /** The database's own message: the innermost cause, without the framework's words around it. */
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
            throw new StartupException("Runtape needs PostgreSQL " + POSTGRESQL_OLDEST + " or newer; the database ("
                    + address() + ") is " + major + ".");
        }
    }

    /** H2's file lock admits one process: waits a while for the previous gateway to release it. */
    private Connection firstConnection() throws SQLException {
        long until = System.nanoTime() + LOCK_PATIENCE.toNanos();
        boolean said = false;
        while (true) {
            try {
                // The schema may not be there yet.
                return connect(address(), StoreAddress.READ_WITHIN);
            } catch (SQLException e) {
                if (e.getErrorCode() != H2_FILE_LOCKED) {
                    throw e;
                }
                if (System.nanoTime() > until) {
                    throw inUse();
                }
                if (!said) {
                    LOG.infof("another gateway holds the database (%s), waiting for it to let go", address());
                    said = true;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("Interrupted while waiting for the database.");
        }
    }

    /** Which database this is. */
    public Engine engine() {
        return address().engine();
    }

    /** The database's address, without secrets. */
    public StoreAddress address() {
        return known(address);
    }

    /** The schema of this gateway's tables, and of no other Runtape. */
    public String schema() {
        return known(schema).name();
    }

    private static <T> T known(@Nullable T settled) {
        if (settled == null) {
            throw new IllegalStateException("the store is not open yet");
        }
        return settled;
    }

    /**
     * Opens a separate connection, in auto-commit mode, with the time-out of readers. The caller closes it.
     *
     * @throws SQLException where the database does not answer or refuses the login
     */
    public Connection connect() throws SQLException {
        return connect(StoreAddress.READ_WITHIN);
    }

    /**
     * Opens a separate connection, in auto-commit mode. The caller closes it.
     *
     * @param answerWithin how long a statement may take on PostgreSQL before it and the connection fail: a host that
     *     vanishes sends nothing, and a thread would wait for it for hours
     * @throws SQLException where the database does not answer or refuses the login
     */
    public Connection connect(Duration answerWithin) throws SQLException {
        Connection connection = connect(address(), answerWithin);
        return pooled() ? connection : entered(connection, known(schema).enterBesideCommits(engine()));
    }

    private static Connection entered(Connection connection, String statements) throws SQLException {
        try (Statement enter = connection.createStatement()) {
            enter.execute(statements);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static Connection connect(StoreAddress to, Duration answerWithin) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", to.user());
        login.setProperty("password", to.password());
        if (to.engine() != Engine.POSTGRESQL) {
            DiskSpace.require(to.jdbcUrl(), DiskSpace.TO_OPEN);
            return DriverManager.getConnection(to.jdbcUrl(), login);
        }
        // Holds from the first byte of the login on; in whole seconds, and 0 would mean for ever.
        login.setProperty("socketTimeout", Long.toString(Math.max(1, answerWithin.toSeconds())));
        Connection connection = DriverManager.getConnection(to.jdbcUrl(), login);
        connection.setNetworkTimeout(Runnable::run, (int) answerWithin.toMillis());
        return connection;
    }

    /**
     * Opens the embedded database of another data directory, in the schema of this one's name. The caller closes it.
     *
     * @throws StartupException if there is none, or a gateway uses it
     * @throws SQLException where it cannot be opened
     */
    public Connection connectToFile(String dataDir) throws SQLException {
        StoreAddress other = StoreAddress.of(null, null, dataDir);
        Path file = other.file();
        if (file == null || !Files.isRegularFile(file)) {
            throw new StartupException("There is no embedded database in " + dataDir + ": " + file + " is missing.");
        }
        try {
            return entered(
                    connect(other, StoreAddress.READ_WITHIN), known(schema).enter(Engine.H2));
        } catch (SQLException e) {
            if (e.getErrorCode() == H2_FILE_LOCKED) {
                throw new StartupException("A gateway uses the embedded database in " + dataDir
                        + ". Stop it first: its history may not grow" + " while it moves.");
            }
            throw e;
        }
    }

    /**
     * Opens a session with the server itself, past any pooler, in auto-commit mode. The caller closes it.
     *
     * @param answerWithin as {@link #connect(Duration)} has it
     * @throws SQLException where the database does not answer or refuses the login
     */
    public Connection connectDirectly(Duration answerWithin) throws SQLException {
        return entered(
                connect(known(directAddress), answerWithin), known(schema).enter(engine()));
    }

    /**
     * Opens a connection to write frames over, in auto-commit mode. The caller closes it.
     *
     * @param answerWithin as {@link #connect(Duration)} has it
     * @throws SQLException where the database does not answer or refuses the login
     */
    public Connection connectToWrite(Duration answerWithin) throws SQLException {
        Connection connection = connect(address(), answerWithin);
        if (pooled()) {
            return connection;
        }
        entered(connection, known(schema).enter(engine()));
        try {
            if (engine() == Engine.POSTGRESQL) {
                settleSession(connection);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Writes find their rows by key. If PostgreSQL last analysed a table while it was small, it would scan the table
     * instead, and this connection would keep that plan while the table grows, until the next ANALYZE.
     */
    public static final String BY_KEY_ONLY = "set enable_seqscan = off";

    /**
     * The same for one transaction, whose statements keep their plans from then on. PostgreSQL would plan those for a table of
     * partitions anew each time, which takes a third as long as they do.
     */
    public static final String ONE_PLAN_BY_KEY =
            "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off";

    /**
     * A commit must be durable whatever the role's default is, and a session whose client has vanished must end soon:
     * it may hold a lock on its node's row.
     */
    private static void settleSession(Connection connection) throws SQLException {
        try (Statement set = connection.createStatement()) {
            set.execute("set tcp_keepalives_idle = 5");
            set.execute("set tcp_keepalives_interval = 2");
            set.execute("set tcp_keepalives_count = 3");
            set.execute("set idle_in_transaction_session_timeout = 5000");
            set.execute(BY_KEY_ONLY);
            if (!commitsAreDurable(set)) {
                set.execute("set synchronous_commit = on");
            }
        }
    }

    /** Whether a pooler shares sessions: a setting of one session would reach its next user. */
    private boolean pooled() {
        return config.databaseDirectUrl().isPresent();
    }

    private void checkDurability(Connection connection) throws SQLException {
        if (engine() == Engine.POSTGRESQL && pooled()) {
            try (Statement show = connection.createStatement()) {
                if (!commitsAreDurable(show)) {
                    throw new StartupException(
                            "Commits to the database (" + address() + ") are not durable, and Runtape cannot"
                                    + " change that through a pooler: ALTER ROLE … SET synchronous_commit = on.");
                }
            }
        }
    }

    private static boolean commitsAreDurable(Statement show) throws SQLException {
        try (ResultSet row = show.executeQuery("show synchronous_commit")) {
            return !row.next() || !row.getString(1).equals("off");
        }
    }

    /**
     * Makes commits safe against the loss of the process. On PostgreSQL they are already; H2 keeps committed pages in
     * memory until a checkpoint writes them out.
     */
    public void makeDurable(Connection connection) throws SQLException {
        if (engine() == Engine.H2) {
            try (Statement checkpoint = connection.createStatement()) {
                checkpoint.execute(CHECKPOINT);
            }
        }
    }

    /**
     * Checks that a commit finds room on the disk, if the database is embedded.
     *
     * @throws SQLException with {@code 53100} if it may not
     */
    public void requireRoom() throws SQLException {
        requireRoom(0);
    }

    /** The same for a transaction that writes so many bytes more than a commit may. */
    public void requireRoom(long bytes) throws SQLException {
        DiskSpace.require(address().jdbcUrl(), DiskSpace.TO_COMMIT + bytes);
    }

    /**
     * The same for a deletion that writes so many bytes. Where commits have no room anyway, see {@link #hasRoom}, it may use what they
     * leave, since it makes room.
     */
    public void requireRoomToDelete(long bytes) throws SQLException {
        DiskSpace.require(address().jdbcUrl(), DiskSpace.TO_OPEN + bytes);
    }

    /**
     * Whether a fault is one of the whole database, so that no single run is to blame: see {@link SqlFault#mayBeOfOneRun}; or its disk
     * is full for all, and not only for a transaction that writes more than others.
     */
    public boolean isOfAll(SQLException fault) {
        boolean full = SqlFault.isOfAFullDisk(fault) && (engine() == Engine.POSTGRESQL || !hasRoom());
        return full || !SqlFault.mayBeOfOneRun(fault);
    }

    /** Whether a commit finds room on the disk, if the database is embedded. */
    public boolean hasRoom() {
        try {
            requireRoom();
            return true;
        } catch (SQLException full) {
            return false;
        }
    }

    /**
     * Closes a connection that frames were written over. If an embedded database has closed itself after a failed
     * write, this closes the readers' connections too. They belong to the closed database, and while one of them is
     * left, H2 finds the file locked when it opens the database again.
     */
    public void closeWriting(Connection connection) throws SQLException {
        boolean closed = engine() == Engine.H2 && !connection.isValid(0);
        connection.close();
        if (closed) {
            readers.flush(AgroalDataSource.FlushMode.ALL);
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
