package io.runtape.json;

import java.io.Writer;

/** Keeps the written text up to a length, and drops the rest. Confined to one thread. */
final class CutText extends Writer {

    private final int charsMax;
    private final StringBuilder kept = new StringBuilder();
    private boolean cut;

    CutText(int charsMax) {
        this.charsMax = charsMax;
    }

    /** Whether any text was dropped. */
    boolean isCut() {
        return cut;
    }

    @Override
    public void write(char[] chars, int from, int length) {
        int room = charsMax - kept.length();
        kept.append(chars, from, Math.min(room, length));
        cut |= length > room;
    }

    @Override
    public void flush() {
        // Nothing waits.
    }

    @Override
    public void close() {
        // What is kept stays.
    }

    /** The kept text, without half a character at the cut, which no database takes. */
    @Override
    public String toString() {
        int length = kept.length();
        boolean half = cut && length > 0 && Character.isHighSurrogate(kept.charAt(length - 1));
        return half ? kept.substring(0, length - 1) : kept.toString();
    }
}
