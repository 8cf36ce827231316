package io.runtape.diff;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.run.RunSnapshot;
import io.runtape.history.run.RunSnapshots;
import io.runtape.run.RunVersion;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.ResponseTag;
import io.runtape.server.response.ResponseTags;
import io.runtape.server.response.Responses;
import io.runtape.server.response.TextResponse;
import io.runtape.transcript.DocumentResponses;
import io.vertx.ext.web.RoutingContext;
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
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Comparisons of two runs (docs/reference/http-api.md, "Comparison"). */
@Path("/history/v1")
@Tag(name = "Runs")
public final class RunDiffResource {

    private static final String WITH = "The other run: its id, or the one that its agent API gave it.";

    private static final String IN_HTML = """
            <!doctype html>
            <html lang="en">
            …
            </html>
            """;

    private final CallerAuthentication callers;
    private final RunSnapshots runs;
    private final RunDiffs diffs;
    private final ResponseTags tags;
    private final MemoryBudgets memory;

    RunDiffResource(
            CallerAuthentication callers, RunSnapshots runs, RunDiffs diffs, ResponseTags tags, MemoryBudgets memory) {
        this.callers = callers;
        this.runs = runs;
        this.diffs = diffs;
        this.tags = tags;
        this.memory = memory;
    }

    /** Two runs side by side. */
    @GET
    @Path("/runs/{id}/diff")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "diffRuns", summary = "Compare two runs", description = """
                    What differs in what the runs were asked, said, called, and took, whatever agent APIs they are of. Of a run that \
                    goes on, what there is so far; of two that have ended, with an `ETag`. As `text/html`, a page to read and to \
                    print, with the runs side by side.""")
    @APIResponse(responseCode = "200", description = "The comparison.")
    @APIResponse(responseCode = "304", ref = "NotModified")
    public RestResponse<DataEnvelope<RunDiff>> compare(
            @RestPath String id,
            @RestQuery
                    @Parameter(
                            required = true,
                            description = WITH,
                            schema = @Schema(type = SchemaType.STRING),
                            example = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d2")
                    @Nullable
                    String with,
            @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        return compare(id, with, MediaType.APPLICATION_JSON, context, (diff, comparer) -> new DataEnvelope<>(diff));
    }

    /** The same as a page. */
    @GET
    @Path("/runs/{id}/diff")
    @Produces(MediaType.TEXT_HTML + ";qs=0.7")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.TEXT_HTML,
                            schema = @Schema(type = SchemaType.STRING),
                            example = IN_HTML))
    public RestResponse<TextResponse> compareInHtml(
            @RestPath String id,
            @RestQuery
                    @Parameter(
                            required = true,
                            description = WITH,
                            schema = @Schema(type = SchemaType.STRING),
                            example = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d2")
                    @Nullable
                    String with,
            @Context RoutingContext context)
            throws SQLException {
        return DocumentResponses.html(
                compare(
                        id,
                        with,
                        MediaType.TEXT_HTML,
                        context,
                        (diff, comparer) -> to -> new DiffPage(to, comparer).write(diff)),
                DiffPage.STYLE);
    }

    /** Makes a comparison in one of the forms. */
    @FunctionalInterface
    private interface Form<T> {
        T of(RunDiff diff, TextComparer comparer);
    }

    private <T> RestResponse<T> compare(
            String id, @Nullable String with, String mediaType, RoutingContext context, Form<T> form)
            throws SQLException {
        if (with == null) {
            throw ApiException.invalid("The parameter with is missing: the id of the other run.");
        }
        Owner owner = callers.readerOf(context.request());
        RunSnapshot first = runs.require(owner, id);
        RunSnapshot second = runs.require(owner, with);
        @Nullable ResponseTag tag = tag(first, second, mediaType);
        if (tag != null && Responses.isKnown(context, tag)) {
            return Responses.notModified(tag);
        }
        TextComparer comparer = new TextComparer();
        T made = form.of(diffs.of(first, second, comparer, ResponseBudget.of(context, memory)), comparer);
        return tag == null ? Responses.ok(made) : Responses.ok(made, tag);
    }

    /** The tag of a comparison that can no longer change; null if one of the runs goes on. */
    private @Nullable ResponseTag tag(RunSnapshot first, RunSnapshot second, String mediaType) {
        return first.live() != null || second.live() != null
                ? null
                : tags.of(
                        RunVersion.of(first.row()) + RunVersion.of(second.row()),
                        "diff " + mediaType + " " + diffs.bounds());
    }
}
