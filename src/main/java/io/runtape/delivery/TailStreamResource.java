package io.runtape.delivery;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Tails of runs and threads: first the recorded frames, then the live ones, without a gap or a repeat
 * (docs/reference/http-api.md, "Tail and resume").
 */
@Path("/history/v1")
public final class TailStreamResource {

    private static final String EVENT_STREAM = "text/event-stream";

    private final StreamReaders readers;
    private final Delivery delivery;
    private final ThreadTails threadTails;

    TailStreamResource(StreamReaders readers, Delivery delivery, ThreadTails threadTails) {
        this.readers = readers;
        this.delivery = delivery;
        this.threadTails = threadTails;
    }

    /** The tail of a run, from the position that the reader names. */
    @GET
    @Path("/runs/{id}/events")
    @Produces(EVENT_STREAM + ";qs=0.5")
    @NonBlocking
    @Operation(hidden = true)
    public Uni<Void> run(@PathParam("id") String id, RoutingContext context) {
        StreamRequest asked = StreamRequest.ofTail(context.request());
        StreamReaders.Lookup<RunSources.Found> lookup = readers.ofRun(context.request(), asked.ticket(), id);
        @Nullable Long position = asked.position();
        boolean verbatim = asked.flag("verbatim");
        StreamReply reply = StreamReply.to(context, lookup.owner(), delivery.turns());
        return reply.lookedUp(lookup.work(), found -> {
            RunSource source = found.source();
            long after = position == null ? 0 : position;
            if (after > source.durableSequence()) {
                throw ApiException.unknownSequence(source.durableSequence());
            }
            if (position != null && source.ending() != null && after == source.lastSequence()) {
                return reply.nothingMore();
            }
            reply.head(EVENT_STREAM)
                    .putHeader("Runtape-Run-Id", found.run().id)
                    .putHeader("Runtape-Thread-Id", found.run().threadId);
            StreamFormat framing = verbatim ? new VerbatimFraming() : new TailFraming(0);
            return reply.write(delivery.read(source, after, framing, reply.loop()));
        });
    }

    /** The tail of a thread: its runs one after the other, then its future runs. */
    @GET
    @Path("/threads/{id}/events")
    @Produces(EVENT_STREAM + ";qs=0.5")
    @NonBlocking
    @Operation(hidden = true)
    public Uni<Void> thread(@PathParam("id") String id, RoutingContext context) {
        StreamRequest asked = StreamRequest.ofTail(context.request());
        StreamReaders.Lookup<Owner> owner = readers.ofThread(context.request(), asked.ticket(), id);
        @Nullable Long position = asked.position();
        boolean verbatim = asked.flag("verbatim");
        StreamReply reply = StreamReply.to(context, owner.owner(), delivery.turns());
        return reply.lookedUp(
                () -> threadTails.open(owner.work().get(), id, position == null ? 0 : position, verbatim, reply.loop()),
                tail -> {
                    reply.head(EVENT_STREAM).putHeader("Runtape-Thread-Id", id);
                    return reply.write(tail);
                });
    }
}
