package io.runtape.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Keeps which threads a caller has named, so that a search looks at their titles; it finds other titles with the prompt that
 * gave them. Runs in the caller's transaction, which holds the thread's row. A deleted thread is forgotten by itself. Blocks.
 */
public final class ThreadNames {

    private static final String ADD = "insert into thread_name (owner, thread_id) values (?, ?) on conflict do nothing";

    private static final String REMOVE = "delete from thread_name where owner = ? and thread_id = ?";

    private static final String REMOVE_IF_TITLED = REMOVE + """

            and exists (select 1 from thread t
                where t.owner = thread_name.owner and t.id = thread_name.thread_id and t.title = ?)""";

    private static final String HAS = "select 1 from thread_name where owner = ? and thread_id = ?";

    private ThreadNames() {}

    /** Whether a caller has named the thread. */
    static boolean has(Connection connection, String owner, String threadId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(HAS)) {
            select.setString(1, owner);
            select.setString(2, threadId);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The thread has a title of its own from now on. */
    public static void add(Connection connection, String owner, String threadId) throws SQLException {
        execute(connection, ADD, owner, threadId);
    }

    /** The thread's title is a line of a prompt from now on, or it has none. */
    public static void remove(Connection connection, String owner, String threadId) throws SQLException {
        execute(connection, REMOVE, owner, threadId);
    }

    /** This is a line of a prompt: if it is the thread's title, the thread is not named. */
    public static void removeIfTitled(Connection connection, String owner, String threadId, String line)
            throws SQLException {
        execute(connection, REMOVE_IF_TITLED, owner, threadId, line);
    }

    private static void execute(Connection connection, String sql, String... parameters) throws SQLException {
        try (PreparedStatement change = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                change.setString(i + 1, parameters[i]);
            }
            change.executeUpdate();
        }
    }
}
