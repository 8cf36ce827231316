package io.runtape.store;

import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells a statement that the database refuses from a database that is away, by the class of its SQLSTATE. */
public final class SqlFault {

    /** SQLSTATE of a conflict with another transaction. */
    public static final String CONFLICT = "40001";

    /** SQLSTATE of a gateway whose node is closed; its class is Runtape's own. */
    public static final String NODE_CLOSED = "RT001";

    /** SQLSTATE of frames that are stored and cannot be read; its class is Runtape's own. */
    public static final String DAMAGED_FRAMES = "RT003";

    /** SQLSTATE of a fault of the gateway. */
    public static final String INTERNAL = "XX000";

    private static final String H2_LOCK_TIMEOUT = "HYT00";

    /** A page of a table or of an index, or H2's file, cannot be read. */
    private static final Set<String> DAMAGED_STORE = Set.of("XX001", "XX002", "90030");

    private static final String DISK_FULL = "53100";

    /** A statement was cancelled, such as for the time that it took. */
    private static final String CANCELLED = "57014";

    /** The database takes no writes, or no further connection. */
    private static final Set<String> OF_ALL = Set.of("25006", "53300");

    private SqlFault() {}

    /** Whether another gateway has closed this one's node: this gateway can write no more, and its runs are closed. */
    public static boolean isOfAClosedNode(SQLException e) {
        return NODE_CLOSED.equals(e.getSQLState());
    }

    /** Whether another transaction conflicted (class 40), or held a lock for too long on H2: a retry may succeed. */
    public static boolean isOfTheMoment(SQLException e) {
        return isOfClass("40", e) || H2_LOCK_TIMEOUT.equals(e.getSQLState());
    }

    /** Whether a disk is full: the database's, or, before anything is written, that of an embedded one. */
    public static boolean isOfAFullDisk(SQLException e) {
        return DISK_FULL.equals(e.getSQLState());
    }

    /** The name of the fault, without data that its message may quote. */
    public static String named(Exception e) {
        if (!(e instanceof SQLException sql)) {
            return e.getClass().getSimpleName();
        }
        return (isOfAFullDisk(sql) ? "disk full, SQLSTATE " : "SQLSTATE ") + sql.getSQLState();
    }

    /**
     * Whether the data is at fault, so that trying again is useless: data exceptions (class 22), violated constraints
     * (23) and exceeded program limits (54). All other faults, such as a lost connection, a full disk or a shutdown,
     * may pass.
     */
    public static boolean isOfTheData(SQLException e) {
        return isOfClass("22", e) || isOfClass("23", e) || isOfClass("54", e);
    }

    /** Whether the statement cannot run (class 42): a table or a privilege is missing, or its syntax is wrong. */
    public static boolean isOfTheStatement(SQLException e) {
        return isOfClass("42", e);
    }

    /**
     * Whether the fault may pass by itself: the same may succeed later, since neither the data nor the statement is at fault, and
     * what is to be read is not damaged.
     */
    public static boolean mayPass(SQLException e) {
        return !isOfTheRow(e) && !isOfTheStatement(e);
    }

    /**
     * Whether the fault stays with what is read or written: the data is at fault, or what is stored is damaged. Trying again is
     * useless; with other rows the same statement may succeed.
     */
    public static boolean isOfTheRow(SQLException e) {
        @Nullable String state = e.getSQLState();
        boolean damaged = state != null && (DAMAGED_FRAMES.equals(state) || DAMAGED_STORE.contains(state));
        return isOfTheData(e) || damaged;
    }

    /**
     * Whether a fault that is none of the row can all the same be of the one run that is worked on, however often it is tried, so that
     * the others are worth a try. Not if the database takes no writes or no logins (class 28), refuses the statement (42) or stops (57).
     * A connection may break at one run alone, such as at a statement that takes too long. Without a state the fault is of the pool of
     * connections.
     */
    public static boolean mayBeOfOneRun(SQLException e) {
        @Nullable String state = e.getSQLState();
        return state != null
                && !OF_ALL.contains(state)
                && !isOfClass("28", e)
                && !isOfTheStatement(e)
                && (!isOfClass("57", e) || CANCELLED.equals(state));
    }

    /** The fault of the database that is behind a failure; null if there is none. */
    public static @Nullable SQLException behind(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }

    private static boolean isOfClass(String sqlStateClass, SQLException e) {
        String state = e.getSQLState();
        return state != null && state.startsWith(sqlStateClass);
    }
}
