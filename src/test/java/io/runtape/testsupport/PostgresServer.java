package io.runtape.testsupport;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;

/**
 * The one PostgreSQL of this JVM, started when first asked for and stopped by its shutdown hook. As durable as one in
 * production: the embedded server's own settings would trade that for speed. A started server is found again by a system
 * property, since each start of the application may load this class anew.
 */
public final class PostgresServer {

    private static final String PORT = "testsupport.postgres.port";
    private static final String DATABASES = "testsupport.postgres.databases";

    static final String CONNECTIONS_MAX = "200";

    /** How long a server may take to answer, on a machine that starts others. */
    private static final Duration START = Duration.ofMinutes(2);

    private PostgresServer() {}

    /** Makes an empty database; returns its address as the gateway takes it. */
    public static String freshDatabase() {
        synchronized (System.getProperties()) {
            int port = port();
            String name = "runtape_" + count();
            try (Connection connection = connect(port, "postgres");
                    Statement create = connection.createStatement()) {
                create.execute("create database " + name);
            } catch (SQLException e) {
                throw new IllegalStateException("no database can be made", e);
            }
            return "postgresql://postgres@localhost:" + port + "/" + name;
        }
    }

    /**
     * What an administrator does where a pooler is on the way: sessions of the role look names up in the gateway's schema,
     * whoever has made them.
     */
    public static void lookUpInSchema(String address) {
        try (Connection connection = connect(address);
                Statement alter = connection.createStatement()) {
            alter.execute("alter role postgres in database " + databaseOf(address) + " set search_path = runtape");
        } catch (SQLException e) {
            throw new IllegalStateException("the role cannot be set", e);
        }
    }

    /** Whether the database at an address that {@link #freshDatabase} gave accepts further connections; those that it has stay. */
    public static void acceptConnections(String address, boolean accepted) {
        synchronized (System.getProperties()) {
            try (Connection connection = connect(port(), "postgres");
                    Statement alter = connection.createStatement()) {
                alter.execute("alter database " + databaseOf(address) + " allow_connections " + accepted);
            } catch (SQLException e) {
                throw new IllegalStateException("the database cannot be set", e);
            }
        }
    }

    /** The database's name in an address that {@link #freshDatabase} gave. */
    public static String databaseOf(String address) {
        return address.substring(address.lastIndexOf('/') + 1);
    }

    /** A connection of its own, in the gateway's schema, to the database at an address that {@link #freshDatabase} gave. */
    public static Connection connect(String address) throws SQLException {
        synchronized (System.getProperties()) {
            return connect(port(), databaseOf(address));
        }
    }

    static Connection connect(int port, String database) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", "postgres");
        login.setProperty("currentSchema", "runtape");
        return new org.postgresql.Driver().connect("jdbc:postgresql://localhost:" + port + "/" + database, login);
    }

    private static int count() {
        int next = Integer.getInteger(DATABASES, 0) + 1;
        System.setProperty(DATABASES, Integer.toString(next));
        return next;
    }

    private static int port() {
        Integer known = Integer.getInteger(PORT);
        if (known != null) {
            return known;
        }
        int port = start().getPort();
        System.setProperty(PORT, Integer.toString(port));
        return port;
    }

    private static EmbeddedPostgres start() {
        try {
            return settings().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How each server of the tests is set. */
    static EmbeddedPostgres.Builder settings() {
        return EmbeddedPostgres.builder()
                .setPGStartupWait(START)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("max_connections", CONNECTIONS_MAX)
                .setOutputRedirector(ProcessBuilder.Redirect.DISCARD);
    }
}
