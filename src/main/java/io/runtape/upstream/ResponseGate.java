package io.runtape.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the connection and the HTTP client, from when a call goes out until its response is taken over. The REST
 * client hands a response on some time after its head: what had come by then it would take for itself, and drop where the
 * connection broke meanwhile. So that is kept here. And it refuses answers whose {@code Content-Type} it cannot read, and reads
 * those of forms itself: so it sees none.
 *
 * <p>One for each call. What comes does so on the connection's event loop, which need not be the call's: all state is guarded
 * by this.
 */
final class ResponseGate extends ChannelInboundHandlerAdapter {

    /** Bytes of a body that are kept before the connection is read no further; a read that is under way still ends. */
    private static final int KEPT_MAX = 64 << 10;

    /** The client's own handler, which sees what the codec has decoded. */
    private static final String CLIENT = "handler";

    private Supplier<@Nullable HttpClientRequest> request = () -> null;

    // All below is guarded by this.
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private @Nullable ChannelHandlerContext context;
    private @Nullable MultiMap headers;
    private boolean sent;
    private boolean headCame;
    private boolean open;
    private boolean stopped;
    private boolean ended;
    private @Nullable Throwable broken;

    /** Says what the call goes out by, as soon as there is a connection. */
    void at(Supplier<@Nullable HttpClientRequest> byRequest) {
        request = byRequest;
    }

    /** Takes its place. Without effect over HTTP/2, which the client does not speak unless it is told to. */
    void stand() {
        synchronized (this) {
            sent = true;
        }
        HttpClientRequest out = request.get();
        if (out == null) {
            return;
        }
        Channel channel = ((ConnectionBase) out.connection()).channel();
        if (channel.pipeline().get("codec") != null) {
            // Without a name: that of the connection's last call may still be about to go.
            channel.pipeline().addBefore(CLIENT, null, this);
        }
    }

    /** Whether the call was about to go out, so that the agent API may have got something of it. */
    synchronized boolean isSent() {
        return sent;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        synchronized (this) {
            context = added;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext to, Object message) {
        if (!keeps(to.channel(), message)) {
            to.fireChannelRead(message);
        }
    }

    private synchronized boolean keeps(Channel channel, Object message) {
        if (open) {
            return false;
        }
        if (message instanceof HttpResponse head) {
            if (head.decoderResult().isSuccess() && head.status().code() >= 200) {
                headCame = true;
                headers = copied(head);
                head.headers().remove(HttpHeaderNames.CONTENT_TYPE);
            }
            return false;
        }
        if (!headCame || !(message instanceof HttpContent content)) {
            return false;
        }
        if (content.decoderResult().isFailure()) {
            broken = content.decoderResult().cause();
            return false;
        }
        keep(content.content());
        content.release();
        ended = message instanceof LastHttpContent;
        if (kept.size() > KEPT_MAX && !stopped) {
            stopped = true;
            channel.config().setAutoRead(false);
        }
        return true;
    }

    private static MultiMap copied(HttpResponse head) {
        MultiMap copy = MultiMap.caseInsensitiveMultiMap();
        for (Map.Entry<String, String> header : head.headers()) {
            copy.add(header.getKey(), header.getValue());
        }
        return copy;
    }

    private void keep(ByteBuf bytes) {
        byte[] some = new byte[bytes.readableBytes()];
        bytes.readBytes(some);
        kept.writeBytes(some);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext to, Throwable cause) {
        breaks(cause);
        to.fireExceptionCaught(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext to) {
        boolean whole;
        synchronized (this) {
            whole = ended && !open;
        }
        if (whole) {
            to.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            breaks(new HttpClosedException("Connection was closed"));
        }
        to.fireChannelInactive();
    }

    private synchronized void breaks(Throwable cause) {
        if (!open && !ended && broken == null) {
            broken = cause;
        }
    }

    /**
     * What came up to now.
     *
     * @param headers as they came; null where none passed here
     * @param body the beginning of the body
     * @param whole whether the response is over with it
     * @param broken how the connection broke behind it, if it did
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Kept(
            @Nullable MultiMap headers,
            byte[] body,
            boolean whole,
            @Nullable Throwable broken) {}

    /** Hands over what came. All that follows goes to the client, whose handlers must be set. */
    Kept open() {
        Kept taken;
        ChannelHandlerContext at;
        synchronized (this) {
            open = true;
            taken = new Kept(headers, kept.toByteArray(), ended, broken);
            kept.reset();
            at = context;
        }
        if (at != null && at.executor().inEventLoop()) {
            go(at, taken.whole());
        } else if (at != null) {
            at.executor().execute(() -> go(at, taken.whole()));
        }
        return taken;
    }

    /** Goes, before the client hears of the end: with that it may give the connection to the next call. */
    private void go(ChannelHandlerContext at, boolean whole) {
        if (at.isRemoved()) {
            // The connection is closed, which has told the client everything.
            return;
        }
        at.pipeline().remove(this);
        at.channel().config().setAutoRead(true);
        if (whole) {
            at.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
            // Until a read is over the client sends nothing, so the connection's next call would wait for ever.
            at.fireChannelReadComplete();
        }
    }
}
