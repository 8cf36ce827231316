package io.runtape.history.event;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.Page;
import io.runtape.history.run.RunSnapshot;
import io.runtape.history.run.RunSnapshots;
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
import java.util.Iterator;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The frames of a run as JSON (docs/reference/http-api.md, "Events of a run"). Another resource serves them as a
 * stream, at the same address.
 */
@Path("/history/v1")
@Tag(name = "Runs")
public final class RunEventResource {

    private final CallerAuthentication callers;
    private final RunSnapshots present;
    private final EventHistory events;

    RunEventResource(CallerAuthentication callers, RunSnapshots present, EventHistory events) {
        this.callers = callers;
        this.present = present;
        this.events = events;
    }

    /** A page of the run's frames. */
    @GET
    @Path("/runs/{id}/events")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "getRunEvents", summary = "Read the events of a run", description = """
                    As `application/json`, a page. As `application/x-ndjson`, all of them up to the present, an object a line, \
                    without `limit`, `cursor` and `order`. As `text/event-stream`, all of them with their sequence as `id`, \
                    then those to come, until the run ends.""")
    @APIResponse(responseCode = "200", description = "The events.")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public RestResponse<Page<EventView>> page(
            @RestPath String id, @BeanParam EventPage asked, @Context RoutingContext context) throws SQLException {
        Responses.requireJson(context);
        EventHistory.requireNoStream(context);
        RunSnapshot run = present.require(callers.readerOf(context.request()), id);
        requireReadable(run, asked.filter().after());
        String listing = asked.listing(run.row().id);
        return Responses.ok(events.page(
                listing,
                only(run),
                asked.filter(),
                asked.range(listing),
                asked.page().limit(),
                context));
    }

    /** All frames of the run up to the present, one a line. */
    @GET
    @Path("/runs/{id}/events")
    @Produces(NdjsonResponses.LINES + ";qs=0.9")
    @Blocking
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = NdjsonResponses.LINES, schema = @Schema(implementation = EventView.class)))
    public Uni<Void> lines(@RestPath String id, @BeanParam EventFilter filter, @Context RoutingContext context)
            throws SQLException {
        EventHistory.requireNoStream(context);
        Owner owner = callers.readerOf(context.request());
        RunSnapshot run = present.require(owner, id);
        EventHistory.requireLinesOnly(context);
        requireReadable(run, filter.after());
        return events.lines(owner, only(run), filter, EventRange.after(filter.after()), context);
    }

    private static void requireReadable(RunSnapshot run, long position) {
        if (position > run.frameCount()) {
            throw ApiException.unknownSequence(run.frameCount());
        }
        if (run.row().framesExpiredAt != null) {
            throw ApiException.framesExpired();
        }
    }

    private static EventScan.Runs only(RunSnapshot run) {
        Iterator<RunFrames> one = List.of(RunFrames.of(run)).iterator();
        return () -> one.hasNext() ? one.next() : null;
    }
}
