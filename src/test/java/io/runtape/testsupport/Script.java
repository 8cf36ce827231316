package io.runtape.testsupport;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** How the scripted agent API answers one call. Runs in the thread of the connection and may wait as long as it likes. */
@FunctionalInterface
public interface Script {

    /**
     * Answers. Where it returns with a response that is not whole, the connection is closed, which cuts the response; where it
     * is whole, the connection takes the next call.
     */
    void answer(Exchange exchange) throws Exception;

    /** An event stream of these bytes, one HTTP chunk each. */
    static Script stream(byte[]... chunks) {
        return exchange -> {
            exchange.streamHead();
            for (byte[] chunk : chunks) {
                exchange.chunk(chunk);
            }
            exchange.end();
        };
    }

    /** An event stream of this text, one HTTP chunk each. */
    static Script stream(String... chunks) {
        byte[][] bytes = new byte[chunks.length][];
        for (int i = 0; i < chunks.length; i++) {
            bytes[i] = chunks[i].getBytes(StandardCharsets.UTF_8);
        }
        return stream(bytes);
    }

    /** The beginning of an event stream, which goes on for as long as the other side waits. */
    static Script unended(String beginning) {
        return exchange -> exchange.streamHead().chunk(beginning).awaitPeerGone();
    }

    /** The bytes as an event stream, cut into HTTP chunks of these lengths. */
    static Script cut(byte[] bytes, List<Integer> lengths) {
        return exchange -> {
            exchange.streamHead().chunks(bytes, lengths);
            exchange.end();
        };
    }

    /** A response of a known length. */
    static Script whole(int status, byte[] body, String... headerLines) {
        return exchange -> exchange.whole(status, body, headerLines);
    }

    /** A JSON response of a known length. */
    static Script json(int status, String body, String... headerLines) {
        String[] lines = new String[headerLines.length + 1];
        lines[0] = "Content-Type: application/json";
        System.arraycopy(headerLines, 0, lines, 1, headerLines.length);
        return whole(status, body.getBytes(StandardCharsets.UTF_8), lines);
    }

    /** No response, for as long as the other side waits. */
    static Script silence() {
        return Exchange::awaitPeerGone;
    }
}
