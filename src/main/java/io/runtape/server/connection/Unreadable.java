package io.runtape.server.connection;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;

/**
 * Why a request cannot be read. It comes with the request that stands in its place and seems to be decoded: one that is not, the
 * server would answer by itself, without a word, and past everything that is ours.
 */
final class Unreadable extends DecoderResult {

    /** What is wrong. */
    enum Fault {
        LINE_TOO_LONG,
        HEADERS_TOO_LARGE,
        NO_HTTP
    }

    private final Fault fault;
    private final String words;

    private Unreadable(Fault fault, String words) {
        super(SIGNAL_SUCCESS);
        this.fault = fault;
        this.words = words;
    }

    /** @param words what is wrong, as the end of a sentence that begins with the request */
    static Unreadable because(String words) {
        return new Unreadable(Fault.NO_HTTP, words);
    }

    /** What the decoder could not read. Its own words quote the request, and are not repeated. */
    static Unreadable of(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return new Unreadable(Fault.LINE_TOO_LONG, "");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new Unreadable(Fault.HEADERS_TOO_LARGE, "");
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
