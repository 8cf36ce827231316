package io.runtape.history.thread;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.run.AgentThread;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a list shows of a thread's own row. The members are those of {@link AgentThread}. */
@RegisterForReflection
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

    /** Its place in the list. */
    ThreadQueries.StreamPosition place() {
        return new ThreadQueries.StreamPosition(updatedAt, id);
    }
}
