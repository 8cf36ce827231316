package io.runtape.transcript;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.dialect.Part;
import io.runtape.run.Run;
import io.runtape.run.RunVersion;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.ResponseTag;
import io.runtape.server.response.ResponseTags;
import io.runtape.server.response.Responses;
import io.runtape.server.response.TextResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
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

    private static final String MARKDOWN = "text/markdown";

    private static final String RUN_SECTION = """

            ## Run `run_019b76a0c5c17f3e8a0f52a3a3f7c9d1`

            - Status: `completed`
            - Began: `2026-01-01 00:00:00.000 UTC`

            ### User, 2026-01-01 00:00:00.000 UTC

            ```text
            Run the tests.
            ```
            """;

    private static final String RUN_IN_MARKDOWN = """
            # Transcript of run `run_019b76a0c5c17f3e8a0f52a3a3f7c9d1`
            """ + RUN_SECTION;

    private static final String THREAD_IN_MARKDOWN = """
            # Transcript of thread `thr_abc123`

            Title: `Fix the build`
            """ + RUN_SECTION;

    private static final String IN_HTML = """
            <!doctype html>
            <html lang="en">
            …
            </html>
            """;

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
                    that goes on, what there is so far; of one that has ended, with an `ETag`. As `text/markdown` and `text/html`, \
                    a document to read and to print.""")
    @APIResponse(responseCode = "200", description = "The transcript.")
    @APIResponse(responseCode = "304", ref = "NotModified")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public RestResponse<DataEnvelope<RunTranscript>> ofRun(
            @RestPath String id, @BeanParam SpanParameters asked, @Context RoutingContext context) throws SQLException {
        Responses.requireJson(context);
        return ofRun(
                id,
                asked.span(),
                MediaType.APPLICATION_JSON,
                context,
                (run, room) -> new DataEnvelope<>(transcripts.ofRun(run, asked.span(), room)));
    }

    /** The same in Markdown. */
    @GET
    @Path("/runs/{id}/transcript")
    @Produces(MARKDOWN + ";qs=0.5")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MARKDOWN,
                            schema = @Schema(type = SchemaType.STRING),
                            example = RUN_IN_MARKDOWN))
    public RestResponse<TextResponse> ofRunInMarkdown(
            @RestPath String id, @BeanParam SpanParameters asked, @Context RoutingContext context) throws SQLException {
        return markdown(ofRun(
                id,
                asked.span(),
                MARKDOWN,
                context,
                (run, room) -> markdown(transcripts.documentOfRun(run, asked.span(), room))));
    }

    /** The same as a page. */
    @GET
    @Path("/runs/{id}/transcript")
    @Produces(MediaType.TEXT_HTML + ";qs=0.7")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.TEXT_HTML,
                            schema = @Schema(type = SchemaType.STRING),
                            example = IN_HTML))
    public RestResponse<TextResponse> ofRunInHtml(
            @RestPath String id, @BeanParam SpanParameters asked, @Context RoutingContext context) throws SQLException {
        return html(ofRun(
                id,
                asked.span(),
                MediaType.TEXT_HTML,
                context,
                (run, room) -> html(transcripts.documentOfRun(run, asked.span(), room))));
    }

    /** Makes the transcript of a run in one of the forms. */
    @FunctionalInterface
    private interface RunForm<T> {
        T of(Run run, ResponseBudget room) throws SQLException;
    }

    private <T> RestResponse<T> ofRun(
            String id, FrameSpan span, String mediaType, RoutingContext context, RunForm<T> form) throws SQLException {
        Run run = transcripts.require(callers.readerOf(context.request()), id);
        @Nullable
        ResponseTag tag = transcripts.hasEnded(run) ? tags.of(RunVersion.of(run), form(mediaType, span)) : null;
        if (tag != null && Responses.isKnown(context, tag)) {
            return Responses.notModified(tag);
        }
        T transcript = form.of(run, ResponseBudget.of(context, memory));
        return tag == null ? Responses.ok(transcript) : Responses.ok(transcript, tag);
    }

    /** The transcript of all runs of a thread. */
    @GET
    @Path("/threads/{id}/transcript")
    @Produces(MediaType.APPLICATION_JSON)
    @Tag(name = "Threads")
    @Operation(operationId = "getThreadTranscript", summary = "Read a thread as a conversation", description = """
                    All its runs in their order. What a request repeats of earlier runs is shown once. `from` and `to` are the \
                    thread's sequences. As `text/markdown` and `text/html`, a document to read and to print.""")
    @APIResponse(responseCode = "200", description = "The transcript.")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public RestResponse<DataEnvelope<ThreadTranscript>> ofThread(
            @RestPath String id, @BeanParam SpanParameters asked, @Context RoutingContext context) throws SQLException {
        Responses.requireJson(context);
        FrameSpan span = asked.span();
        Owner owner = callers.readerOf(context.request());
        return Responses.ok(
                new DataEnvelope<>(transcripts.ofThread(owner, id, span, ResponseBudget.of(context, memory))));
    }

    /** The same in Markdown. */
    @GET
    @Path("/threads/{id}/transcript")
    @Produces(MARKDOWN + ";qs=0.5")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MARKDOWN,
                            schema = @Schema(type = SchemaType.STRING),
                            example = THREAD_IN_MARKDOWN))
    public RestResponse<TextResponse> ofThreadInMarkdown(
            @RestPath String id, @BeanParam SpanParameters asked, @Context RoutingContext context) throws SQLException {
        return markdown(Responses.ok(markdown(document(id, asked.span(), context))));
    }

    /** The same as a page. */
    @GET
    @Path("/threads/{id}/transcript")
    @Produces(MediaType.TEXT_HTML + ";qs=0.7")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.TEXT_HTML,
                            schema = @Schema(type = SchemaType.STRING),
                            example = IN_HTML))
    public RestResponse<TextResponse> ofThreadInHtml(
            @RestPath String id, @BeanParam SpanParameters asked, @Context RoutingContext context) throws SQLException {
        return html(Responses.ok(html(document(id, asked.span(), context))));
    }

    private TranscriptDocument document(String threadId, FrameSpan span, RoutingContext context) throws SQLException {
        Owner owner = callers.readerOf(context.request());
        return transcripts.documentOfThread(owner, threadId, span, ResponseBudget.of(context, memory));
    }

    private static TextResponse markdown(TranscriptDocument document) {
        return to -> new MarkdownPage(to).write(document);
    }

    private static TextResponse html(TranscriptDocument document) {
        return to -> new HtmlPage(to).write(document);
    }

    private static RestResponse<TextResponse> markdown(RestResponse<TextResponse> response) {
        return DocumentResponses.text(response, MARKDOWN);
    }

    private static RestResponse<TextResponse> html(RestResponse<TextResponse> response) {
        return DocumentResponses.html(response, HtmlStyle.TRANSCRIPT);
    }

    /** The part of the entity tag that does not depend on the run. */
    private String form(String mediaType, FrameSpan span) {
        return "transcript " + mediaType + " " + span.from() + " " + span.to() + " " + transcripts.bounds();
    }
}
