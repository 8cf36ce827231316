package io.runtape.cancel;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.history.run.RunSnapshot;
import io.runtape.history.run.RunSnapshots;
import io.runtape.history.run.RunView;
import io.runtape.server.loop.EventLoops;
import io.runtape.server.response.DataEnvelope;
import io.runtape.server.response.Responses;
import io.runtape.store.BlockingWork;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;

/** Cancels live runs of all gateways (docs/reference/http-api.md, "Runs"). */
@Path("/history/v1")
public final class RunCancelResource {

    /** How long the response waits for the end of the run, so that it shows the run as cancelled. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration LOOK_EVERY = Duration.ofMillis(50);

    private final CallerAuthentication callers;
    private final RunSnapshots present;
    private final RunCancels cancels;
    private final BlockingWork work;

    RunCancelResource(CallerAuthentication callers, RunSnapshots present, RunCancels cancels, BlockingWork work) {
        this.callers = callers;
        this.present = present;
        this.cancels = cancels;
        this.work = work;
    }

    /** Cancels a run; for an ended run it only returns the run. */
    @POST
    @Path("/runs/{id}/cancel")
    @Produces(MediaType.APPLICATION_JSON)
    @NonBlocking
    @Tag(name = "Runs")
    @Operation(
            operationId = "cancelRun",
            summary = "Cancel a run",
            description = "The agent API is asked to cancel its run, the stream ends for every reader, and the run is"
                    + " cancelled with reason cancel_requested. It may be recorded by any gateway of the database. A run that"
                    + " has ended is answered as it is; so is one that has not ended within five seconds, as running.")
    @APIResponse(responseCode = "200", description = "The run.")
    public Uni<RestResponse<DataEnvelope<RunView>>> cancel(@RestPath String id, @Context RoutingContext context) {
        Owner owner = callers.readerOf(context.request());
        EventLoop loop = EventLoops.current();
        long until = System.nanoTime() + PATIENCE.toNanos();
        return work.onWorker(() -> asked(present.require(owner, id)), loop)
                .flatMap(run -> run.live() == null
                        ? Uni.createFrom().item(run)
                        : over(run.row().runPk, until, loop)
                                .chain(v -> work.onWorker(() -> present.require(owner, id), loop)))
                .map(run -> Responses.ok(new DataEnvelope<>(RunView.of(run))));
    }

    private RunSnapshot asked(RunSnapshot run) throws SQLException {
        if (run.live() != null) {
            cancels.cancel(run.row().runPk);
        }
        return run;
    }

    /** Completes when the run has ended, or its caller has waited long enough. Each look reads one word of the row. */
    private Uni<Boolean> over(long runPk, long until, EventLoop loop) {
        return work.onWorker(() -> cancels.isLive(runPk), loop)
                .repeat()
                .withDelay(LOOK_EVERY)
                .whilst(live -> live && System.nanoTime() < until)
                .collect()
                .last();
    }
}
