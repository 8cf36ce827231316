package io.runtape.upstream;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The body of a call that is to go out. It is handed out once, so that nobody holds it while the call waits for its response,
 * however long that takes. Confined to the event loop of the call.
 */
public final class OutgoingBody {

    private final Runnable sent;
    private byte @Nullable [] bytes;

    /** @param sent is run once the body is in the socket, or can never be, if it was handed out */
    public OutgoingBody(byte[] bytes, Runnable sent) {
        this.bytes = bytes;
        this.sent = sent;
    }

    /** The bytes, for the only time. */
    byte[] take() {
        byte[] taken = Objects.requireNonNull(bytes, "the body was sent before");
        bytes = null;
        return taken;
    }

    /** The body is about to be written to the request, by the task that runs now on its event loop. */
    void goesOutBy(HttpClientRequest request) {
        Channel channel = ((ConnectionBase) request.connection()).channel();
        // Written behind the body, and into the same socket, nothing is written when the body is.
        channel.eventLoop()
                .execute(() -> channel.pipeline()
                        .firstContext()
                        .writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(written -> sent.run()));
    }

    /** Nobody is to send it any more. */
    public void drop() {
        bytes = null;
    }
}
