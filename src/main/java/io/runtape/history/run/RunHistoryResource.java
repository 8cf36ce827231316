package io.runtape.history.run;

import io.runtape.access.CallerAuthentication;
import io.runtape.error.ApiException;
import io.runtape.facet.Place;
import io.runtape.facet.RunOrder;
import io.runtape.history.Deleted;
import io.runtape.history.DeletionParameters;
import io.runtape.history.FilteredDeletion;
import io.runtape.history.Page;
import io.runtape.history.PageParameters;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.run.RunName;
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
import java.util.function.LongConsumer;
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

    private final CallerAuthentication callers;
    private final RunQueries runs;
    private final RunPages pages;
    private final RunCursors cursors;
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
            RunPages pages,
            RunCursors cursors,
            RunSearch search,
            RunSnapshots present,
            RequestReader requests,
            Deletion deletion,
            FilteredDeletion filtered,
            ResponseTags tags,
            MemoryBudgets memory) {
        this.callers = callers;
        this.runs = runs;
        this.pages = pages;
        this.cursors = cursors;
        this.search = search;
        this.present = present;
        this.requests = requests;
        this.deletion = deletion;
        this.filtered = filtered;
        this.tags = tags;
        this.memory = memory;
    }

    /** The caller's runs, the newest first unless another order is asked for. */
    @GET
    @Path("/runs")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "listRuns", summary = "List runs", description = """
                    The caller's runs, the newest first unless `sort` and `order` say otherwise. As `application/json`, a page; new \
                    runs do not move a page that a cursor leads to. A run must pass all filters. With `q` each run has a \
                    `highlight`, the newest come first, and a page may be short, or empty, although more follow. As \
                    `application/x-ndjson`, an archive of all that have ended, with their requests and frames, the newest first, \
                    from `cursor` on and without `limit`, `q`, `sort`, `order` and `fields`.""")
    @APIResponse(responseCode = "200", description = "The runs.")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    public RestResponse<Page<RunView>> list(
            @BeanParam RunFilter filter,
            @BeanParam SearchParameter searched,
            @BeanParam ListOrder asked,
            @BeanParam RunFields fields,
            @BeanParam PageParameters page,
            @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        RunSelection selection = RunSelection.of(callers.readerOf(context.request()), filter, context);
        RunOrder order = asked.order();
        fields.wanted();
        Optional<Place> from = cursors.after(selection.owner(), page, order);
        Optional<SearchQuery> query = searched.query();
        LongConsumer room = ResponseBudget.of(context, memory);
        List<RunView> views;
        @Nullable Place after;
        if (query.isPresent()) {
            asked.requireNewestFirst();
            RunSearch.Hits hits = search.page(selection, query.get(), from, page.limit());
            RunPages.Found found = pages.read(selection.owner(), hits.runs(), room);
            views = present.views(found.runs(), hits.highlights());
            after = found.after();
        } else {
            RunPages.Found found = pages.page(selection, order, from, RunPages.Bounds.ofPage(page.limit()), room);
            views = present.views(found.runs());
            after = found.after();
        }
        @Nullable String next = after == null ? null : cursors.leadingBehind(selection.owner(), after, order);
        return Responses.ok(Page.of(fields.thinned(views), next, context));
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
        RunSelection selection = RunSelection.of(callers.readerOf(context.request()), filter, context);
        asked.check("runs", context);
        return Responses.ok(new DataEnvelope<>(filtered.of(asked, new FoundRuns(selection))));
    }

    /** The runs that a filter selects from the beginning on. */
    private final class FoundRuns implements FilteredDeletion.Target<Place> {

        private final RunSelection selection;

        FoundRuns(RunSelection selection) {
            this.selection = selection;
        }

        @Override
        public List<Place> next(Optional<Place> after, int limit) throws SQLException {
            return runs.places(selection, RunOrder.NEWEST, after, limit);
        }

        @Override
        public long key(Place place) {
            return place.runPk();
        }

        @Override
        public String name(Connection connection, Place place) {
            return RunName.of(connection, place.runPk());
        }

        @Override
        public long running(List<Place> places) {
            return runs.running(places);
        }

        @Override
        public boolean delete(Connection connection, Place place, Pace pace) throws SQLException {
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
        deletion.ofRun(runs.requireKey(callers.readerOf(context.request()), id));
        return RestResponse.noContent();
    }
}
