package io.runtape.server.connection;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.runtape.error.RequestId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks the decoded requests of an HTTP/1 connection. {@link RequestHeads} answers a request that cannot be understood
 * in its turn, and that request is the last of its connection: the next one could begin anywhere. Confined to the
 * connection's event loop.
 */
final class Http1Guard extends ChannelInboundHandlerAdapter {

    /** The decoder accepts a header line that begins with its colon. */
    private static final String NO_NAME = "";

    /** The decoder's name for a target that it cannot read. */
    private static final String TARGET_UNKNOWN = "/bad-request";

    private static final String HOST_UNKNOWN = "bad-request";

    private boolean ended;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (ended) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof HttpRequest request) {
            @Nullable UnreadableRequest unreadable = unreadable(request);
            if (unreadable != null) {
                ended = true;
                context.fireChannelRead(inPlaceOf(request, unreadable));
                context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
                ReferenceCountUtil.release(message);
                return;
            }
            closeBehindOldVersion(request);
            keepTarget(request);
        }
        context.fireChannelRead(message);
        if (context.isRemoved()) {
            // As with all handlers when the connection is upgraded.
            Http2Guard.on(context.channel().pipeline());
        }
    }

    private static HttpRequest inPlaceOf(HttpRequest request, UnreadableRequest unreadable) {
        HttpMethod method = request.method().equals(HttpMethod.HEAD) ? HttpMethod.HEAD : HttpMethod.GET;
        HttpRequest standIn = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, TARGET_UNKNOWN);
        standIn.headers()
                // Without a host no route would see the request.
                .set(HttpHeaderNames.HOST, HOST_UNKNOWN)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        @Nullable String id = request.headers().get(RequestId.HEADER);
        if (id != null) {
            standIn.headers().set(RequestId.HEADER, id);
        }
        standIn.setDecoderResult(unreadable);
        return standIn;
    }

    private static @Nullable UnreadableRequest unreadable(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return UnreadableRequest.of(request.decoderResult().cause());
        }
        HttpVersion version = request.protocolVersion();
        if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
            return UnreadableRequest.because("is of an HTTP version that is not spoken here; HTTP/1.1 and HTTP/2 are");
        }
        if (!isCodingKnown(request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING))) {
            return UnreadableRequest.because("has a Transfer-Encoding that is not read here; 'chunked', once, is");
        }
        // RFC 9112, sections 3.2 and 5.1: the next server might take the one for the other.
        if (request.headers().getAll(HttpHeaderNames.HOST).size() > 1) {
            return UnreadableRequest.because("has two headers Host");
        }
        return request.headers().contains(NO_NAME) ? UnreadableRequest.because("has a header without a name") : null;
    }

    /** HTTP/1.0 knows no chunks: only the end of the connection ends a body without a length. */
    private static void closeBehindOldVersion(HttpRequest request) {
        if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            request.headers().remove(HttpHeaderNames.CONNECTION);
        }
    }

    private static void keepTarget(HttpRequest request) {
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
