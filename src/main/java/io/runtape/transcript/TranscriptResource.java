package io.runtape.transcript;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.access.CallerAuthentication;
import io.runtape.dialect.Part;
import io.runtape.run.Run;
import io.runtape.run.RunVersion;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.ResponseTag;
import io.runtape.server.response.ResponseTags;
import io.runtape.server.response.Responses;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** The transcripts of runs and threads (docs/reference/http-api.md, "Transcript"). */
@Path("/history/v1")
// In the response the native executable sees only the interface of parts, not its implementations.
@RegisterForReflection(
        targets = {
            Part.Text.class,
            Part.Reasoning.class,
            Part.ToolCall.class,
            Part.ToolResult.class,
            Part.FilePart.class,
            Part.ErrorPart.class
        })
public final class TranscriptResource {

    private final CallerAuthentication callers;
    private final Transcripts transcripts;
    private final ResponseTags tags;
    private final MemoryBudgets memory;

    TranscriptResource(CallerAuthentication callers, Transcripts transcripts, ResponseTags tags, MemoryBudgets memory) {
        this.callers = callers;
        this.transcripts = transcripts;
        this.tags = tags;
        this.memory = memory;
    }

    /** The transcript of one run. */
    @GET
    @Path("/runs/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    @Tag(name = "Runs")
    @Operation(operationId = "getRunTranscript", summary = "Read a run as a conversation", description = """
                    What was asked, and what was said and done: deltas are joined, and tool calls stand with their results. Of a run \
                    that goes on, what there is so far; of one that has ended, with an `ETag`.""")
    @APIResponse(responseCode = "200", description = "The transcript.")
    @APIResponse(responseCode = "304", ref = "NotModified")
    public RestResponse<DataEnvelope<RunTranscript>> ofRun(@RestPath String id, @Context RoutingContext context)
            throws SQLException {
        Run run = transcripts.require(callers.readerOf(context.request()), id);
        @Nullable
        ResponseTag tag =
                transcripts.hasEnded(run) ? tags.of(RunVersion.of(run), form(MediaType.APPLICATION_JSON)) : null;
        if (tag != null && Responses.isKnown(context, tag)) {
            return Responses.notModified(tag);
        }
        DataEnvelope<RunTranscript> response =
                new DataEnvelope<>(transcripts.ofRun(run, ResponseBudget.of(context, memory)));
        return tag == null ? Responses.ok(response) : Responses.ok(response, tag);
    }

    /** The transcript of all runs of a thread. */
    @GET
    @Path("/threads/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    @Tag(name = "Threads")
    @Operation(
            operationId = "getThreadTranscript",
            summary = "Read a thread as a conversation",
            description = "All its runs in their order. What a request repeats of earlier runs is shown once.")
    @APIResponse(responseCode = "200", description = "The transcript.")
    public RestResponse<DataEnvelope<ThreadTranscript>> ofThread(@RestPath String id, @Context RoutingContext context)
            throws SQLException {
        return Responses.ok(new DataEnvelope<>(
                transcripts.ofThread(callers.readerOf(context.request()), id, ResponseBudget.of(context, memory))));
    }

    /** The part of the entity tag that does not depend on the run. */
    private String form(String mediaType) {
        return "transcript " + mediaType + " " + transcripts.bounds();
    }
}
