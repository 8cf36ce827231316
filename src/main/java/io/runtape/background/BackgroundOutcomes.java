package io.runtape.background;

import io.netty.channel.EventLoop;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.dialect.Dialects;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.RunDigest;
import io.runtape.relay.RunConclusion;
import io.runtape.run.Run;
import io.runtape.run.RunEnd;
import io.runtape.run.UpstreamRunId;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Gives runs in the background their outcome as soon as a call that passes brings it: the agent API's own response to a
 * retrieve, whole or as a stream, or to a cancel (docs/concepts.md, "Dialect"). The response passes as it is, whether or
 * not its outcome can be read and stored. Safe for any event loop.
 */
@Singleton
public final class BackgroundOutcomes {

    private static final Logger LOG = Logger.getLogger(BackgroundOutcomes.class);

    /**
     * The bytes that all watches together hold: enough for a dozen long responses at once. A response that comes past it
     * is not read; the client's next retrieve may bring it again.
     */
    static final long HELD_MAX = 16L << 20;

    private final Dialects dialects;
    private final RunOutcomes outcomes;
    private final BlockingWork work;
    private final AtomicLong held = new AtomicLong();

    BackgroundOutcomes(Dialects dialects, RunOutcomes outcomes, BlockingWork work) {
        this.dialects = dialects;
        this.outcomes = outcomes;
        this.work = work;
    }

    /**
     * The owner's run that a cancel names, if it is in the background and its outcome is open.
     *
     * @param upstream the name of the agent API that the cancel is for
     * @param id the run's id, Runtape's or the agent API's
     * @param loop the event loop for the item
     * @return empty also if the run cannot be looked up in time: the cancel passes all the same; never fails
     */
    public Uni<Optional<BackgroundRun>> open(Owner owner, String upstream, String id, Executor loop) {
        Callable<Optional<BackgroundRun>> look = () -> QuarkusTransaction.requiringNew()
                .call(() -> Run.of(owner, id))
                .filter(run -> run.upstream.equals(upstream))
                .flatMap(BackgroundRun::of);
        return BlockingWork.inTime(
                work.onWorker(look, loop), Optional::empty, "the run of a cancel cannot be looked up", loop);
    }

    /**
     * Watches the agent API's response to a retrieve or a cancel of the run.
     *
     * @param contentType the response's media type with its parameters; null if it has none
     * @param contentEncoding its encoding; null if it has none
     * @param loop the event loop that the response comes on
     * @return empty if the response is of a form that is not read
     */
    public Optional<OutcomeWatch> watch(
            BackgroundRun run, @Nullable String contentType, @Nullable String contentEncoding, EventLoop loop) {
        if (contentType == null || contentEncoding != null) {
            return Optional.empty();
        }
        String mediaType = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return switch (mediaType) {
            case "application/json" -> Optional.of(OutcomeWatch.ofResponse(this, run, loop));
            case "text/event-stream" -> Optional.of(OutcomeWatch.ofStream(this, run, loop));
            default -> Optional.empty();
        };
    }

    /** Whether there is room for so many further bytes; a negative number gives room back. */
    boolean hold(long bytes) {
        long now = held.addAndGet(bytes);
        if (bytes > 0 && now > HELD_MAX) {
            held.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /**
     * Reads and stores the outcome on a worker.
     *
     * @param event whether the bytes are an event of a stream; otherwise they are a whole response
     * @param done runs on the loop when the bytes are needed no more
     */
    void came(BackgroundRun run, byte[] bytes, boolean event, EventLoop loop, Runnable done) {
        work.onWorker(() -> write(run, bytes, event), loop)
                .onTermination()
                .invoke(done)
                .subscribe()
                .with(
                        written -> LOG.debugf("the outcome of response %s is stored: %s", run.responseId(), written),
                        // A later retrieve brings it once more.
                        e -> LOG.warnf("the outcome of response %s cannot be stored: %s", run.responseId(), e));
    }

    private boolean write(BackgroundRun run, byte[] bytes, boolean event) throws SQLException {
        RunDigest digest = dialects.of(BackgroundRun.DIALECT, "/").digest();
        if (event) {
            digest.event(null, bytes, 0, bytes.length, false);
        } else {
            digest.response(bytes, 0, bytes.length);
        }
        Outcome outcome = digest.outcome();
        Optional<RunEnd> end = RunConclusion.told(outcome, Instant.now());
        @Nullable String id = outcome.upstreamRunId();
        boolean named = id != null && run.responseId().equals(UpstreamRunId.kept(id));
        return end.isPresent() && named && outcomes.write(run, end.get());
    }
}
