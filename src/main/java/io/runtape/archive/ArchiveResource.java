package io.runtape.archive;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.PageParameters;
import io.runtape.history.run.RunFilter;
import io.runtape.history.run.RunSelection;
import io.runtape.history.run.RunSnapshots;
import io.runtape.history.run.RunWalks;
import io.runtape.history.thread.ThreadQueries;
import io.runtape.run.AgentThread;
import io.runtape.run.Run;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.Responses;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;

/** Archives of runs, and their import (docs/guides/archive.md). Other resources show the same runs as JSON. */
@Path("/history/v1")
public final class ArchiveResource {

    private static final String QS = ";qs=0.9";

    private final CallerAuthentication callers;
    private final RunWalks walks;
    private final RunSnapshots present;
    private final ThreadQueries threads;
    private final ArchiveExport export;
    private final ArchiveImports imports;

    ArchiveResource(
            CallerAuthentication callers,
            RunWalks walks,
            RunSnapshots present,
            ThreadQueries threads,
            ArchiveExport export,
            ArchiveImports imports) {
        this.callers = callers;
        this.walks = walks;
        this.present = present;
        this.threads = threads;
        this.export = export;
        this.imports = imports;
    }

    /** An archive of the caller's runs, the newest first. */
    @GET
    @Path("/runs")
    @Produces(NdjsonResponses.LINES + QS)
    @Blocking
    @Tag(name = "Runs")
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(ref = "Archive")))
    public Uni<Void> runs(
            @BeanParam RunFilter filter, @BeanParam PageParameters page, @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        NdjsonResponses.requireNone(context, "runs", "limit", "q", "sort", "order", "fields");
        return export.write(owner, walks.newest(RunSelection.of(owner, filter, context), page), context);
    }

    /** An archive of one run. */
    @GET
    @Path("/runs/{id}")
    @Produces(NdjsonResponses.LINES + QS)
    @Blocking
    @Tag(name = "Runs")
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(ref = "Archive")))
    @APIResponse(responseCode = "409", ref = "RunActive")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public Uni<Void> run(@RestPath String id, @Context RoutingContext context) throws SQLException {
        Owner owner = callers.readerOf(context.request());
        return export.write(owner, ArchiveExport.requireEnded(present.require(owner, id)), context);
    }

    /** An archive of one run that can be kept beside the tests of an agent's client. */
    @GET
    @Path("/runs/{id}/cassette")
    @Produces(NdjsonResponses.LINES)
    @Blocking
    @Tag(name = "Runs")
    @Operation(operationId = "getRunCassette", summary = "Get a run as a cassette", description = """
                    An archive of one run for the tests of an agent's client, without what looks like a credential and what \
                    `RUNTAPE_CASSETTE_REDACT` names: asterisks stand for it. A gateway with `RUNTAPE_CASSETTES` answers calls \
                    from it, and `POST /history/v1/import` takes it.""")
    @APIResponse(
            responseCode = "200",
            description = "The cassette.",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(ref = "Cassette")))
    @APIResponse(responseCode = "406", ref = "NotAcceptable")
    @APIResponse(responseCode = "409", ref = "RunActive")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    @APIResponse(responseCode = "501", ref = "NotRedacted")
    public Uni<Void> cassette(@RestPath String id, @Context RoutingContext context) throws SQLException {
        Owner owner = callers.readerOf(context.request());
        Run run = ArchiveExport.requireEnded(present.require(owner, id));
        ArchiveExport.requireReadable(run);
        context.response().putHeader("Content-Disposition", "attachment; filename=\"" + run.id + ".ndjson\"");
        return export.writeRedacted(owner, run, context);
    }

    /** An archive of a thread's runs, in their order. */
    @GET
    @Path("/threads/{id}")
    @Produces(NdjsonResponses.LINES + QS)
    @Blocking
    @Tag(name = "Threads")
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(ref = "Archive")))
    public Uni<Void> thread(@RestPath String id, @BeanParam ArchivePosition from, @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        AgentThread thread = threads.require(owner, id);
        return export.write(owner, walks.ofThread(owner, thread, from.page()), context);
    }

    /** Makes the runs of an archive again, as the caller's. */
    @POST
    @Path("/import")
    @Consumes(NdjsonResponses.LINES)
    @Produces(MediaType.APPLICATION_JSON)
    @NonBlocking
    @Tag(name = "Runs")
    @Operation(operationId = "importRuns", summary = "Import an archive", description = """
                    Makes the runs of an archive again, frame for frame, as the caller's. A run that is there already with the same \
                    digest is skipped, also if retention has deleted its frames; one with another digest is a conflict and stays. \
                    Of a run that is damaged in the archive nothing is stored. The archive may be of any length, and may come with \
                    `Content-Encoding: gzip`. If the call fails midway, the runs that were whole by then are there: send the \
                    archive again.""")
    @RequestBody(
            required = true,
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(ref = "Archive")))
    @APIResponse(responseCode = "200", description = "What became of its runs.")
    public Uni<RestResponse<DataEnvelope<ImportSummary>>> take(@Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        return imports.of(owner, context.request()).map(summary -> Responses.ok(new DataEnvelope<>(summary)));
    }
}
