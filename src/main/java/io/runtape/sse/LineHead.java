package io.runtape.sse;

/**
 * The beginning of a line that the end of a chunk or of a part cut: as much of it as its field needs. For an
 * {@code event} or {@code id} line that is the value up to {@link BlockFields#VALUE_BYTES_MAX}, for every other line
 * the few bytes of its name. So a line of a megabyte in chunks of one byte costs neither memory nor a second scan.
 */
final class LineHead {
    /** The name, the colon, one space, the longest value that counts, and one byte more that tells a longer one. */
    private static final int BYTES_MAX = FieldName.DECIDING_BYTES + 1 + BlockFields.VALUE_BYTES_MAX + 1;

    private final HeldBytes held = new HeldBytes(BYTES_MAX);

    /** Whether a line has begun that has not ended. */
    boolean isOpen() {
        return !held.isEmpty();
    }

    /** Takes the next bytes of the line, none of them a line end. */
    void append(byte[] source, int from, int to) {
        int at = from;
        if (held.length() < FieldName.DECIDING_BYTES) {
            int deciding = Math.min(FieldName.DECIDING_BYTES - held.length(), to - at);
            held.append(source, at, at + deciding);
            at += deciding;
        }
        if (at < to && valueCounts()) {
            held.append(source, at, at + Math.min(BYTES_MAX - held.length(), to - at));
        }
    }

    private boolean valueCounts() {
        return switch (FieldName.of(held.array(), 0, held.length())) {
            case EVENT, ID -> true;
            case DATA, OTHER -> false;
        };
    }

    /** Ends the line: hands the kept bytes to the block. */
    void endIn(BlockFields block) {
        block.line(held.array(), 0, held.length());
        held.clear();
    }
}
