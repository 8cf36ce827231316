package io.runtape.history.event;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.Page;
import io.runtape.history.QueryParameters;
import io.runtape.history.run.RunSnapshot;
import io.runtape.history.run.RunSnapshots;
import io.runtape.server.response.Responses;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The frames of a run as JSON (docs/reference/http-api.md, "Events of a run"). Their stream is told elsewhere, at the
 * same address.
 */
@Path("/history/v1")
public final class RunEventResource {

    private final CallerAuthentication callers;
    private final RunSnapshots present;
    private final EventHistory events;

    RunEventResource(CallerAuthentication callers, RunSnapshots present, EventHistory events) {
        this.callers = callers;
        this.present = present;
        this.events = events;
    }

    /** A page of them. */
    @GET
    @Path("/runs/{id}/events")
    @Produces(MediaType.APPLICATION_JSON)
    @Tag(name = "Runs")
    @Operation(operationId = "getRunEvents", summary = "Read the events of a run", description = """
                    As `application/json`, a page. As `application/x-ndjson`, all of them up to the present, an object a line, \
                    without `limit`, `cursor` and `order`. As `text/event-stream`, all of them with their sequence as `id`, \
                    then those to come, until the run ends.""")
    @APIResponse(responseCode = "200", description = "The events.")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
    public RestResponse<Page<EventView>> page(
            @PathParam("id") @Parameter(ref = "RunId") String id, @Context RoutingContext context) throws SQLException {
        Responses.requireJson(context);
        RunSnapshot run = present.require(callers.readerOf(context.request()), id);
        QueryParameters query = QueryParameters.of(context);
        EventRequest asked = reached(EventRequest.ofPage(query), run);
        String listing = asked.listing(run.row().id);
        return Responses.ok(
                events.page(listing, only(run), asked.filter(), asked.span(query, listing), query.limit(), context));
    }

    /** All of them up to the present, a line each. */
    @GET
    @Path("/runs/{id}/events")
    @Produces(NdjsonResponses.LINES + ";qs=0.9")
    @Blocking
    @Operation(hidden = true)
    public Uni<Void> lines(@PathParam("id") @Parameter(ref = "RunId") String id, @Context RoutingContext context)
            throws SQLException {
        Owner owner = callers.readerOf(context.request());
        RunSnapshot run = present.require(owner, id);
        EventRequest asked = reached(EventRequest.ofLines(QueryParameters.of(context)), run);
        return events.lines(owner, only(run), asked.filter(), asked.span(), context);
    }

    private static EventRequest reached(EventRequest asked, RunSnapshot run) {
        if (asked.after() > run.frameCount()) {
            throw ApiException.unknownSequence(run.frameCount());
        }
        return asked;
    }

    private static EventScan.Runs only(RunSnapshot run) {
        Iterator<RunFrames> one = List.of(RunFrames.of(run)).iterator();
        return () -> one.hasNext() ? one.next() : null;
    }
}
