package io.runtape.transcript;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.dialect.OpenMessage;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.OpenTranscript;
import io.runtape.error.ApiException;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the transcripts with which late readers of a tail begin (docs/reference/http-api.md, "Snapshots"). Blocks; safe
 * for any thread.
 */
@Singleton
public final class Snapshots {

    private final Transcripts transcripts;
    private final MemoryBudgets memory;
    private final ObjectMapper json;

    Snapshots(Transcripts transcripts, MemoryBudgets memory, ObjectMapper json) {
        this.transcripts = transcripts;
        this.memory = memory;
        this.json = json;
    }

    /**
     * A run's transcript so far.
     *
     * @param sequence the last sequence that it covers: the tail goes on behind it
     * @param data one line of JSON
     */
    public record Snapshot(long sequence, String data) {}

    /** The memory for one snapshot, from reading until it is sent; whoever sends it closes that. */
    public BudgetShare room() {
        return memory.answers().share();
    }

    /**
     * Makes the snapshot of a run.
     *
     * @param upTo the last durable sequence
     * @param ended whether the run has ended with it
     * @param room takes what the snapshot takes
     * @throws ApiException 503 if there is no memory for it now, or the database does not answer
     * @throws SQLException if the database does not answer
     */
    public Snapshot of(Run run, long upTo, boolean ended, BudgetShare room) throws SQLException {
        OpenRun open = transcripts.ofBeginning(run, upTo, ended, room::takeBlocking);
        return new Snapshot(open.sequence(), text(open));
    }

    private String text(OpenRun open) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator to = json.createGenerator(out)) {
            to.writeStartObject();
            to.writeStringField("runId", open.run().id);
            to.writeStringField("threadId", open.run().threadId);
            Optional<OpenTranscript> response = open.response();
            to.writeStringField("dialect", response.map(OpenTranscript::dialect).orElse(open.run().dialect));
            to.writeArrayFieldStart("messages");
            for (TranscriptMessage message : open.messages()) {
                to.writeObject(message);
            }
            if (response.isPresent()) {
                for (OpenMessage message : response.get().messages()) {
                    message(message, open, to);
                }
            }
            to.writeEndArray();
            to.writeObjectField("state", response.map(OpenTranscript::state).orElse(null));
            to.writeBooleanField("truncated", open.truncated());
            to.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes every byte", e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private void message(OpenMessage message, OpenRun of, JsonGenerator to) throws IOException {
        to.writeStartObject();
        to.writeObjectField("role", message.role());
        to.writeArrayFieldStart("parts");
        for (OpenPart part : message.parts()) {
            to.writeTree(part.json(json));
        }
        to.writeEndArray();
        to.writeStringField("runId", of.run().id);
        @Nullable Instant at = of.firstEventAt();
        to.writeObjectField("createdAt", at);
        to.writeEndObject();
    }
}
