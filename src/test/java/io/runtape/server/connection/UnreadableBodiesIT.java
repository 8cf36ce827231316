package io.runtape.server.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Http2Client;
import io.runtape.testsupport.PackagedGateway;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks that are none, and more headers over HTTP/2 than are read: nothing is done, and the next caller is served. */
class UnreadableBodiesIT extends PackagedGateway {

    private static final String KEY = "X-API-Key: unreadable";

    private static final int STREAM = 1;

    private static final int FRAME_BYTES = 16_000;

    @ParameterizedTest
    @ValueSource(strings = {"/v1/run", "/history/v1/tickets"})
    void closesOnChunksThatAreNone(String target) throws Exception {
        int before = upstream.received().size();
        for (String body : new String[] {
            "zz\r\n{}\r\n0\r\n\r\n",
            "-2\r\n{}\r\n0\r\n\r\n",
            "5\r\n{}\r\n0\r\n\r\n",
            "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            "2;" + "e".repeat(30_000) + "\r\n{}\r\n0\r\n\r\n",
            "2\r\n{}\r\n0\r\nT: " + "x".repeat(30_000) + "\r\n\r\n"
        }) {
            String request = "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + KEY
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
            try (WireResponse response = gateway.client().sendRaw(request.getBytes(ISO_8859_1))) {
                assertTrue(response.isClosed(), body.substring(0, Math.min(20, body.length())));
            }
        }
        assertEquals(before, upstream.received().size());
        assertEquals("{\"data\":[]", runs().substring(0, 10));
    }

    @Test
    void takesAsManyHeadersOverHttp2AsOverHttp1() throws Exception {
        try (Http2Client http2 = new Http2Client(gateway.port())) {
            http2.raw(frames(15_000));
            assertEquals(200, http2.answer(STREAM).status());
        }
    }

    /** A few more end their call alone; many more the connection, before they are all in memory. */
    @Test
    void refusesMoreHeadersOverHttp2() throws Exception {
        try (Http2Client http2 = new Http2Client(gateway.port())) {
            http2.raw(frames(22_000));
            assertEquals(431, http2.answer(STREAM).status());
            int next = http2.request("GET", "/history/v1/runs", true, KEY);
            http2.request("GET", "/history/v1/runs", true, KEY);
            assertEquals(200, http2.answer(next + 2).status());
        }
        try (Http2Client http2 = new Http2Client(gateway.port())) {
            http2.raw(frames(30_000));
            assertFalse(http2.answer(STREAM).isWhole());
            assertNotNull(http2.goAway());
        }
        assertNotNull(runs());
    }

    /** So many headers in as many frames as it takes. */
    private static byte[] frames(int bytes) {
        byte[] block = Http2Client.head("GET", "/history/v1/runs", KEY, "X-Long: " + "x".repeat(bytes));
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        for (int from = 0; from < block.length; from += FRAME_BYTES) {
            int to = Math.min(block.length, from + FRAME_BYTES);
            int flags = (from == 0 ? Http2Client.END_STREAM : 0) | (to == block.length ? Http2Client.END_HEADERS : 0);
            frames.writeBytes(Http2Client.frameBytes(
                    from == 0 ? Http2Client.HEADERS : Http2Client.CONTINUATION,
                    flags,
                    STREAM,
                    Arrays.copyOfRange(block, from, to)));
        }
        return frames.toByteArray();
    }

    private String runs() throws Exception {
        try (WireResponse response = gateway.client().get("/history/v1/runs", KEY)) {
            assertEquals(200, response.status());
            return new String(response.whole(), UTF_8);
        }
    }
}
