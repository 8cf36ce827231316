package io.runtape.delivery;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.sse.SseWriter;
import io.runtape.transcript.Snapshots;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HexFormat;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * Tails of runs and threads: first the recorded frames, then the live ones, without a gap or a repeat
 * (docs/reference/http-api.md, "Tail and resume").
 */
@Path("/history/v1")
public final class TailStreamResource {

    private static final String REPR_DIGEST = "Repr-Digest";

    private static final String RUN_EXAMPLE = """
            event: tool_call
            data: {"id":"call_1","name":"shell","arguments":{"command":"mvn test"}}
            id: 7

            event: runtape.end
            id: 7
            data: {"runId":"run_019b76a0c5c17f3e8a0f52a3a3f7c9d1","status":"completed","reason":null,"lastSequence":7}

            """;

    private static final String THREAD_EXAMPLE = """
            event: tool_call
            data: {"id":"call_1","name":"shell","arguments":{"command":"mvn test"}}
            id: 4294967303

            """;

    private final StreamReaders readers;
    private final RunSources sources;
    private final Delivery delivery;
    private final ThreadTails threadTails;
    private final Snapshots snapshots;

    TailStreamResource(
            StreamReaders readers,
            RunSources sources,
            Delivery delivery,
            ThreadTails threadTails,
            Snapshots snapshots) {
        this.snapshots = snapshots;
        this.readers = readers;
        this.sources = sources;
        this.delivery = delivery;
        this.threadTails = threadTails;
    }

    /** The tail of a run, from the position that the reader names. */
    @GET
    @Path("/runs/{id}/events")
    @Produces(ResponseType.EVENT_STREAM + ";qs=0.5")
    @NonBlocking
    @APIResponse(
            responseCode = "200",
            headers =
                    @Header(
                            name = REPR_DIGEST,
                            description =
                                    "The digest of the bytes (RFC 9530): with `verbatim=true`, from the beginning of a run that has ended and"
                                            + " whose response was not compressed.",
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            examples = "sha-256=:LW9nb+Gc3oBAZcSZCLKO/t7n6Sn8mAcwEPd5d/gCcqM=:")),
            content =
                    @Content(
                            mediaType = ResponseType.EVENT_STREAM,
                            schema = @Schema(ref = "Stream"),
                            example = RUN_EXAMPLE))
    @APIResponse(
            responseCode = "204",
            description =
                    "Asked for `text/event-stream` after the last sequence of a run that has ended: there is nothing more to"
                            + " come, and an EventSource stops reconnecting.")
    public Uni<Void> run(
            @RestPath String id,
            @BeanParam TailParameters asked,
            @RestQuery
                    @Parameter(
                            description =
                                    "`snapshot`: begins with the event `runtape.snapshot`, the transcript so far, unless a position is named. For `text/event-stream` only.",
                            schema = @Schema(type = SchemaType.STRING, enumeration = TailParameters.SNAPSHOT))
                    @Nullable
                    String from,
            @Context RoutingContext context) {
        asked.check(context);
        Uni<StreamReaders.Lookup<RunSources.Found>> reader = readers.ofRun(context, asked.ticket(), id);
        @Nullable Long position = asked.position();
        long after = position == null ? 0 : position;
        boolean verbatim = asked.isVerbatim();
        boolean fromSnapshot = asked.isFromSnapshot(from);
        StreamReply reply = StreamReply.to(context, delivery.turns());
        return reply.lookedUp(reader.map(lookup -> lookup.then(found -> begun(found, after, verbatim))), begun -> {
            RunSources.Found found = begun.found;
            if (fromSnapshot) {
                found.requireFrames();
                return fromSnapshot(found, reply);
            }
            RunSource source = found.source();
            if (after > source.durableSequence()) {
                throw ApiException.unknownSequence(source.durableSequence());
            }
            if (position != null && source.ending() != null && after == source.lastSequence()) {
                return reply.nothingMore();
            }
            found.requireFrames();
            HttpServerResponse head = head(found, reply);
            if (verbatim && after == 0) {
                digest(found, head);
            }
            StreamFormat framing = verbatim ? VerbatimFraming.decoded() : new TailFraming(0);
            return reply.write(delivery.read(source, begun.after, framing, delivery.tailAge(verbatim), reply.loop()));
        });
    }

    /** The run, and after which of its frames the tail begins. */
    private record Begun(RunSources.Found found, long after) {}

    private Begun begun(RunSources.Found found, long after, boolean verbatim) {
        sources.requireKnown(found.source(), after);
        return new Begun(found, verbatim ? after : sources.tailStart(found, after));
    }

    private Uni<Void> fromSnapshot(RunSources.Found found, StreamReply reply) {
        BudgetShare room = snapshots.room();
        // The room is given back when the snapshot is on the way to the client, and in any case at the end of the call.
        return reply.made(() -> snapshot(found, room), snapshot -> tail(found, snapshot, room, reply))
                .onTermination()
                .invoke(room::close);
    }

    /** Made from the database alone: while that is away, the reader is cut off like every other. */
    private Snapshots.Snapshot snapshot(RunSources.Found found, BudgetShare room) throws SQLException {
        RunSource source = found.source();
        try {
            return snapshots.of(found.run(), source.durableSequence(), source.ending() != null, room);
        } catch (ApiException e) {
            if (e.code() == ErrorCode.STORE_UNAVAILABLE) {
                throw new BrokenOffException("the frames cannot be read");
            }
            throw e;
        }
    }

    /** The tail behind a snapshot. */
    private Uni<Void> tail(RunSources.Found found, Snapshots.Snapshot snapshot, BudgetShare room, StreamReply reply) {
        head(found, reply);
        String id = Long.toString(snapshot.sequence());
        Preface first =
                new Preface(Buffer.buffer(SseWriter.event("runtape.snapshot", id, snapshot.data())), room::close);
        ConnectionAge age = delivery.tailAge(false);
        return reply.write(
                delivery.read(first, found.source(), snapshot.sequence(), new TailFraming(0), age, reply.loop()));
    }

    private static HttpServerResponse head(RunSources.Found found, StreamReply reply) {
        return reply.head(ResponseType.EVENT_STREAM)
                .putHeader("Runtape-Run-Id", found.run().id)
                .putHeader("Runtape-Thread-Id", found.run().threadId);
    }

    /** The digest of the whole body (RFC 9530, section 3), if the body that is sent is the one that came over the wire. */
    private static void digest(RunSources.Found found, HttpServerResponse head) {
        Run run = found.run();
        if (run.digest != null && found.source().ending() != null && !ResponseType.isEncoded(run)) {
            String base64 = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(run.digest));
            head.putHeader(REPR_DIGEST, "sha-256=:" + base64 + ":");
        }
    }

    /** The tail of a thread: its runs one after the other, then its future runs. */
    @GET
    @Path("/threads/{id}/events")
    @Produces(ResponseType.EVENT_STREAM + ";qs=0.5")
    @NonBlocking
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = ResponseType.EVENT_STREAM,
                            schema = @Schema(ref = "Stream"),
                            example = THREAD_EXAMPLE))
    public Uni<Void> thread(@RestPath String id, @BeanParam TailParameters asked, @Context RoutingContext context) {
        asked.check(context);
        Uni<StreamReaders.Lookup<Owner>> reader = readers.ofThread(context, asked.ticket(), id);
        @Nullable Long position = asked.position();
        boolean verbatim = asked.isVerbatim();
        StreamReply reply = StreamReply.to(context, delivery.turns());
        return reply.lookedUp(
                reader.map(lookup -> lookup.then(
                        owner -> threadTails.open(owner, id, position == null ? 0 : position, verbatim, reply.loop()))),
                tail -> {
                    reply.head(ResponseType.EVENT_STREAM).putHeader("Runtape-Thread-Id", id);
                    return reply.write(tail);
                });
    }
}
