package io.runtape.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Handlers in the connections of the HTTP client. A call need not run on its connection's event loop, so the connection
 * may close, and lose all its handlers, while the call is at it.
 */
final class ClientPipeline {

    private static final String CODEC = "codec";

    /** The client's own handler, which sees what the codec has decoded. */
    private static final String CLIENT = "handler";

    private ClientPipeline() {}

    static Channel channelOf(HttpConnection connection) {
        return ((ConnectionBase) connection).channel();
    }

    /**
     * Puts a handler between the codec and the client. No effect over HTTP/2, nor where the connection has closed, which
     * the client reports by itself.
     *
     * @param name its name, which no other handler of the connection has; null for none
     */
    static void add(Channel channel, @Nullable String name, ChannelHandler handler) {
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.get(CODEC) == null) {
            return;
        }
        try {
            pipeline.addBefore(CLIENT, name, handler);
        } catch (NoSuchElementException e) {
            // It has closed since the line above: whoever adds a handler waits until all others have left.
        }
    }
}
