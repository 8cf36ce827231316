package io.runtape.delivery;

import io.runtape.access.Owner;
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
import java.util.Optional;
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

    private final StreamReaders readers;
    private final RunSources sources;
    private final ReplayParts parts;
    private final Delivery delivery;

    ReplayStreamResource(StreamReaders readers, RunSources sources, ReplayParts parts, Delivery delivery) {
        this.readers = readers;
        this.sources = sources;
        this.parts = parts;
        this.delivery = delivery;
    }

    /** The replay of a run, up to its present if it is live. */
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
    @APIResponse(
            responseCode = "204",
            description =
                    "Asked after the last event of a run that has ended, or behind the frame that to names: nothing more"
                            + " comes, and an EventSource stops reconnecting.")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
    @APIResponse(responseCode = "410", ref = "FramesExpired")
    public Uni<Void> run(@RestPath String id, @BeanParam ReplayParameters asked, @Context RoutingContext context) {
        Uni<StreamReaders.Lookup<RunSources.Found>> reader = readers.ofRun(context, asked.ticket(), id);
        ReplayPace pace = asked.pace();
        ReplaySpan span = asked.span();
        StreamReply reply = StreamReply.to(context, delivery.turns());
        return reply.lookedUp(reader.map(lookup -> lookup.then(found -> played(found, span, pace))), played -> {
            Run run = played.found().run();
            boolean nothingComes = !played.isLive() || span.endsAtFrame();
            if (asked.position() != null && nothingComes && played.part().isEmpty()) {
                return reply.nothingMore();
            }
            reply.head(ResponseType.of(run))
                    .putHeader("Runtape-Run-Id", run.id)
                    .putHeader("Runtape-Thread-Id", run.threadId);
            RunSource source = played.found().source().endingAsAnswered(run.cut);
            StreamFormat framing = pace.withIds(run) ? EventIdFraming.ofReplay(0) : VerbatimFraming.decoded();
            return reply.write(replay(source, played.part(), framing, pace, reply));
        });
    }

    private ReplayedRun played(RunSources.Found found, ReplaySpan span, ReplayPace pace) {
        found.requireFrames();
        return new ReplayedRun(found, parts.of(found.source(), span, pace.withIds(found.run())));
    }

    private Multi<Buffer> replay(
            RunSource source, ReplayPart part, StreamFormat framing, ReplayPace pace, StreamReply reply) {
        return delivery.replay(source, part, pace.clock(part.originMicros()), framing, reply.loop());
    }

    private static StreamFormat inThread(RunSources.Found found, ReplayPace pace) {
        if (!pace.ids()) {
            return VerbatimFraming.decoded();
        }
        return pace.withIds(found.run())
                ? EventIdFraming.ofReplay(found.idBase())
                : VerbatimFraming.amongEvents(found.idBase());
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
    @APIResponse(
            responseCode = "204",
            description =
                    "Asked after the last event of a run that has ended, or behind the frame that to names: nothing more"
                            + " comes, and an EventSource stops reconnecting.")
    @APIResponse(responseCode = "400", ref = "InvalidPosition")
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
        Uni<StreamReaders.Lookup<Owner>> reader = readers.ofThread(context, asked.ticket(), id);
        ReplayPace pace = asked.pace();
        ReplaySpan span = asked.span();
        Duration runPause = ReplayParameters.runGap(runGap);
        Duration gap = pace.gap(runPause);
        StreamReply reply = StreamReply.to(context, delivery.turns());
        return reply.lookedUp(
                reader.map(lookup ->
                        lookup.then(owner -> new ThreadReplay(sources, parts, owner, id, span, runPause, pace))),
                replay -> {
                    Optional<ReplayedRun> first = replay.first();
                    if (first.isEmpty() && asked.position() != null) {
                        return reply.nothingMore();
                    }
                    reply.head(first.filter(played -> !pace.ids())
                                    .map(played ->
                                            ResponseType.of(played.found().run()))
                                    .orElse(ResponseType.EVENT_STREAM))
                            .putHeader("Runtape-Thread-Id", id);
                    return reply.write(replay.runs(reply, gap)
                            .onItem()
                            .transformToMultiAndConcatenate(played -> replay(
                                    played.found().source(),
                                    played.part(),
                                    inThread(played.found(), pace),
                                    pace,
                                    reply)));
                });
    }
}
