package io.runtape.transcript;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.access.CallerAuthentication;
import io.runtape.answer.Answers;
import io.runtape.dialect.Part;
import io.runtape.memory.AnswerRoom;
import io.runtape.memory.MemoryBudgets;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** What was said in runs and threads (contract, sections 3 and 7). */
@Path("/history/v1")
public final class TranscriptResource {

    private final CallerAuthentication callers;
    private final Transcripts transcripts;
    private final MemoryBudgets memory;

    TranscriptResource(CallerAuthentication callers, Transcripts transcripts, MemoryBudgets memory) {
        this.callers = callers;
        this.transcripts = transcripts;
        this.memory = memory;
    }

    /** The conversation of one run. */
    @GET
    @Path("/runs/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    @Tag(name = "Runs")
    @Operation(operationId = "getRunTranscript", summary = "Read a run as a conversation", description = """
                    What was asked, and what was said and done: deltas are joined, and tool calls stand with their results. Of a run \
                    that goes on, what there is so far.""")
    @APIResponse(responseCode = "200", description = "The transcript.")
    public RestResponse<Answer<RunTranscript>> ofRun(
            @PathParam("id") @Parameter(ref = "RunId") String id, @Context RoutingContext context) throws SQLException {
        return ok(transcripts.ofRun(callers.readerOf(context.request()), id, AnswerRoom.of(context, memory)));
    }

    /** The conversation of all runs of a thread. */
    @GET
    @Path("/threads/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    @Tag(name = "Threads")
    @Operation(
            operationId = "getThreadTranscript",
            summary = "Read a thread as a conversation",
            description = "All its runs in their order. What a request repeats of earlier runs is shown once.")
    @APIResponse(responseCode = "200", description = "The transcript.")
    public RestResponse<Answer<ThreadTranscript>> ofThread(
            @PathParam("id") @Parameter(ref = "ThreadId") String id, @Context RoutingContext context)
            throws SQLException {
        return ok(transcripts.ofThread(callers.readerOf(context.request()), id, AnswerRoom.of(context, memory)));
    }

    private static <T> RestResponse<Answer<T>> ok(T transcript) {
        return Answers.ok(new Answer<>(transcript));
    }

    /**
     * The answer that holds a transcript.
     *
     * @param data the transcript
     */
    // The native executable sees the interface of parts in the answer, and not who implements it.
    @RegisterForReflection(
            targets = {
                Part.Text.class,
                Part.Reasoning.class,
                Part.ToolCall.class,
                Part.ToolResult.class,
                Part.FilePart.class,
                Part.ErrorPart.class
            })
    @Schema(requiredProperties = "data")
    record Answer<T>(T data) {}
}
