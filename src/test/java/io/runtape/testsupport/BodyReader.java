package io.runtape.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Reads the body of an HTTP/1.1 message, and tells whether it came whole. Confined to one thread. */
final class BodyReader {

    private final InputStream in;
    private final boolean chunked;
    private final boolean untilClose;
    private long left;
    private boolean broken;
    private boolean whole;

    private BodyReader(InputStream in, boolean chunked, boolean untilClose, long left) {
        this.in = in;
        this.chunked = chunked;
        this.untilClose = untilClose;
        this.left = left;
        this.whole = !chunked && !untilClose && left == 0;
    }

    static BodyReader ofRequest(RawHead head, InputStream in) {
        return of(head, in, false);
    }

    static BodyReader ofResponse(RawHead head, InputStream in) {
        return of(head, in, true);
    }

    static BodyReader none(InputStream in) {
        return new BodyReader(in, false, false, 0);
    }

    private static BodyReader of(RawHead head, InputStream in, boolean untilCloseWithoutLength) {
        boolean chunked = head.values("Transfer-Encoding").stream().anyMatch("chunked"::equalsIgnoreCase);
        if (chunked) {
            return new BodyReader(in, true, false, 0);
        }
        if (head.has("Content-Length")) {
            return new BodyReader(in, false, false, Long.parseLong(head.value("Content-Length")));
        }
        return new BodyReader(in, false, untilCloseWithoutLength, 0);
    }

    /** Whether the end of the body was read. */
    boolean whole() {
        return whole;
    }

    /**
     * Reads what is there and no more than so many bytes, waiting for at least one.
     *
     * @return how many bytes; -1 where the body has ended
     * @throws EOFException where the connection ended before the body
     */
    int read(byte[] into, int atMost) throws IOException {
        if (whole) {
            return -1;
        }
        if (chunked && left == 0 && !nextChunk()) {
            whole = true;
            return -1;
        }
        int n = in.read(into, 0, untilClose ? atMost : (int) Math.min(atMost, left));
        if (n < 0) {
            if (untilClose) {
                whole = true;
                return -1;
            }
            throw new EOFException("the connection ended before the body");
        }
        left -= untilClose ? 0 : n;
        if (chunked && left == 0) {
            // At once, so that what comes next on the connection is the next chunk.
            broken = RawHead.line(in) == null;
        }
        if (!chunked && !untilClose && left == 0) {
            whole = true;
        }
        return n;
    }

    private boolean nextChunk() throws IOException {
        if (broken) {
            throw new EOFException("the connection ended before the body");
        }
        String size = line();
        int extension = size.indexOf(';');
        left = Long.parseLong(extension < 0 ? size : size.substring(0, extension), 16);
        if (left == 0) {
            while (!line().isEmpty()) {
                // A trailer.
            }
        }
        return left > 0;
    }

    private String line() throws IOException {
        String line = RawHead.line(in);
        if (line == null) {
            throw new EOFException("the connection ended before the body");
        }
        return line;
    }

    byte[] readAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[16 << 10];
        for (int n = read(some, some.length); n >= 0; n = read(some, some.length)) {
            all.write(some, 0, n);
        }
        return all.toByteArray();
    }
}
