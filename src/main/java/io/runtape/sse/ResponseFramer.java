package io.runtape.sse;

/**
 * Cuts a response that is not an event stream. Its last frame, handed on at its end, is of kind
 * {@link FrameKind#RESPONSE}. Frames of kind {@link FrameKind#PART} come before it: one for each {@link #flushPart()}, and
 * one of exactly {@code frameBytesMax} bytes wherever more than those are pending. If the end comes with nothing pending
 * after a part, the last frame has no bytes and only ends the parts. An empty body makes no frame.
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
    public void flushPart() {
        if (!pending.isEmpty()) {
            emit(FrameKind.PART);
        }
    }

    @Override
    public void end() {
        if (!pending.isEmpty() || parts > 0) {
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
