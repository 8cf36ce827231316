package io.runtape.history.thread;

import io.runtape.run.AgentThread;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** What a list shows of a thread's own row. The members are those of {@link AgentThread}. */
record ListedThread(
        String id,
        @Nullable String title,
        @Nullable String agent,
        boolean archived,
        Instant createdAt,
        Instant updatedAt) {

    static ListedThread of(AgentThread row) {
        return new ListedThread(row.id, row.title, row.agent, row.archived, row.createdAt, row.updatedAt);
    }

    /** Out of a row that begins with the columns of the members, in their order. */
    static ListedThread of(ResultSet row) throws SQLException {
        return new ListedThread(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getBoolean(4),
                row.getObject(5, OffsetDateTime.class).toInstant(),
                row.getObject(6, OffsetDateTime.class).toInstant());
    }

    /** Its place in the list. */
    ThreadQueries.StreamPosition place() {
        return new ThreadQueries.StreamPosition(updatedAt, id);
    }
}
