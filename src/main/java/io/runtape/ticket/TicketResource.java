package io.runtape.ticket;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.HistoryBodies;
import io.runtape.history.run.RunQueries;
import io.runtape.history.thread.ThreadQueries;
import io.runtape.server.loop.EventLoops;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.Responses;
import io.runtape.store.BlockingWork;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * Tickets for readers that cannot send a credential, such as a browser's EventSource (docs/reference/http-api.md, "Tail
 * and resume").
 */
@Path("/history/v1/tickets")
public final class TicketResource {

    private final CallerAuthentication callers;
    private final RunQueries runs;
    private final ThreadQueries threads;
    private final Tickets tickets;
    private final HistoryBodies bodies;
    private final BlockingWork work;

    TicketResource(
            CallerAuthentication callers,
            RunQueries runs,
            ThreadQueries threads,
            Tickets tickets,
            HistoryBodies bodies,
            BlockingWork work) {
        this.callers = callers;
        this.runs = runs;
        this.threads = threads;
        this.tickets = tickets;
        this.bodies = bodies;
        this.work = work;
    }

    /** Makes a ticket for the events of one run or one thread of the caller. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @NonBlocking
    @Tag(name = "Tickets")
    @Operation(operationId = "createTicket", summary = "Make a ticket for an EventSource", description = """
                    A browser's EventSource cannot send a credential. A ticket lets it in: add it to the URL of the events as the \
                    parameter `ticket`. It must first be used within a minute. From then on it is good for the event stream and the replay of \
                    that one run until ten minutes after the run's end, or of that one thread for an hour. It ends with its thread.""")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = "application/json",
                            schema = @Schema(ref = "TicketRequest"),
                            example = "{\"runId\":\"run_019b76a0c5c17f3e8a0f52a3a3f7c9d1\"}"))
    @APIResponse(
            responseCode = "201",
            description = "The ticket.",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "OneTicket")))
    @APIResponse(responseCode = "404", ref = "NotFound")
    public Uni<RestResponse<DataEnvelope<TicketView>>> create(@Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        EventLoop loop = EventLoops.current();
        return bodies.of(context)
                .map(TicketRequest::read)
                .flatMap(asked -> work.onWorker(() -> make(owner, asked), loop))
                .map(ticket -> Responses.created(new DataEnvelope<>(ticket)));
    }

    private TicketView make(Owner owner, TicketRequest asked) throws SQLException {
        Ticket ticket = Ticket.random();
        Instant expiresAt = asked.runId() != null
                ? tickets.keepForRun(ticket, owner, runs.require(owner, asked.runId()).runPk)
                : tickets.keepForThread(
                                ticket, owner, threads.require(owner, Objects.requireNonNull(asked.threadId())).id)
                        .orElseThrow(() -> ApiException.notFound("thread"));
        return new TicketView(ticket.secret(), expiresAt);
    }
}
