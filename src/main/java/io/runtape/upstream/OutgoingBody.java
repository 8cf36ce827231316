package io.runtape.upstream;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpClientRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The body of an outgoing call. It is handed out once, so that nothing holds it while the call waits for its response.
 * Confined to the event loop of the call.
 */
public final class OutgoingBody {

    private final Runnable sent;
    private Runnable goesOut = () -> {};
    private Runnable written = () -> {};
    private byte @Nullable [] bytes;

    /** @param sent runs once a body that was handed out is in the socket, or can never be */
    public OutgoingBody(byte[] bytes, Runnable sent) {
        this.bytes = bytes;
        this.sent = sent;
    }

    /**
     * Tells of the way of the body; call it before the body is taken.
     *
     * @param goesOut runs when the body is about to be written, on any thread
     * @param written runs when it is in the socket, or can never be, on any thread
     */
    void watch(Runnable goesOut, Runnable written) {
        this.goesOut = goesOut;
        this.written = written;
    }

    /** How many bytes are still to be handed out. */
    int length() {
        byte[] waiting = bytes;
        return waiting == null ? 0 : waiting.length;
    }

    /** The bytes, for the only time. */
    byte[] take() {
        byte[] taken = Objects.requireNonNull(bytes, "the body was sent before");
        bytes = null;
        return taken;
    }

    /** The current task of the request's event loop is about to write the body. */
    void goesOutBy(HttpClientRequest request) {
        goesOut.run();
        Channel channel = ClientPipeline.channelOf(request.connection());
        channel.eventLoop().execute(() -> {
            @Nullable
            ChannelHandlerContext nearestTheSocket = channel.pipeline().firstContext();
            if (nearestTheSocket == null) {
                // The connection has closed.
                isOut();
            } else {
                // An empty write behind the body, into the same socket, completes when the body is written.
                nearestTheSocket.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> isOut());
            }
        });
    }

    private void isOut() {
        sent.run();
        written.run();
    }

    /** The body will not be sent. */
    public void drop() {
        bytes = null;
    }
}
