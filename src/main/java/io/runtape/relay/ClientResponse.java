package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.delivery.BodyForm;
import io.runtape.delivery.Delivery;
import io.runtape.delivery.StreamedResponse;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Dialects;
import io.runtape.dialect.Failure;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.runtape.error.RequestId;
import io.runtape.journal.RunJournal;
import io.runtape.run.RunHead;
import io.runtape.sse.ContentDecoder;
import io.runtape.store.StoreFailures;
import io.runtape.upstream.AgentResponse;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * The response to the client of a recorded call: the head of the agent API's response, then, as for every reader, the
 * durable frames of the run. A client that goes away ends only this. Confined to the event loop.
 */
final class ClientResponse {

    private static final String REPLAYED = "Idempotent-Replayed";

    /** RFC 9113, section 7. */
    private static final long HTTP2_NO_ERROR = 0;

    private final RoutingContext context;
    private final UniEmitter<? super @Nullable Void> emitter;
    private final RuntapeHeaders own;
    private final Delivery delivery;
    private final Dialects dialects;
    private final EventLoop loop;
    private boolean gone;
    private boolean begun;
    private @Nullable StreamedResponse body;
    private @Nullable EarlyStream early;
    /** What the client of an early stream reads errors in. */
    private @Nullable Dialect expected;
    /** Reads the response that an early stream ends with. */
    private @Nullable Cancellable failing;

    ClientResponse(
            RoutingContext context,
            UniEmitter<? super @Nullable Void> emitter,
            RuntapeHeaders own,
            Delivery delivery,
            Dialects dialects,
            EventLoop loop) {
        this.context = context;
        this.emitter = emitter;
        this.own = own;
        this.delivery = delivery;
        this.dialects = dialects;
        this.loop = loop;
    }

    /** Names the client's request in the log. */
    String requestId() {
        return RequestId.of(context);
    }

    /** Whether the client has gone away. */
    boolean isGone() {
        return gone || context.response().closed();
    }

    /** Whether the client is there and has got nothing yet. */
    boolean isWaitingForHead() {
        return !isGone() && !begun && (isEarly() || !context.response().headWritten());
    }

    /** Whether the client has got a head before the agent API's came. */
    private boolean isEarly() {
        return early != null && early.isBegun();
    }

    /**
     * The agent API's head may take its time: if the client asked for an early one, and its call for no whole response, it
     * gets that when it has waited for too long.
     */
    void awaitHead(RecordedCall call) {
        awaitHead(call, call.start().id(), call.start().threadId(), false);
    }

    /** The same for the head of another call's run, which this client gets. */
    void awaitRepeatedHead(RecordedCall call, String runId, String threadId) {
        awaitHead(call, runId, threadId, true);
    }

    private void awaitHead(RecordedCall call, String runId, String threadId, boolean repeat) {
        KeepAlive asked = own.keepAlive();
        if (asked == null || !asked.early() || Boolean.FALSE.equals(call.asked().stream()) || isGone()) {
            return;
        }
        Dialect dialect = dialects.expected(call.upstream().dialect(), call.path());
        expected = dialect;
        MultiMap headers = ResponseHead.early(runId, threadId);
        if (repeat) {
            headers.set(REPLAYED, "true");
        }
        early = new EarlyStream(
                context.response(), headers, dialect::errorEvent, loop, delivery.nanoClock(), asked.idle());
    }

    /** The client has gone away. */
    void leave() {
        gone = true;
        stopWaiting();
        if (body != null) {
            body.cancel();
        }
        if (failing != null) {
            failing.cancel();
        }
    }

    /** Queues the run's frames for this client from now on, until its head can be sent. */
    void listen(RunJournal run, AgentResponse response) {
        if (isGone()) {
            return;
        }
        boolean readable = ContentDecoder.reads(response.contentEncoding());
        boolean streams = isStream(response.status(), response.isEventStream()) && (readable || !isEarly());
        if (isEarly() && !streams) {
            begun = true;
            failAfter(response.status(), delivery.body(run, readable ? BodyForm.DECODED : BodyForm.VERBATIM, loop));
            return;
        }
        if (!streams || !readable) {
            // Its own head must go out, and it is at hand.
            stopWaiting();
        }
        BodyForm form = form(response.isEventStream(), readable);
        body = StreamedResponse.of(context, delivery.body(run, form, loop), () -> emitter.complete(null));
    }

    /**
     * The form in which the client gets a body.
     *
     * @param readable see {@link RuntapeHeaders#form}
     */
    BodyForm form(boolean eventStream, boolean readable) {
        Dialect dialect = expected;
        return own.form(
                eventStream, readable, dialect == null ? null : reason -> dialect.errorEvent(brokenOff(reason)));
    }

    private static Failure brokenOff(@Nullable String reason) {
        return new Failure(
                reason == null ? Failure.NO_CODE : reason,
                "The response broke off before its end. The history has what came.");
    }

    private void stopWaiting() {
        if (early != null) {
            early.stop();
        }
    }

    /** Whether a response can be the rest of an event stream that has begun with a status 200. */
    private static boolean isStream(int status, boolean eventStream) {
        return eventStream && status >= 200 && status < 300;
    }

    /** Ends an early stream that no event stream follows: with an event, when the response is durable. */
    private void failAfter(int status, Multi<Buffer> response) {
        FailedResponse failed = new FailedResponse(status);
        failing = response.subscribe()
                .with(failed::add, e -> failEarly(failed.failure()), () -> failEarly(failed.failure()));
    }

    private void failEarly(Failure failure) {
        if (early != null) {
            early.fail(failure);
        }
        emitter.complete(null);
    }

    /**
     * Sends a recorded response once more.
     *
     * @param bytes the part of the body to send
     * @param stream whether it is an event stream
     * @param whole whether this is the agent API's whole body, byte for byte
     */
    void repeat(ResponseHead head, Multi<Buffer> bytes, boolean stream, boolean whole) {
        if (isGone()) {
            return;
        }
        stopWaiting();
        if (isEarly() && !(isStream(head.status(), stream) && head.isReadable())) {
            begun = true;
            failAfter(head.status(), bytes);
            return;
        }
        StreamedResponse to = StreamedResponse.of(context, bytes, () -> emitter.complete(null));
        body = to;
        begun = true;
        if (!isEarly()) {
            head.write(context.response(), whole);
            context.response().putHeader(REPLAYED, "true");
        }
        to.start();
    }

    /** Sends the head, which is durable, then the body as it becomes durable. */
    void begin(RunJournal run, RunHead head, AgentResponse response) {
        StreamedResponse to = body;
        if (to == null) {
            return;
        }
        begun = true;
        stopWaiting();
        if (!isEarly()) {
            BodyForm form = form(response.isEventStream(), ContentDecoder.reads(response.contentEncoding()));
            ResponseHead.of(run, head, response).in(form).write(context.response(), form.isVerbatim());
        }
        to.start();
    }

    /** Fails a response of which nothing of the agent API's was sent: like every other call, unless it began early. */
    void fail(Throwable cause) {
        if (isEarly()) {
            refuse(told(cause));
            return;
        }
        stopWaiting();
        emitter.fail(cause);
    }

    private ApiException told(Throwable cause) {
        return cause instanceof ApiException own
                ? own
                : StoreFailures.outage(cause).orElseGet(() -> ErrorReply.faultOf(context, cause));
    }

    /** Answers with an error of the gateway's own. */
    void refuse(ApiException failure) {
        if (isGone()) {
            return;
        }
        if (body != null) {
            body.cancel();
        }
        if (isEarly()) {
            failEarly(new Failure(failure.code().code(), failure.message()));
            return;
        }
        stopWaiting();
        if (failure.code() == ErrorCode.SHUTTING_DOWN) {
            sendElsewhere(context.request());
        }
        ErrorReply.write(context, failure);
        emitter.complete(null);
    }

    /** The same for a recorded run: the response names the run and its thread. */
    void refuse(String runId, String threadId, ApiException failure) {
        if (!isGone() && !context.response().headWritten()) {
            context.response().putHeader("Runtape-Run-Id", runId).putHeader("Runtape-Thread-Id", threadId);
        }
        refuse(failure);
    }

    /**
     * The client's next call needs another connection, which leads to a gateway that takes new runs: a client that keeps
     * its connections would call a stopping gateway until that ends. Call it before the head is written.
     */
    static void sendElsewhere(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.connection().goAway(HTTP2_NO_ERROR);
        } else {
            request.response().putHeader(HttpHeaders.CONNECTION, "close");
        }
    }
}
