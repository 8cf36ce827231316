package io.runtape.history.thread;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.Cursor;
import io.runtape.history.Deleted;
import io.runtape.history.DeletionParameters;
import io.runtape.history.FilteredDeletion;
import io.runtape.history.HistoryBodies;
import io.runtape.history.ListSlice;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.Page;
import io.runtape.history.PageParameters;
import io.runtape.history.run.Deletion;
import io.runtape.history.run.RunNdjson;
import io.runtape.history.run.RunPages;
import io.runtape.history.run.RunSnapshots;
import io.runtape.history.run.RunView;
import io.runtape.history.run.RunWalks;
import io.runtape.run.AgentThread;
import io.runtape.run.Run;
import io.runtape.run.Sha256;
import io.runtape.search.SearchParameter;
import io.runtape.search.SearchQuery;
import io.runtape.server.loop.EventLoops;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.Responses;
import io.runtape.store.BlockingWork;
import io.runtape.store.Pace;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Threads and their runs (docs/reference/http-api.md, "Threads"). */
@Path("/history/v1")
@Tag(name = "Threads")
public final class ThreadResource {

    private static final String LISTING = "threads";

    private final CallerAuthentication callers;
    private final ThreadQueries threads;
    private final LatestThreads latest;
    private final ThreadSearch search;
    private final ThreadViews views;
    private final RunPages pages;
    private final RunSnapshots present;
    private final ThreadUpdate update;
    private final Deletion deletion;
    private final FilteredDeletion filtered;
    private final HistoryBodies bodies;
    private final BlockingWork work;
    private final RunNdjson lines;
    private final MemoryBudgets memory;

    ThreadResource(
            CallerAuthentication callers,
            ThreadQueries threads,
            LatestThreads latest,
            ThreadSearch search,
            ThreadViews views,
            RunPages pages,
            RunSnapshots present,
            ThreadUpdate update,
            Deletion deletion,
            FilteredDeletion filtered,
            HistoryBodies bodies,
            BlockingWork work,
            RunNdjson lines,
            MemoryBudgets memory) {
        this.callers = callers;
        this.threads = threads;
        this.latest = latest;
        this.search = search;
        this.views = views;
        this.pages = pages;
        this.present = present;
        this.update = update;
        this.deletion = deletion;
        this.filtered = filtered;
        this.bodies = bodies;
        this.work = work;
        this.lines = lines;
        this.memory = memory;
    }

    /** The caller's threads, the latest activity first. */
    @GET
    @Path("/threads")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "listThreads", summary = "List threads", description = """
                    The caller's threads, the one in which something happened last first. A thread in which something happens \
                    while the pages are read goes to the beginning, and may not be met. `since` and `until` are about `updatedAt`. With `q`, those with a run that matches, or whose name does: each \
                    has a `highlight`, and a page may be short, or empty, although more follow.""")
    @APIResponse(responseCode = "200", description = "A page of threads.")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    public RestResponse<Page<ThreadView>> list(
            @BeanParam ThreadFilter filter,
            @BeanParam SearchParameter searched,
            @BeanParam PageParameters page,
            @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        Owner owner = callers.readerOf(context.request());
        filter.common().refuseForeign();
        Optional<ThreadQueries.StreamPosition> after = page.cursor(LISTING, 2).map(ThreadQueries.StreamPosition::of);
        Optional<SearchQuery> query = searched.query();
        if (query.isPresent()) {
            ThreadSearch.Hits hits = search.page(owner, filter, query.get(), after, page.limit());
            return Responses.ok(Page.of(
                    views.of(owner, hits.rows(), hits.highlights()),
                    hits.next() == null ? null : hits.next().cursor(LISTING),
                    context));
        }
        ListSlice<ListedThread> slice = latest.list(owner, filter, after, page.limit());
        @Nullable String next = slice.more() ? slice.last().place().cursor(LISTING) : null;
        return Responses.ok(Page.of(views.of(owner, slice.rows()), next, context));
    }

    /** One thread. */
    @GET
    @Path("/threads/{id}")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "getThread", summary = "Show a thread", description = """
                    As `application/x-ndjson`, an archive of its runs that have ended, with their requests and frames, in their \
                    order and from `cursor` on.""")
    @APIResponse(responseCode = "200", description = "The thread.")
    public RestResponse<DataEnvelope<ThreadView>> get(@RestPath String id, @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        if (context.queryParams().contains("cursor")) {
            throw ApiException.invalid(
                    "cursor goes with " + NdjsonResponses.LINES + " alone. Leave it out, or ask for that.");
        }
        Owner owner = callers.readerOf(context.request());
        return Responses.ok(new DataEnvelope<>(views.of(owner, threads.require(owner, id))));
    }

    /** The thread's runs in their order. */
    @GET
    @Path("/threads/{id}/runs")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "listThreadRuns", summary = "List the runs of a thread", description = """
                    The oldest first. A run takes its place in the thread when its response begins. As `application/json`, a page. As \
                    `application/x-ndjson`, all of them that there are now, an object a line, without `limit` and `cursor`.""")
    @APIResponse(responseCode = "200", description = "The runs.")
    public RestResponse<Page<RunView>> runs(
            @RestPath String id, @BeanParam PageParameters page, @Context RoutingContext context) throws SQLException {
        Responses.requireJson(context);
        Owner owner = callers.readerOf(context.request());
        AgentThread thread = threads.require(owner, id);
        String listing = RunWalks.listingOf(thread.id);
        long after = page.cursor(listing, 1).map(cursor -> cursor.number(0)).orElse(0L);
        ListSlice<Run> slice = pages.ofThread(
                owner,
                thread.id,
                after,
                Long.MAX_VALUE,
                RunPages.Bounds.ofPage(page.limit()),
                ResponseBudget.of(context, memory));
        @Nullable
        String next = slice.more() ? Cursor.write(listing, Objects.requireNonNull(slice.last().threadOrdinal)) : null;
        return Responses.ok(Page.of(present.views(slice.rows()), next, context));
    }

    /** All runs of the thread, one a line. */
    @GET
    @Path("/threads/{id}/runs")
    @Produces(NdjsonResponses.LINES + ";qs=0.9")
    @Blocking
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(implementation = RunView.class)))
    public Uni<Void> lines(@RestPath String id, @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        AgentThread thread = threads.require(owner, id);
        NdjsonResponses.requireNone(context, "runs", "limit", "cursor");
        return lines.ofThread(owner, thread, context);
    }

    /** Changes the thread's title, or whether it is archived. */
    @PATCH
    @Path("/threads/{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @NonBlocking
    @Operation(operationId = "changeThread", summary = "Rename or archive a thread")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = "application/json",
                            schema = @Schema(ref = "ThreadChange"),
                            example = "{\"title\":\"Fix the build\",\"archived\":false}"))
    @APIResponse(responseCode = "200", description = "The thread as it is now.")
    public Uni<RestResponse<DataEnvelope<ThreadView>>> change(@RestPath String id, @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        EventLoop loop = EventLoops.current();
        return bodies.of(context)
                .flatMap(body -> work.onWorker(() -> changed(owner, id, body), loop))
                .map(thread -> Responses.ok(new DataEnvelope<>(thread)));
    }

    private ThreadView changed(Owner owner, String id, byte[] body) throws SQLException {
        AgentThread thread = threads.require(owner, id);
        update.apply(owner, thread.id, ThreadChange.read(body));
        return views.of(owner, threads.require(owner, id));
    }

    /** Deletes the threads that a filter selects. */
    @DELETE
    @Path("/threads")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "deleteThreads", summary = "Delete threads by filter", description = """
                    All that the list shows with the same filter, which must be there, with their runs. Ask with `dryRun=true` for \
                    the count first, and then with that count in `expect`. Threads that move meanwhile stay. What the agent API \
                    keeps is not touched.""")
    @APIResponse(responseCode = "200", description = "The count.")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "409", ref = "NotDeleted")
    public RestResponse<DataEnvelope<Deleted>> deleteFound(
            @BeanParam ThreadFilter filter, @BeanParam DeletionParameters asked, @Context RoutingContext context)
            throws SQLException {
        Owner owner = callers.readerOf(context.request());
        filter.common().refuseForeign();
        asked.check("threads", context);
        return Responses.ok(new DataEnvelope<>(filtered.of(asked, new FoundThreads(owner, filter))));
    }

    /** The threads that a filter selects. */
    private final class FoundThreads implements FilteredDeletion.Target<ThreadQueries.StreamPosition> {

        private final Owner owner;
        private final ThreadFilter filter;

        FoundThreads(Owner owner, ThreadFilter filter) {
            this.owner = owner;
            this.filter = filter;
        }

        @Override
        public List<ThreadQueries.StreamPosition> next(Optional<ThreadQueries.StreamPosition> after, int limit)
                throws SQLException {
            return latest.places(owner, filter, after, limit);
        }

        /** 64 bits of a digest of the thread and its time: a thread that moves is another entry. */
        @Override
        public long key(ThreadQueries.StreamPosition place) {
            String entry = place.updatedAt() + " " + place.id();
            return new Sha256().add(entry.getBytes(UTF_8)).first64();
        }

        @Override
        public String name(Connection connection, ThreadQueries.StreamPosition place) {
            return "thread " + place.id() + " of owner " + owner.id();
        }

        @Override
        public long running(List<ThreadQueries.StreamPosition> places) {
            return threads.running(owner, places);
        }

        @Override
        public boolean delete(Connection connection, ThreadQueries.StreamPosition place, Pace pace)
                throws SQLException {
            return deletion.ofEndedThread(
                    connection, owner, place.id(), () -> threads.isStillAt(owner, place, filter), pace::rest);
        }
    }

    /** Deletes the thread and its runs. */
    @DELETE
    @Path("/threads/{id}")
    @Operation(
            operationId = "deleteThread",
            summary = "Delete a thread",
            description = "Its runs are gone with it. What the agent API keeps is not touched.")
    @APIResponse(responseCode = "204", description = "It is deleted.")
    @APIResponse(responseCode = "409", ref = "RunActive")
    public RestResponse<Void> delete(@RestPath String id, @Context RoutingContext context) throws SQLException {
        Owner owner = callers.readerOf(context.request());
        deletion.ofThread(owner, threads.require(owner, id).id);
        return RestResponse.noContent();
    }
}
