package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.delivery.Delivery;
import io.runtape.delivery.StreamedResponse;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.error.RequestId;
import io.runtape.journal.RunJournal;
import io.runtape.run.RunHead;
import io.runtape.sse.ContentDecoder;
import io.runtape.upstream.AgentResponse;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * The response to the client of a recorded call: the head of the agent API's response, then, as for every reader, the
 * durable frames of the run. A client that goes away ends only this. Confined to the event loop.
 */
final class ClientResponse {

    private final RoutingContext context;
    private final UniEmitter<? super @Nullable Void> emitter;
    private final boolean eventIds;
    private final Delivery delivery;
    private final EventLoop loop;
    private boolean gone;
    private boolean begun;
    private boolean addsIds;
    private @Nullable StreamedResponse body;

    ClientResponse(
            RoutingContext context,
            UniEmitter<? super @Nullable Void> emitter,
            boolean eventIds,
            Delivery delivery,
            EventLoop loop) {
        this.context = context;
        this.emitter = emitter;
        this.eventIds = eventIds;
        this.delivery = delivery;
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
        return !isGone() && !context.response().headWritten() && !begun;
    }

    /** The client has gone away. */
    void leave() {
        gone = true;
        if (body != null) {
            body.cancel();
        }
    }

    /** Queues the run's frames for this client from now on, until its head can be sent. */
    void listen(RunJournal run, AgentResponse response) {
        if (!isGone()) {
            addsIds = eventIds && response.isEventStream() && isReadable(response);
            body = StreamedResponse.of(context, delivery.body(run, addsIds, loop), () -> emitter.complete(null));
        }
    }

    private static boolean isReadable(AgentResponse response) {
        @Nullable String coding = response.contentEncoding();
        return !ContentDecoder.isEncoded(coding) || ContentDecoder.decodes(coding);
    }

    /**
     * Sends a recorded response once more.
     *
     * @param bytes the part of the body to send
     * @param whole whether this is the agent API's whole body, byte for byte
     */
    void repeat(ResponseHead head, Multi<Buffer> bytes, boolean whole) {
        if (isGone()) {
            return;
        }
        StreamedResponse to = StreamedResponse.of(context, bytes, () -> emitter.complete(null));
        body = to;
        begun = true;
        head.write(context.response(), whole);
        context.response().putHeader("Idempotent-Replayed", "true");
        to.start();
    }

    /** Sends the head, which is durable, then the body as it becomes durable. */
    void begin(RunJournal run, RunHead head, AgentResponse response) {
        StreamedResponse to = body;
        if (to == null) {
            return;
        }
        begun = true;
        ResponseHead sent = ResponseHead.of(run, head, response);
        (addsIds ? sent.decoded() : sent).write(context.response(), !addsIds);
        to.start();
    }

    /** Fails a response of which nothing was sent, like every other call. */
    void fail(Throwable cause) {
        emitter.fail(cause);
    }

    /** Answers with an error of the gateway's own. */
    void refuse(ApiException failure) {
        if (isGone()) {
            return;
        }
        if (body != null) {
            body.cancel();
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
}
