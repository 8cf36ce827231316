package io.runtape.server.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Checks the frames of an HTTP/2 connection, and bounds those that belong to no call: PING, SETTINGS, PRIORITY and
 * unknown frames. Each costs the sender a few bytes and makes the server work and answer, so a flood of them takes an
 * event loop from all other connections. The server itself bounds resets, empty frames and continuations. Confined to
 * the connection's event loop.
 */
final class Http2Guard extends Http2FrameListenerDecorator {

    /** The limit in a window; clients send a few a minute, and those that measure the network a few a second. */
    static final int CONTROL_FRAMES_MAX = 1000;

    static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Http2ConnectionDecoder decoder;
    private long windowBegan;
    private int frames;

    private Http2Guard(Http2ConnectionDecoder decoder, Http2FrameListener listener, long windowBegan, int frames) {
        super(listener);
        this.decoder = decoder;
        this.windowBegan = windowBegan;
        this.frames = frames;
    }

    /** Guards the connection, if it speaks HTTP/2. */
    static boolean on(ChannelPipeline pipeline) {
        Http2ConnectionHandler http2 = pipeline.get(Http2ConnectionHandler.class);
        if (http2 == null) {
            return false;
        }
        Http2ConnectionDecoder decoder = http2.decoder();
        decoder.frameListener(new Http2Guard(decoder, decoder.frameListener(), System.nanoTime(), 0));
        return true;
    }

    /** Stays in place: the server installs another listener with the client's first settings. */
    private void stay() {
        Http2FrameListener next = decoder.frameListener();
        if (next != this) {
            decoder.frameListener(new Http2Guard(decoder, next, windowBegan, frames));
        }
    }

    private void count() throws Http2Exception {
        if (++frames <= CONTROL_FRAMES_MAX) {
            return;
        }
        long now = System.nanoTime();
        if (now - windowBegan < WINDOW_NANOS) {
            throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too many control frames");
        }
        windowBegan = now;
        frames = 1;
    }

    private static void keepTarget(Http2Headers headers) {
        headers.remove(RawTarget.HEADER);
        CharSequence path = headers.path();
        @Nullable String uri = path == null || path.isEmpty() ? null : RawTarget.uri(path.toString());
        if (uri != null) {
            headers.set(RawTarget.HEADER, RawTarget.header(path.toString()));
            headers.path(uri);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        keepTarget(headers);
        super.onHeadersRead(context, streamId, headers, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        keepTarget(headers);
        super.onHeadersRead(context, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
    }

    @Override
    public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
        count();
        super.onPingRead(context, data);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext context, long data) throws Http2Exception {
        count();
        super.onPingAckRead(context, data);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
        count();
        super.onSettingsRead(context, settings);
        stay();
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext context) throws Http2Exception {
        count();
        super.onSettingsAckRead(context);
    }

    @Override
    public void onPriorityRead(
            ChannelHandlerContext context, int streamId, int streamDependency, short weight, boolean exclusive)
            throws Http2Exception {
        count();
        super.onPriorityRead(context, streamId, streamDependency, weight, exclusive);
    }

    @Override
    public void onUnknownFrame(
            ChannelHandlerContext context, byte type, int streamId, Http2Flags flags, ByteBuf payload)
            throws Http2Exception {
        count();
        super.onUnknownFrame(context, type, streamId, flags, payload);
    }
}
