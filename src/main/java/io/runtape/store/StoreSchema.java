package io.runtape.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The schema of Runtape's tables alone, so that other tables may be in the same database, those of other Runtapes
 * included. No statement names it: each session looks names up there. A pooler passes a session on to its next user, so
 * the gateway sets nothing in it: the role must look names up in the schema, or the gateway does not start.
 *
 * @param name its name in the database, one that {@link #of} allows
 */
record StoreSchema(String name) {

    /**
     * By default PostgreSQL's sessions leave the pages that they write to the system's cache, and the next checkpoint, every half
     * minute of heavy recording, forces them to the disk at once: commits then wait for a tenth of a second. So they go to the disk
     * as they are written, 64 pages at a time, which each build of the server takes. The setting stays where the operator has chosen
     * another one, or the server does not have it.
     */
    private static final String FLUSH = "select set_config('backend_flush_after', '64', false)"
            + " where current_setting('backend_flush_after', true) = '0'";

    private static final String DURABLE = "select set_config('synchronous_commit', 'on', false)"
            + " where current_setting('synchronous_commit') = 'off'";

    /** PostgreSQL cuts names of sessions and of channels at 63 bytes, and the schema's name is part of both. */
    private static final int LENGTH_MAX = 40;

    private static final Pattern ALLOWED = Pattern.compile("[a-z_][a-z0-9_]{0," + (LENGTH_MAX - 1) + "}");

    /** PostgreSQL's "insufficient_privilege". */
    private static final String NOT_ALLOWED = "42501";

    /** Another gateway made the schema meanwhile: "duplicate_schema", or "unique_violation" if at the same time. */
    private static final String DUPLICATE = "42P06";

    private static final String DUPLICATE_AT_ONCE = "23505";

    /**
     * Reads the setting.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    static StoreSchema of(@Nullable String setting) {
        String name = setting == null || setting.isBlank() ? StoreConfig.SCHEMA_DEFAULT : setting.trim();
        if (name.length() > LENGTH_MAX) {
            throw unusable("it is longer than " + LENGTH_MAX + " characters");
        }
        if (!ALLOWED.matcher(name).matches()) {
            throw unusable("it has other characters, or begins with a digit");
        }
        if (name.equals("public") || name.equals("information_schema") || name.startsWith("pg_")) {
            throw unusable("that schema is not Runtape's own");
        }
        return new StoreSchema(name);
    }

    private static IllegalArgumentException unusable(String why) {
        return new IllegalArgumentException("RUNTAPE_DATABASE_SCHEMA cannot be used: " + why + ". Allowed are 1 to "
                + LENGTH_MAX
                + " of a-z, 0-9 and _, with no digit first; not public, not information_schema, and nothing"
                + " that begins with pg_");
    }

    /** The statement after which a session looks names up in the schema, and nowhere else. */
    String enter(Engine engine) {
        return switch (engine) {
            case H2 -> "set schema " + quoted();
            case POSTGRESQL -> "set search_path to " + quoted();
        };
    }

    /**
     * The same for all sessions but the committer's. It would wait for the disk more often, and they spare it that. What they write is
     * durable as well, whatever the role's default is.
     */
    String enterBesideCommits(Engine engine) {
        return engine == Engine.POSTGRESQL ? enter(engine) + "; " + FLUSH + "; " + DURABLE : enter(engine);
    }

    private String quoted() {
        return '"' + name + '"';
    }

    /**
     * Makes sure that the schema exists and that the role can make tables in it.
     *
     * @param connection one that has not entered the schema
     * @param pooled whether a pooler shares sessions, so that none of their settings may change
     * @throws StartupException if that is impossible, with what to do about it
     */
    void prepare(Connection connection, StoreAddress address, boolean pooled) throws SQLException {
        refuseTablesFromBefore(connection, address);
        switch (address.engine()) {
            case H2 -> make(connection);
            case POSTGRESQL -> {
                if (!mayBeUsed(connection, address)) {
                    makeOnPostgres(connection, address);
                }
                if (pooled) {
                    requireLookUp(connection, address);
                }
            }
        }
    }

    /** Before the first release the tables were in the schema public, and had another form. */
    private static void refuseTablesFromBefore(Connection connection, StoreAddress address) throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("""
                        select count(*) from information_schema.columns
                        where table_schema = 'public' and (table_name = 'run' and column_name = 'thread_ordinal'
                            or table_name = 'frame' and column_name = 'offset_us')""")) {
            row.next();
            if (row.getInt(1) == 2) {
                throw new StartupException(
                        "The database (" + address + ") holds a history from before Runtape's first release,"
                                + " in the schema public, which this version does not read: "
                                + switch (address.engine()) {
                                    case H2 -> "move the file away, or name another RUNTAPE_DATA_DIR.";
                                    case POSTGRESQL ->
                                        "name another database in RUNTAPE_DATABASE_URL, or drop the tables of that history.";
                                });
            }
        }
    }

    private void make(Connection connection) throws SQLException {
        try (Statement create = connection.createStatement()) {
            create.execute("create schema if not exists " + quoted());
        }
    }

    /** Whether the schema exists and this role may use it; only PostgreSQL has roles that may not. */
    private boolean mayBeUsed(Connection connection, StoreAddress address) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
                select has_schema_privilege(oid, 'USAGE') and has_schema_privilege(oid, 'CREATE')
                from pg_namespace where nspname = ?""")) {
            select.setString(1, name);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                if (!row.getBoolean(1)) {
                    throw new StartupException(
                            "Runtape may not make tables in the schema " + name + " of its database (" + address
                                    + "). Who owns the schema grants it: " + grantOnSchema(connection) + ".");
                }
                return true;
            }
        }
    }

    private void makeOnPostgres(Connection connection, StoreAddress address) throws SQLException {
        try {
            make(connection);
        } catch (SQLException e) {
            switch (String.valueOf(e.getSQLState())) {
                case DUPLICATE, DUPLICATE_AT_ONCE -> mayBeUsed(connection, address);
                case NOT_ALLOWED ->
                    throw new StartupException("Runtape may not make the schema " + name + " in its database ("
                            + address
                            + "). Grant it: GRANT CREATE ON DATABASE " + nameOf(connection, "current_database()")
                            + " TO "
                            + nameOf(connection, "current_user") + ". Or make the schema for it: CREATE SCHEMA "
                            + quoted()
                            + "; " + grantOnSchema(connection) + ".");
                default -> throw e;
            }
        }
    }

    private String grantOnSchema(Connection connection) throws SQLException {
        return "GRANT USAGE, CREATE ON SCHEMA " + quoted() + " TO " + nameOf(connection, "current_user");
    }

    private static String nameOf(Connection connection, String which) throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select quote_ident(" + which + ")")) {
            row.next();
            return row.getString(1);
        }
    }

    private void requireLookUp(Connection connection, StoreAddress address) throws SQLException {
        String looksIn = nameOf(connection, "coalesce(current_schema(), '')");
        if (!looksIn.equals(nameOf(connection, "'" + name + "'"))) {
            throw new StartupException("Through the pooler (" + address + ") names are looked up in the schema "
                    + looksIn
                    + " and not in " + name + ", and Runtape cannot set that there: ALTER ROLE "
                    + nameOf(connection, "current_user") + " IN DATABASE " + nameOf(connection, "current_database()")
                    + " SET search_path = " + quoted() + ", then let the pooler connect anew (RECONNECT).");
        }
    }
}
