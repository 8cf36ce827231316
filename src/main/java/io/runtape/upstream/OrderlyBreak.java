package io.runtape.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Keeps the break of a connection behind what came over it. The HTTP client hands the head and the body of a response to
 * the event loop of the call, which need not be the connection's, but fails the call at once if the socket reports an
 * error. So a reset that came together with the head overtook it: the call had no response, and the client logged that its
 * result was already complete. This handler closes the connection instead, and the client hands over a close in order.
 *
 * <p>An error before the head goes on as it came, since its type says why there is no response. Confined to the
 * connection's event loop.
 */
final class OrderlyBreak extends ChannelInboundHandlerAdapter {

    private static final String NAME = "orderly-break";

    /** The client's own handler, which sees what the codec has decoded. */
    private static final String CLIENT = "handler";

    private boolean headCame;

    /**
     * Sees to this connection from now on; one call is enough. Call it before the request is sent. No effect over HTTP/2,
     * whose streams end by frames.
     */
    static void on(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        if (channel.pipeline().get(NAME) == null && channel.pipeline().get("codec") != null) {
            channel.pipeline().addBefore(CLIENT, NAME, new OrderlyBreak());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse head) {
            // One that is too long, or no HTTP, has not come: the error that follows says so.
            headCame = head.decoderResult().isSuccess() && head.status().code() >= 200;
        }
        if (message instanceof LastHttpContent) {
            headCame = false;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (headCame) {
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
