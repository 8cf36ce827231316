package io.runtape.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Titles a thread anew from its remaining prompts, after a caller removed its name or deleted the run that gave its
 * title. Runs in the caller's transaction, which then locks the thread's row: commits of its runs wait, so end the
 * transaction soon. Blocks.
 */
public final class DefaultTitles {

    /** Bounds how long the thread's row is locked; prompts are rarely blank. */
    private static final int RUNS_MAX = 100;

    private static final String LOCK = "select title from thread where owner = ? and id = ? for update";

    private static final String PROMPTS = """
            select substring(prompt, 1, ?) from run
            where owner = ? and thread_id = ? and thread_ordinal is not null and prompt is not null
            order by owner, thread_id, thread_ordinal limit ?""";

    private static final String UPDATE = "update thread set title = ? where owner = ? and id = ?";

    private DefaultTitles() {}

    /** Gives the thread the title that it would have if nobody had named it. The transaction holds the thread's row. */
    public static void restore(Connection connection, String owner, String threadId) throws SQLException {
        update(connection, owner, threadId, first(connection, owner, threadId));
    }

    /**
     * Titles the thread after the deletion of a run with that prompt: nothing of the prompt may remain. A name that a caller gave
     * stays, whatever it says.
     */
    public static void forget(Connection connection, String owner, String threadId, @Nullable String prompt)
            throws SQLException {
        @Nullable String gone = ThreadTitle.of(prompt);
        // Locked in any case: a concurrent deletion may remove the run whose prompt would be next.
        @Nullable String title = lock(connection, owner, threadId);
        if (gone != null && Objects.equals(title, gone) && !ThreadNames.has(connection, owner, threadId)) {
            restore(connection, owner, threadId);
        }
    }

    /** The same after the deletion of a run whose prompt cannot be read: the title may be of it. */
    public static void forgetUnread(Connection connection, String owner, String threadId) throws SQLException {
        lock(connection, owner, threadId);
        if (!ThreadNames.has(connection, owner, threadId)) {
            restore(connection, owner, threadId);
        }
    }

    private static @Nullable String lock(Connection connection, String owner, String threadId) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
            lock.setString(1, owner);
            lock.setString(2, threadId);
            try (ResultSet row = lock.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    private static @Nullable String first(Connection connection, String owner, String threadId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(PROMPTS)) {
            select.setInt(1, ThreadTitle.PROMPT_CHARS);
            select.setString(2, owner);
            select.setString(3, threadId);
            select.setInt(4, RUNS_MAX);
            try (ResultSet row = select.executeQuery()) {
                @Nullable String title = null;
                while (title == null && row.next()) {
                    title = ThreadTitle.of(row.getString(1));
                }
                return title;
            }
        }
    }

    private static void update(Connection connection, String owner, String threadId, @Nullable String title)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
            update.setString(1, title);
            update.setString(2, owner);
            update.setString(3, threadId);
            update.executeUpdate();
        }
    }
}
