package io.runtape.testsupport;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of a test's own, to be stopped, frozen, or deprived of room. As durable as one in production. Confined
 * to one thread.
 */
public final class OwnPostgres implements AutoCloseable {

    /** The file that tells of a server which runs. */
    private static final String POSTMASTER = "postmaster.pid";

    private static final Duration STOP = Duration.ofMinutes(1);

    private final Path directory;
    private final EmbeddedPostgres server;

    private OwnPostgres(Path directory, EmbeddedPostgres server) {
        this.directory = directory;
        this.server = server;
    }

    /** Starts one. */
    public static OwnPostgres start() throws IOException {
        return start(PostgresServer.CONNECTIONS_MAX);
    }

    /** The same with that many connections. */
    public static OwnPostgres start(String connectionsMax) throws IOException {
        Path directory = Files.createTempDirectory("runtape-postgres-");
        copy(Blank.DIRECTORY, directory);
        return new OwnPostgres(directory, start(directory, connectionsMax));
    }

    private static EmbeddedPostgres start(Path directory, String connectionsMax) throws IOException {
        return PostgresServer.settings()
                .setServerConfig("max_connections", connectionsMax)
                .setDataDirectory(directory)
                .setCleanDataDirectory(false)
                .start();
    }

    /** What {@code initdb} makes, which takes longer than a server's start: made once, copied for each, deleted with this JVM. */
    private static final class Blank {

        static final Path DIRECTORY = make();

        private static Path make() {
            try {
                Path directory = Files.createTempDirectory("runtape-postgres-blank-");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
                OwnPostgres.start(directory, PostgresServer.CONNECTIONS_MAX).close();
                awaitStop(directory);
                return directory;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Closing gives up after some seconds, and what belongs to a server that still runs cannot be copied. */
    private static void awaitStop(Path directory) {
        RunTable.await("PostgreSQL has stopped", STOP, () -> Files.exists(directory.resolve(POSTMASTER)) ? null : true);
    }

    /** Into a directory that is there; rights are kept, as PostgreSQL wants them. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.skip(1).toList()) {
                Files.copy(each, to.resolve(from.relativize(each)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    /** As far as that can be: what is left in the system's folder for such files does no harm. */
    private static void delete(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException e) {
            System.out.println("not deleted: " + e.getMessage());
        }
    }

    /** The port that it listens at, also when it was started again. */
    public int port() {
        return server.getPort();
    }

    /** The address of its database, as the gateway takes it. */
    public String address() {
        return address(port());
    }

    /** The same, by another way to it. */
    public static String address(int port) {
        return "postgresql://postgres@localhost:" + port + "/postgres";
    }

    /** A connection to its database. */
    public Connection connect() throws SQLException {
        return PostgresServer.connect(port(), "postgres");
    }

    /** Runs one statement. */
    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Stops all its processes where they are, with SIGSTOP: connections stay open, and nothing answers. */
    public void freeze() throws IOException {
        // The one first that makes new ones.
        Signal.STOP.send(postmaster());
        Signal.STOP.send(children());
    }

    /** Lets it go on after {@link #freeze}. */
    public void thaw() throws IOException {
        Signal.CONT.send(children());
        Signal.CONT.send(postmaster());
    }

    /** What {@code pg_ctl stop -m immediate} does: ends it without a last word, as a crash would. Returns when it is gone. */
    public void stopImmediately() throws IOException {
        ProcessHandle postmaster = postmaster();
        Signal.QUIT.send(postmaster);
        RunTable.await("PostgreSQL is gone", STOP, () -> postmaster.isAlive() ? null : true);
    }

    /** Starts it after {@link #stopImmediately}, at the same port and with the same settings; returns when it answers. */
    public void startAgain() throws IOException {
        // How it was started, quoted for a shell: PostgreSQL notes that itself.
        String command = Files.readString(directory.resolve("postmaster.opts"), StandardCharsets.UTF_8);
        boolean asRoot = System.getProperty("user.name").equals("root");
        new ProcessBuilder("sh", "-c", (asRoot ? "exec unshare -U " : "exec ") + command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        RunTable.await("PostgreSQL answers", STOP, () -> {
            try (Connection connection = connect()) {
                return connection;
            } catch (SQLException notYet) {
                return null;
            }
        });
    }

    /** All its processes. */
    List<ProcessHandle> processes() throws IOException {
        ProcessHandle postmaster = postmaster();
        return Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
    }

    private ProcessHandle postmaster() throws IOException {
        Path pid = directory.resolve(POSTMASTER);
        Optional<String> first =
                Files.exists(pid) ? Files.readAllLines(pid).stream().findFirst() : Optional.empty();
        return first.flatMap(line -> ProcessHandle.of(Long.parseLong(line.strip())))
                .orElseThrow(() -> new IllegalStateException("PostgreSQL does not run"));
    }

    private ProcessHandle[] children() throws IOException {
        return postmaster().descendants().toArray(ProcessHandle[]::new);
    }

    /** Ends it, whatever state it is in: connections are broken off. */
    @Override
    public void close() throws IOException {
        if (Files.exists(directory.resolve(POSTMASTER))) {
            thaw();
        }
        server.close();
        if (Files.exists(directory)) {
            delete(directory);
        }
    }
}
