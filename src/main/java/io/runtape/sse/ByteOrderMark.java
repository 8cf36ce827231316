package io.runtape.sse;

/**
 * The byte order mark that may lead a stream and belongs to no line (WHATWG HTML section 9.2.5), recognised even when it
 * is cut. Only the very first bytes are one: a second mark, or a later one, is text.
 */
final class ByteOrderMark {
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private int matched;
    private boolean undecided = true;

    /** The length of the mark at the beginning of {@code [from, to)}: 3 or 0. */
    static int length(byte[] bytes, int from, int to) {
        boolean marked = to - from >= MARK.length
                && bytes[from] == MARK[0]
                && bytes[from + 1] == MARK[1]
                && bytes[from + 2] == MARK[2];
        return marked ? MARK.length : 0;
    }

    /** Whether the stream so far is the mark, or a beginning of it, and nothing else. */
    boolean isUndecided() {
        return undecided;
    }

    /** Whether the stream so far is the whole mark and nothing else. */
    boolean isAlone() {
        return undecided && matched == MARK.length;
    }

    /**
     * Takes the next bytes of the stream, at least one, while undecided. Bytes of earlier calls that turn out to be no mark
     * are given to the line that they begin.
     *
     * @return where the lines go on
     */
    int skip(byte[] bytes, int from, int to, LineHead line) {
        int at = from;
        while (at < to && matched < MARK.length && bytes[at] == MARK[matched]) {
            matched++;
            at++;
        }
        if (at < to) {
            undecided = false;
            if (matched < MARK.length) {
                line.append(MARK, 0, matched);
            }
        }
        return at;
    }
}
