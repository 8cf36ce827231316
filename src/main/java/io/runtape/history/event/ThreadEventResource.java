package io.runtape.history.event;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.Page;
import io.runtape.history.thread.ThreadQueries;
import io.runtape.run.AgentThread;
import io.runtape.server.response.Responses;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The frames of a thread as JSON, run by run (docs/reference/http-api.md, "Threads"). Another resource serves them as a
 * stream, at the same address.
 */
@Path("/history/v1")
@Tag(name = "Threads")
public final class ThreadEventResource {

    private final CallerAuthentication callers;
    private final ThreadQueries threads;
    private final FrameQueries frames;
    private final EventHistory events;

    ThreadEventResource(CallerAuthentication callers, ThreadQueries threads, FrameQueries frames, EventHistory events) {
        this.callers = callers;
        this.threads = threads;
        this.frames = frames;
        this.events = events;
    }

    /** A page of the thread's frames. */
    @GET
    @Path("/threads/{id}/events")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "getThreadEvents", summary = "Read the events of a thread", description = """
                    As `application/json`, a page. As `application/x-ndjson`, all of them up to the present, an object a line, \
                    without `limit`, `cursor` and `order`. As `text/event-stream`, all of them with their sequence as `id`, \
                    then those to come. A run that begins while another one goes on waits for its end.""")
    @APIResponse(responseCode = "200", description = "The events.")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public RestResponse<Page<EventView>> page(
            @RestPath String id, @BeanParam EventPage asked, @Context RoutingContext context) throws SQLException {
        Responses.requireJson(context);
        EventHistory.requireNoStream(context);
        Owner owner = callers.readerOf(context.request());
        AgentThread thread = threads.require(owner, id);
        frames.requireReached(owner, thread, asked.filter().after());
        String listing = asked.listing(thread.id);
        EventRange range = asked.range(listing);
        return Responses.ok(events.page(
                listing,
                runs(owner, thread, range),
                asked.filter(),
                range,
                asked.page().limit(),
                context));
    }

    /** All frames of the thread up to the present, one a line. */
    @GET
    @Path("/threads/{id}/events")
    @Produces(NdjsonResponses.LINES + ";qs=0.9")
    @Blocking
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(implementation = EventView.class)))
    public Uni<Void> lines(@RestPath String id, @BeanParam EventFilter filter, @Context RoutingContext context)
            throws SQLException {
        EventHistory.requireNoStream(context);
        Owner owner = callers.readerOf(context.request());
        AgentThread thread = threads.require(owner, id);
        EventHistory.requireLinesOnly(context);
        frames.requireReached(owner, thread, filter.after());
        frames.requireFrames(owner, thread, filter.after());
        EventRange range = EventRange.after(filter.after());
        return events.lines(owner, runs(owner, thread, range), filter, range, context);
    }

    private ThreadFrames runs(Owner owner, AgentThread thread, EventRange span) throws SQLException {
        return new ThreadFrames(frames, owner, thread.id, frames.horizon(owner, thread), span);
    }
}
