package io.runtape.server.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that brings no request: within a short time from its beginning, however slowly the head of a
 * request trickles in, and some time after the last response. While the gateway works on a request, the connection may
 * be silent for as long as it likes: an agent may think for minutes, and a slow replay rests for hours.
 *
 * <p>Closes connections only of servers that have reported a request to it, since only those report all requests.
 * Confined to the connection's event loop.
 */
final class ConnectionDeadline extends ChannelInboundHandlerAdapter {

    /** For the head of the first request, and for the handshake of TLS before it. */
    private static final Duration FIRST_HEAD = Duration.ofSeconds(10);

    /**
     * For the head of each further request: longer than load balancers keep connections, so that they close them first.
     */
    private static final Duration NEXT_HEAD = Duration.ofSeconds(75);

    /** The same over HTTP/2, whose clients keep one connection for all their calls. */
    private static final Duration NEXT_HEAD_HTTP2 = Duration.ofHours(1);

    private static final AttributeKey<ConnectionDeadline> OF_CONNECTION = AttributeKey.valueOf("runtape-deadline");

    static final AttributeKey<Boolean> TOLD_BY_SERVER = AttributeKey.valueOf("runtape-tells-requests");

    private boolean asked;
    private boolean ofMany;
    private Phase phase = Phase.IDLE;
    private @Nullable Future<?> timer;

    /** Holds nothing of a call, since the timer outlives many calls. */
    private enum Phase {
        IDLE,
        ANSWERING,
        /** Answered since the last check. */
        ANSWERED
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        Channel channel = context.channel();
        channel.attr(OF_CONNECTION).set(this);
        judge(channel, FIRST_HEAD);
        context.fireChannelActive();
    }

    /** A connection for one call ends long before its timer, which must not keep what the connection held. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (timer != null) {
            timer.cancel(false);
        }
        context.fireChannelInactive();
    }

    private void judge(Channel channel, Duration in) {
        timer = channel.eventLoop().schedule(() -> judge(channel), in.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void judge(Channel channel) {
        if (!channel.isActive()) {
            return;
        }
        if (!asked && channel.parent().attr(TOLD_BY_SERVER).get() == null) {
            judge(channel, FIRST_HEAD);
        } else if (phase == Phase.IDLE) {
            channel.close();
        } else {
            phase = isAnswering(channel) ? phase : Phase.IDLE;
            judge(channel, ofMany ? NEXT_HEAD_HTTP2 : NEXT_HEAD);
        }
    }

    private boolean isAnswering(Channel channel) {
        if (!ofMany) {
            return phase == Phase.ANSWERING;
        }
        // A connection of many responses at once, the end of one of which says nothing about the others.
        @Nullable Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        return http2 != null && http2.connection().numActiveStreams() > 0;
    }

    /** Reports that the complete head of a request has come. */
    static void head(RoutingContext context) {
        HttpServerRequest request = context.request();
        Channel channel = ((ConnectionBase) request.connection()).channel();
        @Nullable ConnectionDeadline deadline = channel.attr(OF_CONNECTION).get();
        if (deadline != null) {
            deadline.head(channel, request.version());
            context.addBodyEndHandler(v -> deadline.phase = Phase.ANSWERED);
        }
    }

    void head(Channel channel, HttpVersion version) {
        if (!asked) {
            asked = true;
            channel.parent().attr(TOLD_BY_SERVER).set(true);
        }
        ofMany = version == HttpVersion.HTTP_2;
        phase = Phase.ANSWERING;
    }
}
