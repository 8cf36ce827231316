package io.runtape.transcript;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.error.ApiException;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import jakarta.inject.Singleton;
import java.sql.SQLException;

/** Makes what is to be kept of a run before its frames are deleted. Blocks; safe for any thread. */
@Singleton
public final class TranscriptKeeper {

    private final Transcripts transcripts;
    private final MemoryBudgets memory;
    private final ObjectMapper json;

    TranscriptKeeper(Transcripts transcripts, MemoryBudgets memory, ObjectMapper json) {
        this.transcripts = transcripts;
        this.memory = memory;
        this.json = json;
    }

    /**
     * What is to be kept of a run that has ended. It has been read again, since nothing else will be left of the frames.
     *
     * @return a JSON object in UTF-8
     * @throws ApiException 503 if there is no memory for it now
     */
    public byte[] of(Run run) throws SQLException {
        try (BudgetShare room = memory.answers().share()) {
            byte[] kept = transcripts.kept(run, room::takeBlocking).json(json);
            KeptMessages.of(kept);
            return kept;
        }
    }
}
