package io.runtape.delivery;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.run.Run;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * Replays of runs and threads: the recorded bytes with their original pauses (docs/reference/http-api.md, "Replay").
 */
@Path("/history/v1")
public final class ReplayStreamResource {

    private static final String EXAMPLE = """
            event: run_started
            data: {}

            event: run_completed
            data: {"result":"The test suite is green."}

            """;

    private final CallerAuthentication callers;
    private final RunSources sources;
    private final Delivery delivery;

    ReplayStreamResource(CallerAuthentication callers, RunSources sources, Delivery delivery) {
        this.callers = callers;
        this.sources = sources;
        this.delivery = delivery;
    }

    /** The replay of a run that has ended. */
    @GET
    @Path("/runs/{id}/replay")
    @NonBlocking
    @Tag(name = "Runs")
    @Operation(
            operationId = "replayRun",
            summary = "Replay a run",
            description =
                    "The recorded bytes, verbatim and with the media type of the recorded response, with the pauses in which they came.")
    @APIResponse(
            responseCode = "200",
            description = "The recorded body.",
            content =
                    @Content(
                            mediaType = ResponseType.EVENT_STREAM,
                            schema = @Schema(ref = "Stream"),
                            example = EXAMPLE))
    @APIResponse(responseCode = "409", ref = "RunActive")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public Uni<Void> run(@RestPath String id, @BeanParam ReplayParameters asked, @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        double speed = asked.factor();
        boolean ids = asked.withIds();
        StreamReply reply = StreamReply.to(context, owner.id(), delivery.turns());
        return reply.lookedUp(() -> sources.run(owner, id), found -> {
            Run run = found.run();
            if (found.source().ending() == null) {
                throw ApiException.runActive();
            }
            found.requireFrames();
            reply.head(ResponseType.of(run))
                    .putHeader("Runtape-Run-Id", run.id)
                    .putHeader("Runtape-Thread-Id", run.threadId);
            return reply.write(replay(found.source(), 0, speed, ids && run.stream, reply));
        });
    }

    private Multi<Buffer> replay(RunSource source, long idBase, double speed, boolean ids, StreamReply reply) {
        return delivery.replay(
                source, speed, ids ? new EventIdFraming(idBase) : VerbatimFraming.decoded(), reply.loop());
    }

    /** The replay of all runs of a thread, one after the other. */
    @GET
    @Path("/threads/{id}/replay")
    @NonBlocking
    @Tag(name = "Threads")
    @Operation(
            operationId = "replayThread",
            summary = "Replay a thread",
            description =
                    "The recorded bytes of all runs of the thread, one run after the other, verbatim and with the pauses in which they came.")
    @APIResponse(
            responseCode = "200",
            description = "The recorded bodies.",
            content =
                    @Content(
                            mediaType = ResponseType.EVENT_STREAM,
                            schema = @Schema(ref = "Stream"),
                            example = EXAMPLE))
    @APIResponse(responseCode = "409", ref = "RunActive")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public Uni<Void> thread(
            @RestPath String id,
            @BeanParam ReplayParameters asked,
            @RestQuery
                    @Parameter(
                            description = "The pause between two runs, an ISO 8601 duration from PT0S to PT1H.",
                            schema = @Schema(type = SchemaType.STRING, defaultValue = "PT1S"))
                    @Nullable
                    String runGap,
            @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        double speed = asked.factor();
        boolean ids = asked.withIds();
        Duration gap = Double.isInfinite(speed) ? Duration.ZERO : ReplayParameters.gap(runGap);
        StreamReply reply = StreamReply.to(context, owner.id(), delivery.turns());
        return reply.lookedUp(() -> sources.endedThread(owner, id), first -> {
            reply.head(first.map(found -> ResponseType.of(found.run())).orElse(ResponseType.EVENT_STREAM))
                    .putHeader("Runtape-Thread-Id", id);
            return reply.write(runsOf(owner, id, first, reply).onItem().transformToMultiAndConcatenate(found -> {
                Multi<Buffer> replay = replay(found.source(), found.idBase(), speed, ids && found.run().stream, reply);
                boolean isFirst = first.isPresent() && first.get().equals(found);
                return isFirst || gap.isZero() ? replay : after(gap, replay, reply);
            }));
        });
    }

    /** The runs of a thread, each looked up when the one before it begins, up to the first live run. */
    private Multi<RunSources.Found> runsOf(
            Owner owner, String threadId, Optional<RunSources.Found> first, StreamReply reply) {
        AtomicReference<Optional<RunSources.Found>> next = new AtomicReference<>(first);
        return Multi.createBy()
                .repeating()
                .uni(() -> {
                    Optional<RunSources.Found> now = Objects.requireNonNull(next.get());
                    return reply.onWorker(() -> now.map(found -> sources.nextInThread(owner, threadId, found.ordinal()))
                                    .orElse(Optional.empty()))
                            .invoke(next::set)
                            .replaceWith(now);
                })
                .until(found -> found.isEmpty() || found.get().source().ending() == null)
                .map(Optional::orElseThrow);
    }

    private static Multi<Buffer> after(Duration gap, Multi<Buffer> replay, StreamReply reply) {
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .onExecutor(reply.loop())
                .by(gap)
                .onItem()
                .transformToMulti(v -> replay);
    }
}
