package io.runtape.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpConnection;
import java.util.ArrayList;
import java.util.List;

/**
 * Joins the chunks of one read of the socket into one. Agent APIs send each event as a chunk of its own, and the HTTP
 * client's work for a chunk costs several times that for the event itself. No byte waits: the joined chunk goes on when
 * the read is over. Confined to the connection's event loop.
 */
final class ChunkJoiner extends ChannelInboundHandlerAdapter {

    /**
     * The longest joined chunk, even if the read goes on; the codec makes no longer ones either. It is small, because
     * one buffer of each run may still come when the room of all runs is full, and large enough that the client's work
     * for each does not matter.
     */
    private static final int BYTES_MAX = 8 << 10;

    private static final String NAME = "chunk-joiner";

    private final List<ByteBuf> chunks = new ArrayList<>();
    private int length;

    /**
     * Joins the chunks of this connection from now on; one call is enough. No effect over HTTP/2, which has no chunks.
     */
    static void on(HttpConnection connection) {
        Channel channel = ClientPipeline.channelOf(connection);
        if (channel.pipeline().get(NAME) == null) {
            ClientPipeline.add(channel, NAME, new ChunkJoiner());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpContent chunk
                && !(message instanceof LastHttpContent)
                && !(message instanceof HttpMessage)
                && chunk.decoderResult().isSuccess()) {
            int more = chunk.content().readableBytes();
            if (length + more > BYTES_MAX) {
                goOn(context);
            }
            chunks.add(chunk.content());
            length += more;
            if (length >= BYTES_MAX) {
                goOn(context);
            }
        } else {
            goOn(context);
            context.fireChannelRead(message);
        }
    }

    private void goOn(ChannelHandlerContext context) {
        if (chunks.isEmpty()) {
            return;
        }
        ByteBuf joined = chunks.size() == 1 ? chunks.get(0) : join();
        chunks.clear();
        length = 0;
        context.fireChannelRead(new DefaultHttpContent(joined));
    }

    private ByteBuf join() {
        byte[] bytes = new byte[length];
        int at = 0;
        for (ByteBuf chunk : chunks) {
            int size = chunk.readableBytes();
            chunk.readBytes(bytes, at, size);
            chunk.release();
            at += size;
        }
        return Unpooled.wrappedBuffer(bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        goOn(context);
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        goOn(context);
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        goOn(context);
        context.fireExceptionCaught(cause);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        goOn(context);
    }
}
