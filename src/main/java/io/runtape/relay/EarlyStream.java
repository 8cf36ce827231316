package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.delivery.IdleTimer;
import io.runtape.dialect.Failure;
import io.runtape.sse.SseWriter;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The beginning of an event stream for a client that does not want to wait for the agent API's head in silence:
 * {@code Runtape-Keep-Alive: …; early}. After the first idle time it sends a head of the gateway's own, and from then
 * on comments. A failure after that can only be an event of the stream. Confined to the event loop of the call.
 */
final class EarlyStream {

    private final HttpServerResponse response;
    private final Function<Failure, byte[]> errorEvent;
    private final IdleTimer timer;
    private boolean begun;

    /**
     * Waits from now on.
     *
     * @param headers the headers of the head
     * @param errorEvent writes a failure as the client expects it in a stream
     */
    EarlyStream(
            HttpServerResponse response,
            MultiMap headers,
            Function<Failure, byte[]> errorEvent,
            EventLoop loop,
            LongSupplier nanoClock,
            Duration idle) {
        this.response = response;
        this.errorEvent = errorEvent;
        this.timer = IdleTimer.begin(loop, nanoClock, idle, () -> keepAwake(headers));
    }

    private void keepAwake(MultiMap headers) {
        if (response.closed() || response.ended()) {
            stop();
            return;
        }
        if (!begun) {
            begun = true;
            response.setStatusCode(200).setChunked(true);
            headers.forEach(response::putHeader);
        }
        if (!response.writeQueueFull()) {
            response.write(Buffer.buffer(SseWriter.keepAlive()));
        }
    }

    /** Whether the client has its head. */
    boolean isBegun() {
        return begun;
    }

    /** Sends no more comments. */
    void stop() {
        timer.stop();
    }

    /** Ends the stream, in good order, with the failure as its last event. */
    void fail(Failure failure) {
        stop();
        if (!response.closed() && !response.ended()) {
            response.end(Buffer.buffer(errorEvent.apply(failure)));
        }
    }
}
