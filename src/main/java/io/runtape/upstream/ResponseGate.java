package io.runtape.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the connection and the HTTP client, from when a call goes out until its response is taken over. The
 * REST client hands a response on some time after its head. It would take the bytes that came by then for itself, and
 * drop them if the connection broke meanwhile. So the gate keeps them, and goes on keeping until it leaves the pipeline:
 * only then does the client see bytes, and may stop the connection's reading. The client also refuses a response whose
 * {@code Content-Type} it cannot parse, and reads forms itself, so the gate hides that header from it.
 *
 * <p>Each call has its own gate. Bytes come on the connection's event loop, which need not be the call's: all state is
 * guarded by this.
 */
final class ResponseGate extends ChannelInboundHandlerAdapter {

    /** The bytes of a body to keep before the connection is read no further; a read under way still completes. */
    private static final int KEPT_MAX = 64 << 10;

    private Supplier<@Nullable HttpClientRequest> request = () -> null;

    // All below is guarded by this.
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private @Nullable ChannelHandlerContext context;
    private @Nullable MultiMap headers;
    private boolean sent;
    private boolean headCame;
    /** Whether what came was handed over, so that what comes now is for the client. */
    private boolean open;

    private boolean stopped;
    private boolean ended;
    private boolean endPassed;
    private @Nullable Throwable broken;

    /** Sets the request that the call goes out by, once there is a connection. */
    void at(Supplier<@Nullable HttpClientRequest> byRequest) {
        request = byRequest;
    }

    /** Enters the pipeline. No effect over HTTP/2, which the client speaks only if configured. */
    void stand() {
        synchronized (this) {
            sent = true;
        }
        HttpClientRequest out = request.get();
        if (out == null) {
            return;
        }
        OrderlyBreak.on(out);
        // Without a name: the gate of the connection's last call may still be about to leave.
        ClientPipeline.add(ClientPipeline.channelOf(out.connection()), null, this);
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
            passOn(to);
            to.fireChannelRead(message);
        }
    }

    private synchronized boolean keeps(Channel channel, Object message) {
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
        passOn(to);
        to.fireExceptionCaught(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext to) {
        breaks(new HttpClosedException("Connection was closed"));
        passOn(to);
        if (endsNow()) {
            to.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        to.fireChannelInactive();
    }

    private synchronized void breaks(Throwable cause) {
        if (!open && !ended && broken == null) {
            broken = cause;
        }
    }

    /**
     * What has come so far.
     *
     * @param headers the headers as they came; null if none passed the gate
     * @param body the beginning of the body
     * @param whole whether the response is complete with it
     * @param broken how the connection broke after it, if it did
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Kept(
            @Nullable MultiMap headers,
            byte[] body,
            boolean whole,
            @Nullable Throwable broken) {}

    /** Hands over what has come. Everything that follows goes to the client, soon, whose handlers must be set. */
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
            go(at);
        } else if (at != null) {
            at.executor().execute(() -> go(at));
        }
        return taken;
    }

    /**
     * Leaves before the client sees the end, since the client may then give the connection to the next call; and lets the
     * connection be read before the client sees bytes, since the client then stops that where nobody takes them.
     */
    private void go(ChannelHandlerContext at) {
        if (at.isRemoved()) {
            // The connection is closed, and the client knows.
            return;
        }
        at.pipeline().remove(this);
        at.channel().config().setAutoRead(true);
        passOn(at);
    }

    /** Passes on what has come since the gate was opened; nothing before that. On the connection's event loop. */
    private void passOn(ChannelHandlerContext to) {
        byte[] late;
        synchronized (this) {
            if (!open) {
                return;
            }
            late = kept.toByteArray();
            kept.reset();
        }
        if (late.length > 0) {
            to.fireChannelRead(new DefaultHttpContent(Unpooled.wrappedBuffer(late)));
        }
        boolean last = endsNow();
        if (last) {
            to.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        if (last || late.length > 0) {
            // The client sends nothing until a read is complete, so the connection's next call would wait for ever.
            to.fireChannelReadComplete();
        }
    }

    /** Whether the response is complete, and the client has not been told. */
    private synchronized boolean endsNow() {
        boolean now = ended && !endPassed;
        endPassed |= now;
        return now;
    }
}
