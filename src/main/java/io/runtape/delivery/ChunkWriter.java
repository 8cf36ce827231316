package io.runtape.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Writes a chunk of a response as one buffer (RFC 9112, section 7.1). The codec writes three, each as a message of its
 * own, which is a tenth of the cost of a live event. Confined to the connection's event loop.
 */
final class ChunkWriter extends ChannelOutboundHandlerAdapter {

    private static final String NAME = "chunk-writer";

    /** The server's own handler. */
    private static final String ENCODER = "httpEncoder";

    private static final byte[] LINE_END = {'\r', '\n'};

    /** A length in hexadecimal, of 8 digits at most, and two line ends. */
    private static final int AROUND = 12;

    private boolean chunked;

    /**
     * Writes the chunks of this connection from now on; one call is enough. No effect over HTTP/2, which has no chunks.
     */
    static void on(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        if (channel.pipeline().get(NAME) == null && channel.pipeline().get(ENCODER) != null) {
            // The server's other handlers see every chunk: a timer of idle connections, or who holds messages back.
            channel.pipeline().addAfter(ENCODER, NAME, new ChunkWriter());
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse head) {
            chunked = HttpUtil.isTransferEncodingChunked(head);
        }
        // No subclass: a head or an end may have bytes too, but the codec writes those.
        if (chunked && message.getClass() == DefaultHttpContent.class) {
            DefaultHttpContent chunk = (DefaultHttpContent) message;
            // A chunk without bytes would end the response.
            if (chunk.content().isReadable()) {
                ByteBuf whole = encoded(context, chunk);
                // Past the codec, whose state it does not change.
                context.pipeline().context(ENCODER).write(whole, promise);
                return;
            }
        }
        context.write(message, promise);
    }

    private static ByteBuf encoded(ChannelHandlerContext context, DefaultHttpContent chunk) {
        try {
            ByteBuf bytes = chunk.content();
            int length = bytes.readableBytes();
            // The socket writes from outside the heap, so bytes from the heap are copied once in any case.
            ByteBuf whole = context.alloc().directBuffer(length + AROUND);
            ByteBufUtil.writeAscii(whole, Integer.toHexString(length));
            return whole.writeBytes(LINE_END).writeBytes(bytes).writeBytes(LINE_END);
        } finally {
            chunk.release();
        }
    }
}
