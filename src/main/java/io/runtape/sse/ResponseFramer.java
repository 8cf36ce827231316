package io.runtape.sse;

/**
 * Keeps a response that is not an event stream as one frame of kind {@link FrameKind#RESPONSE}, handed on at its end. A
 * body longer than the longest frame goes out in frames of kind {@link FrameKind#PART} of exactly {@code frameBytesMax}
 * bytes before it; an empty body makes no frame. Such a response has no blank lines to wait for, so
 * {@link #flushPart()} does nothing.
 *
 * <p>Confined to one thread.
 */
public final class ResponseFramer implements Framer {
    private final int frameBytesMax;
    private final FrameSink sink;
    private final HeldBytes pending;
    private int parts;

    /**
     * Makes a framer for one body.
     *
     * @param frameBytesMax the longest frame in bytes, at least 1
     */
    public ResponseFramer(int frameBytesMax, FrameSink sink) {
        if (frameBytesMax < 1) {
            throw new IllegalArgumentException("A frame must hold at least one byte: " + frameBytesMax);
        }
        this.frameBytesMax = frameBytesMax;
        this.sink = sink;
        this.pending = new HeldBytes(frameBytesMax);
    }

    @Override
    public void feed(byte[] chunk, int from, int to) {
        int at = from;
        while (at < to) {
            if (pending.length() == frameBytesMax) {
                emit(FrameKind.PART);
            }
            int taken = Math.min(to - at, frameBytesMax - pending.length());
            pending.append(chunk, at, at + taken);
            at += taken;
        }
    }

    @Override
    public void flushPart() {}

    @Override
    public void end() {
        if (!pending.isEmpty()) {
            emit(FrameKind.RESPONSE);
        }
    }

    @Override
    public int pendingBytes() {
        return pending.length();
    }

    private void emit(FrameKind kind) {
        sink.frame(kind, pending.array(), 0, pending.length(), null, "", parts);
        pending.clear();
        parts = kind == FrameKind.PART ? parts + 1 : 0;
    }
}
