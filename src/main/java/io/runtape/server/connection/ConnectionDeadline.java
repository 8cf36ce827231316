package io.runtape.server.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
 * Closes a connection that brings no request: within a short time from its beginning, however slowly the head of one trickles
 * in, and some time after the last response. While a request is answered the connection may be silent for as long as it likes:
 * an agent may think for minutes.
 *
 * <p>Does so at servers alone that have told it of a request, since only they tell of all. Confined to the connection's event
 * loop.
 */
final class ConnectionDeadline extends ChannelInboundHandlerAdapter {

    /** For the head of the first request, and for the handshake of TLS before it. */
    private static final Duration FIRST_HEAD = Duration.ofSeconds(10);

    /** For the head of each further one: longer than load balancers keep connections, which are to close them first. */
    private static final Duration NEXT_HEAD = Duration.ofSeconds(75);

    private static final AttributeKey<ConnectionDeadline> OF_CONNECTION = AttributeKey.valueOf("runtape-deadline");

    private static final AttributeKey<Boolean> TOLD_BY_SERVER = AttributeKey.valueOf("runtape-tells-requests");

    private boolean asked;
    private boolean ofMany;
    private Phase phase = Phase.IDLE;
    private @Nullable Future<?> timer;

    /** Holds nothing of a call: the timer outlives many. */
    private enum Phase {
        IDLE,
        ANSWERING,
        /** Since the last look. */
        ANSWERED
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        Channel channel = context.channel();
        channel.attr(OF_CONNECTION).set(this);
        judge(channel, FIRST_HEAD);
        context.fireChannelActive();
    }

    /** A connection of one call is gone long before its time: its timer must not keep what it held. */
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
        if (!channel.isActive() || ofMany) {
            return;
        }
        if (!asked && channel.parent().attr(TOLD_BY_SERVER).get() == null) {
            judge(channel, FIRST_HEAD);
        } else if (phase == Phase.IDLE) {
            channel.close();
        } else {
            phase = phase == Phase.ANSWERED ? Phase.IDLE : phase;
            judge(channel, NEXT_HEAD);
        }
    }

    /** The head of a request has come whole. */
    static void head(RoutingContext context) {
        HttpServerRequest request = context.request();
        Channel channel = ((ConnectionBase) request.connection()).channel();
        @Nullable ConnectionDeadline deadline = channel.attr(OF_CONNECTION).get();
        if (deadline == null) {
            return;
        }
        if (!deadline.asked) {
            deadline.asked = true;
            channel.parent().attr(TOLD_BY_SERVER).set(true);
        }
        // A connection of HTTP/2 has many answers at once, and pings of its own.
        deadline.ofMany = request.version() == HttpVersion.HTTP_2;
        deadline.phase = Phase.ANSWERING;
        context.addBodyEndHandler(v -> deadline.phase = Phase.ANSWERED);
    }
}
