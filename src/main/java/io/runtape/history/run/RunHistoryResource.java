package io.runtape.history.run;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.Deleted;
import io.runtape.history.DeletionParameters;
import io.runtape.history.FilteredDeletion;
import io.runtape.history.ListSlice;
import io.runtape.history.Page;
import io.runtape.history.PageParameters;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.run.RunVersion;
import io.runtape.search.SearchParameter;
import io.runtape.search.SearchQuery;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.ResponseTag;
import io.runtape.server.response.ResponseTags;
import io.runtape.server.response.Responses;
import io.runtape.store.Pace;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** The recorded runs (docs/reference/http-api.md, "Runs"). */
@Path("/history/v1")
@Tag(name = "Runs")
public final class RunHistoryResource {

    static final String LISTING = "runs";

    private final CallerAuthentication callers;
    private final RunQueries runs;
    private final RunSearch search;
    private final RunSnapshots present;
    private final RequestReader requests;
    private final Deletion deletion;
    private final FilteredDeletion filtered;
    private final ResponseTags tags;
    private final MemoryBudgets memory;

    RunHistoryResource(
            CallerAuthentication callers,
            RunQueries runs,
            RunSearch search,
            RunSnapshots present,
            RequestReader requests,
            Deletion deletion,
            FilteredDeletion filtered,
            ResponseTags tags,
            MemoryBudgets memory) {
        this.callers = callers;
        this.runs = runs;
        this.search = search;
        this.present = present;
        this.requests = requests;
        this.deletion = deletion;
        this.filtered = filtered;
        this.tags = tags;
        this.memory = memory;
    }

    /** The caller's runs, the newest first. */
    @GET
    @Path("/runs")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "listRuns", summary = "List runs", description = """
                    The caller's runs, the newest first. As `application/json`, a page; new runs do not move a page that a cursor \
                    leads to. With `q` each run has a `highlight`, and a page may be short, or empty, although more follow. As \
                    `application/x-ndjson`, an archive of all that have ended, with their requests and frames, from \
                    `cursor` on and without `limit`.""")
    @APIResponse(responseCode = "200", description = "The runs.")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    public RestResponse<Page<RunView>> list(
            @BeanParam RunFilter filter,
            @BeanParam SearchParameter searched,
            @BeanParam PageParameters page,
            @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        Owner owner = callers.readerOf(context.request());
        filter.common().refuseForeign();
        Optional<RunQueries.StreamPosition> after = page.cursor(LISTING, 2).map(RunQueries.StreamPosition::of);
        Optional<SearchQuery> query = searched.query();
        if (query.isPresent()) {
            RunSearch.Hits hits =
                    search.page(owner, filter, query.get(), after, page.limit(), ResponseBudget.of(context, memory));
            return Responses.ok(Page.of(
                    present.views(hits.rows(), hits.highlights()),
                    hits.next() == null ? null : hits.next().cursor(LISTING),
                    context));
        }
        ListSlice<Run> slice = runs.newest(
                owner, filter, after, RunQueries.Bounds.ofPage(page.limit()), ResponseBudget.of(context, memory));
        @Nullable
        String next = slice.more() ? RunQueries.StreamPosition.of(slice.last()).cursor(LISTING) : null;
        return Responses.ok(Page.of(present.views(slice.rows()), next, context));
    }

    /** One run, by Runtape's id or the agent API's. */
    @GET
    @Path("/runs/{id}")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "getRun", summary = "Show a run", description = """
                    Of a run that goes on, the counts are those of its frames so far. One that has ended has an `ETag`. As \
                    `application/x-ndjson`, an archive of the run, which must have ended.""")
    @APIResponse(responseCode = "200", description = "The run.")
    @APIResponse(responseCode = "304", ref = "NotModified")
    public RestResponse<DataEnvelope<RunView>> get(@RestPath String id, @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        RunSnapshot run = present.require(callers.readerOf(context.request()), id);
        if (run.live() != null) {
            return Responses.ok(new DataEnvelope<>(RunView.of(run)));
        }
        ResponseTag tag = tags.of(RunVersion.of(run.row()), "run");
        return Responses.isKnown(context, tag)
                ? Responses.notModified(tag)
                : Responses.ok(new DataEnvelope<>(RunView.of(run)), tag);
    }

    /** The body of the run's request, byte for byte. */
    @GET
    @Path("/runs/{id}/request")
    @Operation(
            operationId = "getRunRequest",
            summary = "Show what a run was asked",
            description = "The body of the request as it was sent, with its media type. Its credential was never kept.")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    @APIResponse(
            responseCode = "200",
            description = "The body, byte for byte.",
            content =
                    @Content(
                            mediaType = "application/json",
                            schema = @Schema(type = SchemaType.OBJECT, additionalProperties = Schema.True.class),
                            example = "{\"agent\":\"code-assistant\",\"prompt\":\"Run the tests.\"}"))
    public RestResponse<byte[]> request(@RestPath String id, @Context RoutingContext context) throws SQLException {
        Run run = runs.require(callers.readerOf(context.request()), id);
        if (run.framesExpiredAt != null) {
            throw ApiException.framesExpired();
        }
        RecordedRequest request = requests.read(run.runPk, ResponseBudget.of(context, memory))
                .orElseThrow(() -> ApiException.notFound("run"));
        if (request.body().length == 0) {
            // A recorded body is a JSON object: this one was deleted meanwhile.
            throw ApiException.framesExpired();
        }
        return RestResponse.ResponseBuilder.ok(request.body())
                .type(mediaType(request.type()))
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                // The caller chose the body and its type: a browser that opens this address must not run any of it.
                .header("X-Content-Type-Options", "nosniff")
                .header("Content-Security-Policy", "sandbox; default-src 'none'")
                .build();
    }

    /** The type that the caller named; if it is no valid type, the type for any recorded body. */
    private static MediaType mediaType(@Nullable String named) {
        return Optional.ofNullable(named).flatMap(RunHistoryResource::parsed).orElse(MediaType.APPLICATION_JSON_TYPE);
    }

    private static Optional<MediaType> parsed(String named) {
        try {
            return Optional.of(MediaType.valueOf(named)).filter(type -> !type.isWildcardSubtype());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Deletes the runs that a filter selects. */
    @DELETE
    @Path("/runs")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "deleteRuns", summary = "Delete runs by filter", description = """
                    All that the list shows with the same filter, which must be there, and with them threads that are left without \
                    runs. Ask with `dryRun=true` for the count first, and then with that count in `expect`. Runs that begin \
                    meanwhile stay. What the agent API keeps is not touched.""")
    @APIResponse(responseCode = "200", description = "The count.")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "409", ref = "NotDeleted")
    public RestResponse<DataEnvelope<Deleted>> deleteFound(
            @BeanParam RunFilter filter, @BeanParam DeletionParameters asked, @Context RoutingContext context)
            throws SQLException {
        Owner owner = callers.readerOf(context.request());
        filter.common().refuseForeign();
        asked.check("runs", context);
        return Responses.ok(new DataEnvelope<>(filtered.of(asked, new FoundRuns(owner, filter))));
    }

    /** The runs that a filter selects. */
    private final class FoundRuns implements FilteredDeletion.Target<RunQueries.StreamPosition> {

        private final Owner owner;
        private final RunFilter filter;

        FoundRuns(Owner owner, RunFilter filter) {
            this.owner = owner;
            this.filter = filter;
        }

        @Override
        public List<RunQueries.StreamPosition> next(Optional<RunQueries.StreamPosition> after, int limit) {
            return runs.places(owner, filter, after, limit);
        }

        @Override
        public RunQueries.StreamPosition before(RunQueries.StreamPosition place) {
            return new RunQueries.StreamPosition(place.createdAt(), place.runPk() + 1);
        }

        @Override
        public long running(List<RunQueries.StreamPosition> places) {
            return runs.running(places);
        }

        @Override
        public boolean delete(Connection connection, RunQueries.StreamPosition place, Pace pace) throws SQLException {
            return deletion.ofEndedRun(connection, place.runPk());
        }
    }

    /** Deletes an ended run with its frames. */
    @DELETE
    @Path("/runs/{id}")
    @Operation(
            operationId = "deleteRun",
            summary = "Delete a run",
            description = "Its frames are gone with it. What the agent API keeps is not touched.")
    @APIResponse(responseCode = "204", description = "It is deleted.")
    @APIResponse(responseCode = "409", ref = "RunActive")
    public RestResponse<Void> delete(@RestPath String id, @Context RoutingContext context) throws SQLException {
        deletion.ofRun(runs.require(callers.readerOf(context.request()), id).runPk);
        return RestResponse.noContent();
    }
}
