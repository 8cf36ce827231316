package io.runtape.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Gives a thread the agent of its first remaining run that names one, after the last run of its agent was deleted. Runs in the
 * caller's transaction, which then locks the thread's row: end the transaction soon. Blocks.
 */
public final class ThreadAgents {

    private static final String FORGET = """
            update thread set agent = (
                select r.agent from run r
                where r.owner = thread.owner and r.thread_id = thread.id and r.thread_ordinal is not null
                    and r.agent is not null
                order by r.owner, r.thread_id, r.thread_ordinal limit 1)
            where owner = ? and id = ? and agent is not null and not exists (
                select 1 from run r
                where r.owner = thread.owner and r.thread_id = thread.id and r.thread_ordinal is not null
                    and r.agent = thread.agent)""";

    private ThreadAgents() {}

    /** A run of the thread was deleted: its agent may not remain if no other run has it. */
    public static void forget(Connection connection, String owner, String threadId) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(FORGET)) {
            update.setString(1, owner);
            update.setString(2, threadId);
            update.executeUpdate();
        }
    }
}
