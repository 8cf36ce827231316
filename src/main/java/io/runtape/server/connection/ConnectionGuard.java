package io.runtape.server.connection;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Guards the connections of clients from their first byte. Neither Quarkus nor Vert.x shows a connection to the
 * application before its first call, which a flood need not make, or a target before refusing it. Netty finds this
 * class as a service, see {@link GuardedServer}.
 */
@RegisterForReflection
public final class ConnectionGuard extends ChannelInitializerExtension {

    /** The server's own handlers. */
    private static final String TLS = "ssl";

    private static final String HTTP1_DECODER = "httpDecoder";

    @Override
    public void postInitializeServerChildChannel(Channel channel) {
        // Frees what silent streams hold whose clients are gone without a word.
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        channel.pipeline().addFirst(new ConnectionDeadline());
        channel.pipeline().addLast(new AwaitProtocol());
    }

    /**
     * In place until the server knows which HTTP version the connection speaks. Without TLS the first bytes tell, and
     * the server then adds the handlers of that protocol. So this handler passes these bytes on one by one, and
     * installs the guard for the bytes that follow.
     */
    private static final class AwaitProtocol extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ChannelPipeline pipeline = context.pipeline();
            if (pipeline.get(TLS) != null && isBeforeTls(context)) {
                pipeline.addAfter(TLS, null, new AwaitProtocol());
                pipeline.remove(this);
                context.fireChannelRead(message);
                return;
            }
            if (!(message instanceof ByteBuf bytes)) {
                context.fireChannelRead(message);
                return;
            }
            boolean guarded = guard(pipeline);
            while (!guarded && bytes.readableBytes() > 1) {
                context.fireChannelRead(bytes.readRetainedSlice(1));
                guarded = guard(pipeline);
            }
            if (guarded) {
                pipeline.remove(this);
            }
            context.fireChannelRead(bytes);
            if (!guarded && !context.isRemoved() && guard(pipeline)) {
                pipeline.remove(this);
            }
        }

        private static boolean isBeforeTls(ChannelHandlerContext context) {
            return context.pipeline().names().indexOf(context.name())
                    < context.pipeline().names().indexOf(TLS);
        }

        private static boolean guard(ChannelPipeline pipeline) {
            if (pipeline.get(HTTP1_DECODER) != null) {
                pipeline.addAfter(HTTP1_DECODER, null, new Http1Guard());
                return true;
            }
            return Http2Guard.on(pipeline);
        }
    }
}
