package io.runtape.transcript;

import io.runtape.error.ApiException;
import io.runtape.run.Run;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.function.LongConsumer;

/** Reads what runs were asked and brought. Blocks; safe for any thread. */
@Singleton
public final class RunContentReader {

    private final Transcripts transcripts;

    RunContentReader(Transcripts transcripts) {
        this.transcripts = transcripts;
    }

    /**
     * What a run that has ended brought, up to a bound of 8 MiB of events.
     *
     * @param room takes how many bytes that needs; may wait until there is room for them, or throw
     * @throws ApiException 503 if the database does not answer; 404 if the run is gone
     */
    public RunContents contents(Run run, LongConsumer room) throws SQLException {
        return transcripts.contents(run, room);
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

    /** The bounds of a run's contents, as a text that differs if they differ. */
    public String bounds() {
        return transcripts.bounds();
    }

    /** How much room the {@link #conversation} of a run takes at the most for its events, if they have so many bytes. */
    public static long room(long eventBytes) {
        return Transcripts.roomOfContents(eventBytes);
    }
}
