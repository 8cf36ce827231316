package io.runtape.json;

import java.io.Writer;

/** Keeps what is written to it up to a length, and forgets the rest. Confined to one thread. */
final class CutText extends Writer {

    private final int charsMax;
    private final StringBuilder kept = new StringBuilder();
    private boolean cut;

    CutText(int charsMax) {
        this.charsMax = charsMax;
    }

    /** Whether anything was forgotten. */
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

    /** What is kept; without half a character at the cut, which no database takes. */
    @Override
    public String toString() {
        int length = kept.length();
        boolean half = cut && length > 0 && Character.isHighSurrogate(kept.charAt(length - 1));
        return half ? kept.substring(0, length - 1) : kept.toString();
    }
}
