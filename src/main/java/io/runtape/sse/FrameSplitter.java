package io.runtape.sse;

/**
 * Cuts an event stream into frames. A frame is one block of <a
 * href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">WHATWG HTML section
 * 9.2.5</a> with its ending blank line; its bytes are never touched, whatever they are. The events of the frames are
 * the events of the stream, however it was chunked; the cuts between frames may depend on the chunks
 * (docs/reference/http-api.md, "What you may rely on"):
 *
 * <ul>
 *   <li>Lines end with CRLF, LF or CR, mixed freely. A CR that is the last byte of a chunk ends its line at once, so that an
 *       event never waits for bytes that may not come; an LF that then follows ends no line of its own.
 *   <li>A blank line ends a frame that has a line already. Further line ends lead the next frame; when they are all that is
 *       pending at the end of a chunk, or as long as a frame may be, they are a frame of kind {@link FrameKind#COMMENT}.
 *   <li>An unfinished block goes out as frames of kind {@link FrameKind#PART} when it reaches {@code frameBytesMax}, or at
 *       {@link #flushPart()}. A part may cut a field, a character or a line end; what was read of it is remembered.
 *   <li>A byte order mark at the very start stays in the bytes of its frame and is no part of its first line. A stream that
 *       is nothing else is a {@link FrameKind#COMMENT}.
 *   <li>What follows the last blank line is the {@link FrameKind#TAIL}. Its fields count for nothing.
 *   <li>An {@code event} or {@code id} over 64 KiB is ignored, as if its line were not there.
 * </ul>
 *
 * <p>Each byte is read once. Frames within one chunk are handed on straight out of it; only the unfinished rest is
 * copied. Confined to one thread.
 */
public final class FrameSplitter implements Framer {
    /** The longest value of an {@code event} or {@code id} field that a frame carries, in bytes; in characters it is no longer. */
    public static final int VALUE_BYTES_MAX = BlockFields.VALUE_BYTES_MAX;

    private static final byte[] NO_BYTES = {};

    private final int frameBytesMax;
    private final FrameSink sink;

    private final ByteOrderMark byteOrderMark = new ByteOrderMark();
    private final BlockFields block = new BlockFields();
    private final LineHead line = new LineHead();
    private final HeldBytes pending;
    private int parts;
    private String lastEventId = "";

    /** The last byte was a CR that ended its line; an LF that comes next belongs to it. */
    private boolean endedWithCr;

    /** The last scan ended at the blank line of its block. */
    private boolean blockEnded;

    /**
     * Makes a splitter for one stream.
     *
     * @param frameBytesMax the longest frame in bytes, at least 1
     */
    public FrameSplitter(int frameBytesMax, FrameSink sink) {
        if (frameBytesMax < 1) {
            throw new IllegalArgumentException("A frame must hold at least one byte: " + frameBytesMax);
        }
        this.frameBytesMax = frameBytesMax;
        this.sink = sink;
        this.pending = new HeldBytes(frameBytesMax);
    }

    @Override
    public void feed(byte[] chunk, int from, int to) {
        int start = from;
        while (start < to) {
            int room = frameBytesMax - pending.length();
            int end = scan(chunk, start, start + Math.min(to - start, room));
            if (blockEnded) {
                endBlock(chunk, start, end);
            } else if (hasLineEndsOnly()) {
                emit(FrameKind.COMMENT, chunk, start, end);
            } else if (end - start == room) {
                emit(FrameKind.PART, chunk, start, end);
            } else {
                pending.append(chunk, start, end);
            }
            start = end;
        }
    }

    @Override
    public void flushPart() {
        if (!pending.isEmpty()) {
            emit(FrameKind.PART, NO_BYTES, 0, 0);
        }
    }

    @Override
    public void end() {
        if (!pending.isEmpty()) {
            emit(byteOrderMark.isAlone() ? FrameKind.COMMENT : FrameKind.TAIL, NO_BYTES, 0, 0);
        }
    }

    @Override
    public int pendingBytes() {
        return pending.length();
    }

    /** Reads lines up to the blank line that ends the block, or to {@code limit}. Returns where it stopped. */
    private int scan(byte[] chunk, int from, int limit) {
        int at = byteOrderMark.isUndecided() ? byteOrderMark.skip(chunk, from, limit, line) : from;
        if (endedWithCr) {
            endedWithCr = false;
            if (chunk[at] == LineEnds.LF) {
                at++;
            }
        }
        while (at < limit) {
            int lineEnd = LineEnds.next(chunk, at, limit);
            if (lineEnd == limit) {
                line.append(chunk, at, limit);
                return limit;
            }
            boolean blank = lineEnd == at && !line.isOpen();
            if (!blank) {
                endLine(chunk, at, lineEnd);
            }
            at = afterLineEnd(chunk, lineEnd, limit);
            if (blank && block.hasLine()) {
                blockEnded = true;
                return at;
            }
        }
        return limit;
    }

    private void endLine(byte[] chunk, int from, int lineEnd) {
        if (line.isOpen()) {
            line.append(chunk, from, lineEnd);
            line.endIn(block);
        } else {
            block.line(chunk, from, lineEnd);
        }
    }

    private int afterLineEnd(byte[] chunk, int lineEnd, int limit) {
        int next = lineEnd + 1;
        if (chunk[lineEnd] == LineEnds.LF) {
            return next;
        }
        if (next == limit) {
            endedWithCr = true;
            return next;
        }
        return chunk[next] == LineEnds.LF ? next + 1 : next;
    }

    private boolean hasLineEndsOnly() {
        return !block.hasLine() && !line.isOpen() && !byteOrderMark.isUndecided();
    }

    private void endBlock(byte[] chunk, int from, int to) {
        String id = block.id();
        if (id != null) {
            lastEventId = id;
        }
        emit(block.hasData() ? FrameKind.EVENT : FrameKind.COMMENT, chunk, from, to);
        block.reset();
        blockEnded = false;
    }

    /** Hands on what is pending and {@code [from, to)} as one frame. */
    private void emit(FrameKind kind, byte[] chunk, int from, int to) {
        String event = kind == FrameKind.EVENT ? block.event() : null;
        if (pending.isEmpty()) {
            sink.frame(kind, chunk, from, to, event, lastEventId, parts);
        } else {
            pending.append(chunk, from, to);
            sink.frame(kind, pending.array(), 0, pending.length(), event, lastEventId, parts);
            pending.clear();
        }
        parts = kind == FrameKind.PART ? parts + 1 : 0;
    }
}
