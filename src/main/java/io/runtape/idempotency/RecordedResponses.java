package io.runtape.idempotency;

import io.netty.channel.EventLoop;
import io.runtape.access.Owner;
import io.runtape.delivery.BrokenOffException;
import io.runtape.delivery.Delivery;
import io.runtape.delivery.RunSources;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.run.IdempotencyKey;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/** Finds the response for a repeated call (docs/reference/http-api.md, "Repeated calls"). Safe for any event loop. */
@Singleton
public final class RecordedResponses {

    /**
     * The first pause before it looks again for the head of a run of another gateway; later it looks twice a second.
     */
    private static final Duration LOOK_AGAIN_FIRST = Duration.ofMillis(20);

    private static final Duration LOOK_AGAIN_LONGEST = Duration.ofMillis(500);

    private final KeyReader keys;
    private final RunSources sources;
    private final Delivery delivery;
    private final BlockingWork work;

    RecordedResponses(KeyReader keys, RunSources sources, Delivery delivery, BlockingWork work) {
        this.keys = keys;
        this.sources = sources;
        this.delivery = delivery;
        this.work = work;
    }

    /**
     * The response that belongs to the key; empty if a call with this key would begin a run. The item comes on the loop
     * as soon as the run is found. From then on this run's response is the caller's, even if the key becomes free.
     *
     * @return fails with {@link ApiException} 422 if the key belongs to another request and 410 if its run or the run's
     *     frames were deleted, and with the database's failure if that does not answer
     */
    public Uni<Optional<RecordedResponse>> ofKey(Owner owner, IdempotencyKey key, EventLoop loop) {
        return work.onWorker(() -> claimed(owner, key), loop)
                .chain(runPk -> runPk.isEmpty()
                        ? Uni.createFrom().item(Optional.<RecordedResponse>empty())
                        : untilHeadIsKnown(work.onWorker(() -> Optional.of(response(kept(runPk.get()))), loop)));
    }

    /**
     * The same response, when its head and this position can be told. If another gateway records the run, or recorded it
     * until it died, the item comes when the tables have the head or the end. It comes on the loop.
     *
     * @param after the sequence that the caller goes on behind
     * @return fails with {@link ApiException} 410 if the run or its frames are deleted meanwhile, and with the database's
     *     failure if that does not answer
     */
    public Uni<RecordedResponse> withHead(RecordedResponse found, long after, EventLoop loop) {
        if (found.tellsHead() && after <= found.durableSequence()) {
            return Uni.createFrom().item(found);
        }
        // No look needs the row of the last one, which may be megabytes, for as long as the agent takes.
        long runPk = found.runPk();
        return untilHeadIsKnown(work.onWorker(() -> withHead(runPk, after), loop));
    }

    /**
     * The look-up, begun anew as long as it fails since it finds a run whose head is not known yet.
     *
     * @return fails with the database's failure if that does not answer
     */
    public static <T> Uni<T> untilHeadIsKnown(Uni<T> lookUp) {
        return lookUp.onFailure(e -> e instanceof BrokenOffException && e.getCause() == null)
                .retry()
                .withBackOff(LOOK_AGAIN_FIRST, LOOK_AGAIN_LONGEST)
                .indefinitely()
                .onFailure(BrokenOffException.class)
                .transform(Throwable::getCause);
    }

    /**
     * The response of a run. Blocks.
     *
     * @return empty if the run was deleted
     * @throws BrokenOffException if another gateway records the run, and the tables do not have its head yet
     */
    public Optional<RecordedResponse> ofRun(long runPk) {
        return sources.byKey(runPk).map(found -> tellingHead(response(found)));
    }

    private RecordedResponse withHead(long runPk, long after) {
        RunSources.Found found = kept(runPk);
        RecordedResponse response = tellingHead(response(found));
        sources.requireKnown(found.source(), after);
        return response;
    }

    private RecordedResponse response(RunSources.Found found) {
        return new RecordedResponse(found, delivery);
    }

    private static RecordedResponse tellingHead(RecordedResponse response) {
        if (!response.tellsHead()) {
            throw new BrokenOffException("the head is not known yet");
        }
        return response;
    }

    /** The run that has the key. */
    private Optional<Long> claimed(Owner owner, IdempotencyKey key) throws SQLException {
        Optional<ClaimedKey> hold = keys.hold(owner.id(), key.id());
        if (hold.isPresent()
                && hold.get().hasRequest()
                && !hold.get().requestHash().equals(key.requestHash())) {
            throw ApiException.of(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    "This Idempotency-Key was used for another request: a repeat has the same path and the same body, byte"
                            + " for byte.");
        }
        return hold.map(ClaimedKey::runPk);
    }

    /** The run that has a key, if it and its frames are still there. */
    private RunSources.Found kept(long runPk) {
        RunSources.Found found = sources.byKey(runPk)
                .orElseThrow(() -> ApiException.of(
                        ErrorCode.GONE, "The run of this Idempotency-Key was deleted. Use another key."));
        if (found.isExpired()) {
            throw ApiException.framesExpired();
        }
        return found;
    }
}
