package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.delivery.BodyForm;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.idempotency.RecordedHead;
import io.runtape.idempotency.RecordedResponse;
import io.runtape.idempotency.RecordedResponses;
import io.runtape.journal.Journal;
import io.runtape.journal.KeyTakenException;
import io.runtape.journal.RunJournal;
import io.runtape.journal.TooManyRunsException;
import io.runtape.run.IdempotencyKey;
import io.runtape.server.loop.EventLoops;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.function.BiFunction;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Opens the run of a recorded call, then hands over to the relay. If the call's idempotency key has a run already, the
 * caller gets that run, and the gateway does not call the agent API: the database decides, by refusing the second claim
 * of a key.
 *
 * <p>Drops the body if the call will not be sent. Confined to the event loop of the call.
 */
final class CallOpening {

    private static final Logger LOG = Logger.getLogger(CallOpening.class);

    /** How often a taken key may be free again at the look-up of its run: each time, another call's run has failed. */
    private static final int TRIES = 5;

    private final ClientResponse client;
    private final EventLoop loop;
    private final Journal journal;
    private final RecordedResponses answers;
    private final BiFunction<RecordedCall, RunJournal, RunRelay> relaying;
    private final RecordedCall call;
    private @Nullable RunRelay relay;
    private @Nullable Cancellable lookup;

    /** @param relaying relays the call, whose run is durable */
    CallOpening(
            RecordedCall call,
            ClientResponse client,
            EventLoop loop,
            Journal journal,
            RecordedResponses answers,
            BiFunction<RecordedCall, RunJournal, RunRelay> relaying) {
        this.call = call;
        this.client = client;
        this.loop = loop;
        this.journal = journal;
        this.answers = answers;
        this.relaying = relaying;
    }

    /** Makes the run durable, or finds the key's existing run. */
    void begin() {
        @Nullable IdempotencyKey key = call.start().key();
        if (key != null && call.own().position() > 0) {
            // A caller that has part of a response must get the rest of that response or nothing, never another run.
            repeat(key, () -> refuse(nothingToGoOnWith()));
        } else {
            open(TRIES);
        }
    }

    private static ApiException nothingToGoOnWith() {
        return ApiException.of(
                ErrorCode.UNKNOWN_SEQUENCE,
                "This Idempotency-Key has no run that Last-Event-ID could be a position in. Nothing was sent to the agent"
                        + " API; send the call without Last-Event-ID to begin a run.");
    }

    private void open(int tries) {
        if (journal.stopping()) {
            stopping();
            return;
        }
        // If the run's row does not come in time, the failure comes on another thread.
        journal.open(call.start(), loop)
                .subscribe()
                .with(run -> relay = relaying.apply(call, run), e -> EventLoops.run(loop, () -> unopened(e, tries)));
    }

    /** A repeat of a call with a run is a reader, and the gateway serves readers until it stops. */
    private void stopping() {
        @Nullable IdempotencyKey key = call.start().key();
        if (key == null) {
            refuse(UnansweredErrors.stopping());
        } else {
            repeat(key, () -> refuse(UnansweredErrors.stopping()));
        }
    }

    private void unopened(Throwable cause, int tries) {
        @Nullable IdempotencyKey key = call.start().key();
        if (cause instanceof KeyTakenException && key != null) {
            repeat(key, () -> {
                if (tries > 1) {
                    open(tries - 1);
                } else {
                    refuse(failingRuns());
                }
            });
        } else if (cause instanceof TooManyRunsException bound) {
            ApiException refusal = tooMany(bound);
            if (key == null) {
                refuse(refusal);
            } else {
                repeat(key, () -> refuse(refusal));
            }
        } else {
            refuse(UnansweredErrors.awayStore());
        }
    }

    private void refuse(ApiException refusal) {
        call.release();
        client.refuse(refusal);
    }

    private static ApiException failingRuns() {
        return UnansweredErrors.unavailable(
                "The runs of other calls with this Idempotency-Key fail one after the other. Nothing was sent to"
                        + " the agent API for this one.");
    }

    private static ApiException tooMany(TooManyRunsException bound) {
        return ApiException.of(
                        ErrorCode.TOO_MANY_RUNS,
                        bound.ofOwner()
                                ? "Too many of your runs are live. Nothing was sent to the agent API."
                                : "Too many runs are live at this gateway. Nothing was sent to the agent API.")
                .retryAfter(UnansweredErrors.RETRY_AFTER);
    }

    private void repeat(IdempotencyKey key, Runnable ifThereIsNone) {
        lookup = answers.ofKey(call.start().owner(), key, loop)
                .subscribe()
                .with(
                        found -> {
                            // What follows may open the run after all, and then needs the body.
                            lookup = null;
                            found.ifPresentOrElse(this::awaitHead, ifThereIsNone);
                        },
                        this::unfound);
    }

    private void unfound(Throwable cause) {
        lookup = null;
        call.release();
        client.fail(cause);
    }

    /** The client may hear of its run before that has a head. */
    private void awaitHead(RecordedResponse found) {
        call.release();
        client.awaitRepeatedHead(call, found.runId(), found.threadId());
        lookup = answers.withHead(found, call.own().position(), loop)
                .flatMap(this::answer)
                .subscribe()
                .with(Runnable::run, this::unfound);
    }

    /** What to do when the head has come, or will not come. */
    private Uni<Runnable> answer(RecordedResponse response) {
        return response.head(loop)
                .<Runnable>map(head -> () -> repeat(response, head, call.own()))
                .onFailure()
                .recoverWithItem(() -> () ->
                        client.refuse(response.runId(), response.threadId(), UnansweredErrors.because(null, true)));
    }

    private void repeat(RecordedResponse response, RecordedHead head, RuntapeHeaders own) {
        LOG.debugf("a repeated call gets run %s", head.runId());
        @Nullable Integer status = head.status();
        if (status == null) {
            client.refuse(head.runId(), head.threadId(), UnansweredErrors.because(head.reason(), head.sent()));
            return;
        }
        ResponseHead again = ResponseHead.again(head, status);
        BodyForm form = client.form(head.stream(), again.isReadable());
        boolean whole = form.isVerbatim() && own.position() == 0;
        try {
            client.repeat(again.in(form), response.body(own.position(), form, loop), head.stream(), whole);
        } catch (ApiException e) {
            client.refuse(e);
        }
    }

    /** The client has gone away. */
    void clientGone() {
        RunRelay begun = relay;
        if (begun != null) {
            begun.clientGone();
            return;
        }
        client.leave();
        Cancellable looking = lookup;
        if (looking != null) {
            looking.cancel();
            call.release();
        }
    }
}
