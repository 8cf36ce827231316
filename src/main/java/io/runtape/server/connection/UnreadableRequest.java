package io.runtape.server.connection;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;

/**
 * Why a request cannot be read. It comes with a substitute request that seems to be decoded. The server would answer a
 * request that is not decoded by itself, without a message, and past all of the gateway's routes.
 */
final class UnreadableRequest extends DecoderResult {

    /** What is wrong. */
    enum Fault {
        LINE_TOO_LONG,
        HEADERS_TOO_LARGE,
        NO_HTTP
    }

    private final Fault fault;
    private final String words;

    private UnreadableRequest(Fault fault, String words) {
        super(SIGNAL_SUCCESS);
        this.fault = fault;
        this.words = words;
    }

    /** @param words what is wrong, as the end of a sentence that begins with the request */
    static UnreadableRequest because(String words) {
        return new UnreadableRequest(Fault.NO_HTTP, words);
    }

    /** What the decoder could not read. The decoder's message quotes the request, so it is not repeated. */
    static UnreadableRequest of(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return new UnreadableRequest(Fault.LINE_TOO_LONG, "");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new UnreadableRequest(Fault.HEADERS_TOO_LARGE, "");
        }
        return because("is not HTTP/1.1: its first line, a header, or its Content-Length is malformed");
    }

    Fault fault() {
        return fault;
    }

    String words() {
        return words;
    }
}
