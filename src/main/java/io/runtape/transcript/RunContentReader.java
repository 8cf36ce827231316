package io.runtape.transcript;

import io.runtape.error.ApiException;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.function.LongConsumer;

/** Reads what runs were asked and brought. Blocks; safe for any thread. */
@Singleton
public final class RunContentReader {

    private final Transcripts transcripts;
    private final MemoryBudgets memory;

    RunContentReader(Transcripts transcripts, MemoryBudgets memory) {
        this.transcripts = transcripts;
        this.memory = memory;
    }

    /** Does something with what a run brought, while there is room for that in memory. */
    @FunctionalInterface
    public interface Use<T> {
        T of(RunContents contents) throws SQLException;
    }

    /**
     * Reads what a run that has ended brought, up to a bound of 8 MiB of events.
     *
     * @return what the use of it returns
     * @throws ApiException 503 if there is no memory for it now, or the database does not answer; 404 if the run is gone
     */
    public <T> T read(Run run, Use<T> use) throws SQLException {
        try (BudgetShare room = memory.answers().share()) {
            return use.of(transcripts.contents(run, room::takeBlocking));
        }
    }

    /**
     * Everything that a run was asked, and what it has brought so far, up to a bound of 8 MiB of events. Of a run whose
     * frames are deleted, what is kept of it.
     *
     * @param room takes how many bytes that needs; may wait until there is room for them, or throw
     * @throws ApiException 404 if the run is gone
     */
    public RunConversation conversation(Run run, LongConsumer room) throws SQLException {
        return transcripts.conversation(run, room);
    }

    /** How much room the {@link #conversation} of a run takes at the most for its events, if they have so many bytes. */
    public static long room(long eventBytes) {
        return Transcripts.roomOfContents(eventBytes);
    }
}
