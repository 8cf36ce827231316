package io.runtape.delivery;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.TRANSFER_ENCODING;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes to the socket is what the codec would have written, in fewer pieces. */
class ChunkWriterTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();

    ChunkWriterTest() {
        channel.pipeline().addLast("httpEncoder", new HttpResponseEncoder());
        channel.pipeline().addLast("chunk-writer", new ChunkWriter());
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private static HttpResponse head() {
        return new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    }

    private static HttpContent content(String text) {
        return new DefaultHttpContent(Unpooled.copiedBuffer(text, US_ASCII));
    }

    /** All that was written since, and in how many buffers. */
    private String written(int buffers) {
        StringBuilder text = new StringBuilder();
        int count = 0;
        for (ByteBuf buffer = channel.readOutbound(); buffer != null; buffer = channel.readOutbound()) {
            text.append(buffer.toString(US_ASCII));
            buffer.release();
            count++;
        }
        assertEquals(buffers, count, text.toString());
        return text.toString();
    }

    private void chunkedHead() {
        HttpResponse head = head();
        head.headers().set(TRANSFER_ENCODING, "chunked");
        channel.writeOutbound(head);
        written(1);
    }

    @Test
    void writesChunksAsOneBufferEach() {
        chunkedHead();

        HttpContent chunk = content("data: x\n\n");
        channel.writeOutbound(chunk);
        assertEquals("9\r\ndata: x\n\n\r\n", written(1));
        assertEquals(0, chunk.refCnt());
        String longer = "y".repeat(70_000);
        channel.writeOutbound(content(longer));
        assertEquals("11170\r\n" + longer + "\r\n", written(1));
        channel.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
        assertEquals("0\r\n\r\n", written(1));
    }

    @Test
    void writesNoChunkThatWouldBeTheEnd() {
        chunkedHead();

        channel.writeOutbound(content(""));

        assertEquals("", written(1));
    }

    @Test
    void leavesOtherBodiesAsTheyAre() {
        chunkedHead();
        channel.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
        written(1);

        HttpResponse head = head();
        head.headers().set(CONTENT_LENGTH, 3);
        channel.writeOutbound(head);
        channel.writeOutbound(content("abc"));

        assertTrue(written(2).endsWith("\r\n\r\nabc"));
    }
}
