package io.runtape.sse;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the event out of one frame, as <a
 * href="https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation">WHATWG HTML section
 * 9.2.6</a> interprets its block. Safe for any thread.
 */
public final class EventParser {
    private static final String DEFAULT_EVENT = "message";

    private final byte[] frame;
    private final int to;

    private String event = "";
    private int dataFrom = -1;
    private int dataTo;
    /** The data of a block with several data lines, joined with LF; the usual single line is decoded in place. */
    private @Nullable ByteArrayOutputStream dataLines;

    private EventParser(byte[] frame, int to) {
        this.frame = frame;
        this.to = to;
    }

    /**
     * Parses one whole frame, its parts joined in front of it.
     *
     * @param streamStart the frame holds the first bytes of its stream, so one leading byte order mark is dropped
     * @param lastEventId the last event ID in force after the frame, as the {@link FrameSplitter} reported it; the event
     *     carries it
     * @return null when the block dispatches nothing: it has no data, or no blank line ends it
     */
    public static @Nullable ServerSentEvent parse(
            byte[] frame, int from, int to, boolean streamStart, String lastEventId) {
        int start = streamStart ? from + ByteOrderMark.length(frame, from, to) : from;
        return new EventParser(frame, to).block(start, lastEventId);
    }

    private @Nullable ServerSentEvent block(int from, String lastEventId) {
        boolean anyLine = false;
        int at = from;
        while (at < to) {
            int lineEnd = LineEnds.next(frame, at, to);
            if (lineEnd == to) {
                return null;
            }
            if (lineEnd > at) {
                anyLine = true;
                line(at, lineEnd);
            } else if (anyLine) {
                return dataFrom < 0
                        ? null
                        : new ServerSentEvent(event.isEmpty() ? DEFAULT_EVENT : event, data(), lastEventId);
            }
            at = lineEnd + 1;
            if (frame[lineEnd] == LineEnds.CR && at < to && frame[at] == LineEnds.LF) {
                at++;
            }
        }
        return null;
    }

    private void line(int from, int lineEnd) {
        FieldName name = FieldName.of(frame, from, lineEnd);
        int valueFrom = name.valueFrom(frame, from, lineEnd);
        switch (name) {
            case DATA -> dataLine(valueFrom, lineEnd);
            case EVENT -> event = Utf8.decode(frame, valueFrom, lineEnd);
            case ID, OTHER -> {}
        }
    }

    private void dataLine(int valueFrom, int lineEnd) {
        if (dataFrom < 0) {
            dataFrom = valueFrom;
            dataTo = lineEnd;
            return;
        }
        if (dataLines == null) {
            dataLines = new ByteArrayOutputStream(to - dataFrom);
            dataLines.write(frame, dataFrom, dataTo - dataFrom);
        }
        dataLines.write(LineEnds.LF);
        dataLines.write(frame, valueFrom, lineEnd - valueFrom);
    }

    private String data() {
        if (dataLines == null) {
            return Utf8.decode(frame, dataFrom, dataTo);
        }
        byte[] joined = dataLines.toByteArray();
        return Utf8.decode(joined, 0, joined.length);
    }
}
