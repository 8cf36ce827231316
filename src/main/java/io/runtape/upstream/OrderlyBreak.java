package io.runtape.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpClientRequest;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the break of a connection behind what came over it. The HTTP client hands the head and the body of a response to
 * the event loop of the call, which need not be the connection's, but fails the call at once if the socket reports an
 * error. So a reset that came together with the head overtook it: the call had no response, and the client logged that its
 * result was already complete. This handler closes the connection instead, and the client hands over a close in order. To
 * the codec a close is the orderly end of a response without a length; that end stays here.
 *
 * <p>An error before the head goes on as it came, since its type says why there is no response.
 *
 * <p>It also keeps a call that is given up from breaking a connection that is no longer its own. Confined to the
 * connection's event loop, but for {@link #call}.
 */
final class OrderlyBreak extends ChannelDuplexHandler {

    private static final String NAME = "orderly-break";

    /** The call that has the connection; null once its request has gone out whole and its response has come whole. */
    private volatile @Nullable HttpClientRequest call;

    private boolean requestWent;
    private boolean responseCame;
    private boolean headCame;
    private boolean breaking;

    /**
     * Sees to the connection of this call from now on. Call it before the request is sent. No effect over HTTP/2, whose
     * streams end by frames.
     */
    static void on(HttpClientRequest request) {
        Channel channel = ClientPipeline.channelOf(request.connection());
        OrderlyBreak there = channel.pipeline().get(OrderlyBreak.class);
        if (there == null) {
            there = new OrderlyBreak();
            ClientPipeline.add(channel, NAME, there);
        }
        there.call = request;
    }

    /**
     * Gives a call up, which closes its connection, unless the call is over. Then the client may have given the connection
     * to another call, even if nobody has read the response, and its own reset would close it all the same.
     */
    static void giveUp(HttpClientRequest request) {
        Channel channel = ClientPipeline.channelOf(request.connection());
        OrderlyBreak there = channel.pipeline().get(OrderlyBreak.class);
        if (there == null) {
            request.reset();
        } else if (channel.eventLoop().inEventLoop()) {
            there.breakOff(request);
        } else {
            channel.eventLoop().execute(() -> there.breakOff(request));
        }
    }

    private void breakOff(HttpClientRequest request) {
        if (call == request) {
            request.reset();
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof LastHttpContent) {
            requestWent = true;
            settle();
        }
        context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse head) {
            // One that is too long, or no HTTP, has not come: the error that follows says so.
            headCame = head.decoderResult().isSuccess() && head.status().code() >= 200;
        }
        if (message instanceof LastHttpContent end) {
            if (breaking) {
                end.release();
                return;
            }
            // An interim response has an end, too.
            responseCame = headCame;
            headCame = false;
            settle();
        }
        context.fireChannelRead(message);
    }

    private void settle() {
        if (requestWent && responseCame) {
            call = null;
            requestWent = false;
            responseCame = false;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (headCame) {
            breaking = true;
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
