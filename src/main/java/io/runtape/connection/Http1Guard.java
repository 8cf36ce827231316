package io.runtape.connection;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the requests of an HTTP/1 connection when they are decoded. One that cannot be understood is marked as such, so
 * that the server answers 400 and closes the connection, in its turn. Confined to the connection's event loop.
 */
final class Http1Guard extends ChannelInboundHandlerAdapter {

    /** The decoder lets a header line pass that begins with its colon. */
    private static final String NO_NAME = "";

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            check(request);
        }
        context.fireChannelRead(message);
        if (context.isRemoved()) {
            // As all handlers are when the connection is upgraded.
            Http2Guard.on(context.channel().pipeline());
        }
    }

    private static void check(HttpRequest request) {
        HttpVersion version = request.protocolVersion();
        if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
            request.setProtocolVersion(HttpVersion.HTTP_1_1);
            request.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("unknown HTTP version")));
        } else if (!isCodingKnown(request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING))) {
            request.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("unknown transfer coding")));
        } else if (request.headers().getAll(HttpHeaderNames.HOST).size() > 1
                || request.headers().contains(NO_NAME)) {
            // RFC 9112, sections 3.2 and 5.1: whoever comes next might take the one for the other.
            request.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("headers that are none")));
        }
        if (request.headers().contains(RawTarget.HEADER)) {
            request.headers().remove(RawTarget.HEADER);
        }
        @Nullable String uri = RawTarget.uri(request.uri());
        if (uri != null) {
            request.headers().set(RawTarget.HEADER, RawTarget.header(request.uri()));
            request.setUri(uri);
        }
    }

    /** RFC 9112, section 6.1: where a body ends must not be guessed. */
    private static boolean isCodingKnown(List<String> codings) {
        return codings.isEmpty()
                || codings.size() == 1
                        && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
                                codings.get(0).strip());
    }
}
