package io.runtape.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes event streams. Safe for any thread. */
public final class SseWriter {
    private static final byte[] ID_FIELD = "id: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] KEEP_ALIVE = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

    private SseWriter() {}

    /**
     * Appends a frame with the line {@code id: <id>} put directly before its ending blank line, where it wins over an id of
     * the frame's own. A frame of line ends alone becomes a block that only sets the id. The parts of a frame may be
     * appended before it as they are.
     *
     * @param frame a frame that {@link FrameSplitter} made, of kind {@link FrameKind#EVENT} or {@link FrameKind#COMMENT};
     *     it may come without its byte order mark, and then be empty
     * @param id the sequence, not negative
     */
    public static void appendWithId(ByteArrayOutputStream out, byte[] frame, int from, int to, long id) {
        int blankLine = lastLineEnd(frame, from, to);
        out.write(frame, from, blankLine - from);
        out.write(ID_FIELD, 0, ID_FIELD.length);
        byte[] digits = Long.toString(id).getBytes(StandardCharsets.US_ASCII);
        out.write(digits, 0, digits.length);
        out.write(LineEnds.LF);
        if (blankLine == to) {
            out.write(LineEnds.LF);
        } else {
            out.write(frame, blankLine, to - blankLine);
        }
    }

    /** Where the line end begins that ends the frame; {@code to} for a byte order mark alone, which has none. */
    private static int lastLineEnd(byte[] frame, int from, int to) {
        if (to - from >= 2 && frame[to - 1] == LineEnds.LF && frame[to - 2] == LineEnds.CR) {
            return to - 2;
        }
        boolean ended = to > from && (frame[to - 1] == LineEnds.LF || frame[to - 1] == LineEnds.CR);
        assert ended || to - from == bomLength(frame, from, to) : "a part or a tail";
        return ended ? to - 1 : to;
    }

    /** A comment that keeps an idle connection open. May be sent between frames only. */
    public static byte[] keepAlive() {
        return KEEP_ALIVE.clone();
    }

    /**
     * One event in bytes. Data is split on its line ends (CRLF, LF, CR), which a reader sees as LF.
     *
     * @param event the type; null writes no {@code event} line
     * @param id null writes no {@code id} line; an empty one resets the reader's last event ID
     * @throws IllegalArgumentException when {@code event} or {@code id} hold what their line cannot: a line end, or U+0000
     *     in an id
     */
    public static byte[] event(@Nullable String event, @Nullable String id, String data) {
        StringBuilder written = new StringBuilder(data.length() + 64);
        if (event != null) {
            field(written, "event", oneLine(event));
        }
        if (id != null) {
            if (id.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("An id cannot hold U+0000");
            }
            field(written, "id", oneLine(id));
        }
        int from = 0;
        for (int at = 0; at < data.length(); at++) {
            char c = data.charAt(at);
            if (c == '\n' || c == '\r') {
                field(written, "data", data.substring(from, at));
                if (c == '\r' && at + 1 < data.length() && data.charAt(at + 1) == '\n') {
                    at++;
                }
                from = at + 1;
            }
        }
        field(written, "data", data.substring(from));
        return written.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void field(StringBuilder written, String name, String value) {
        written.append(name).append(": ").append(value).append('\n');
    }

    private static String oneLine(String value) {
        if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("An event type or id is one line");
        }
        return value;
    }

    /**
     * The length of the byte order mark that leads the frame: 3 or 0.
     *
     * <p>Code that sends frames in another place than they were recorded in must check it, because readers drop a mark
     * only at the very start of their connection. Leave out the mark of a run's first frame if anything was written
     * before it. Any other mark is text, so if such a frame would be the first thing written, write a
     * {@link #keepAlive()} before it.
     */
    public static int bomLength(byte[] frame, int from, int to) {
        return ByteOrderMark.length(frame, from, to);
    }
}
