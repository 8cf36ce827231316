package io.runtape.testsupport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A PgBouncer of a test's own in transaction mode, with few connections to the server: sessions share them all the time.
 * Confined to one thread.
 */
public final class PgBouncer implements AutoCloseable {

    private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");

    private static final Duration START = Duration.ofSeconds(30);

    private final URI database;
    private final int port;
    private final Path directory;
    private Process process;

    private PgBouncer(URI database, int port, Path directory) {
        this.database = database;
        this.port = port;
        this.directory = directory;
    }

    /** Whether this machine has one. */
    public static boolean isInstalled() {
        return Files.isExecutable(PROGRAM);
    }

    /** Starts one in front of a database at an address that {@link PostgresServer#freshDatabase} gave. */
    public static PgBouncer start(String database) throws IOException {
        // Gives its privileges up, and must be able to read then.
        Path directory = Files.createTempDirectory(
                "runtape-pgbouncer-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        PgBouncer bouncer = new PgBouncer(URI.create(database), FreePort.next(), directory);
        bouncer.configure();
        bouncer.startAgain();
        return bouncer;
    }

    private void configure() throws IOException {
        Files.writeString(directory.resolve("users.txt"), "\"postgres\" \"\"\n\"runtape\" \"\"\n");
        Files.writeString(directory.resolve("pgbouncer.ini"), """
                        [databases]
                        * = host=127.0.0.1 port=%d
                        [pgbouncer]
                        listen_addr = 127.0.0.1
                        listen_port = %d
                        unix_socket_dir =
                        auth_type = trust
                        auth_file = %s
                        pool_mode = transaction
                        default_pool_size = 8
                        max_client_conn = 500
                        """.formatted(
                        database.getPort(), port, directory.resolve("users.txt")));
    }

    /** The database's address through it, as the gateway takes it. */
    public String address() {
        return address("postgres");
    }

    /** The same for another role: {@code runtape} is known here as well. */
    public String address(String role) {
        return "postgresql://" + role + "@localhost:" + port + database.getPath();
    }

    /** Ends it without a last word. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(START.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("PgBouncer does not go");
        }
    }

    /** Starts it, at the same port; returns when it takes connections. */
    public void startAgain() throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), "-q"));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "nobody"));
        }
        command.add(directory.resolve("pgbouncer.ini").toString());
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        RunTable.await("PgBouncer takes connections", START, () -> {
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return true;
            } catch (IOException notYet) {
                if (!process.isAlive()) {
                    throw new AssertionError(Files.readString(directory.resolve("log")));
                }
                return null;
            }
        });
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
