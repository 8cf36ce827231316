package io.runtape.server.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpVersion;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The hours of a connection, in no time. */
class ConnectionDeadlineTest {

    /** RFC 9113, section 6.8: the type of a GOAWAY frame, behind its length of three bytes. */
    private static final int GO_AWAY = 7;

    private static final int TYPE = 3;

    private final EmbeddedChannel server = new EmbeddedChannel();
    private final ConnectionDeadline deadline = new ConnectionDeadline();
    private final Http2FrameCodec http2 = Http2FrameCodecBuilder.forServer().build();
    private final EmbeddedChannel connection =
            new EmbeddedChannel(server, DefaultChannelId.newInstance(), true, true, deadline, http2);

    ConnectionDeadlineTest() {
        connection.freezeTime();
    }

    @AfterEach
    void close() {
        connection.finishAndReleaseAll();
        server.finishAndReleaseAll();
    }

    private void pass(long time, TimeUnit unit) {
        connection.advanceTimeBy(time, unit);
        connection.runScheduledPendingTasks();
    }

    private int lastFrame() {
        int type = -1;
        for (ByteBuf frame = connection.readOutbound(); frame != null; frame = connection.readOutbound()) {
            type = frame.isReadable() ? frame.getByte(TYPE) : type;
            frame.release();
        }
        return type;
    }

    @Test
    void closesAConnectionWithoutARequest() {
        server.attr(ConnectionDeadline.TOLD_BY_SERVER).set(true);

        pass(11, TimeUnit.SECONDS);

        assertFalse(connection.isActive());
    }

    @Test
    void leavesASilentResponseBe() {
        deadline.head(connection, HttpVersion.HTTP_1_1);

        for (int hour = 0; hour < 30; hour++) {
            pass(1, TimeUnit.HOURS);
        }

        assertTrue(connection.isActive());
    }

    @Test
    void leavesSilentResponsesOverHttp2BeAndClosesBehindThem() throws Exception {
        deadline.head(connection, HttpVersion.HTTP_2);
        Http2Stream first = http2.connection().remote().createStream(1, false);
        deadline.head(connection, HttpVersion.HTTP_2);
        Http2Stream second = http2.connection().remote().createStream(3, false);
        pass(1, TimeUnit.MINUTES);
        first.close();
        for (int hour = 0; hour < 30; hour++) {
            pass(1, TimeUnit.HOURS);
        }
        assertTrue(connection.isActive());

        second.close();
        pass(59, TimeUnit.MINUTES);
        assertTrue(connection.isActive(), "kept for the next call");
        pass(1, TimeUnit.HOURS);
        pass(1, TimeUnit.HOURS);

        assertFalse(connection.isActive());
        assertEquals(GO_AWAY, lastFrame());
    }
}
