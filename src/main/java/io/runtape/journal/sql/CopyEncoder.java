package io.runtape.journal.sql;

import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Encodes frames in PostgreSQL's binary COPY format (PostgreSQL manual, "COPY", "Binary Format"): a header, then a row as
 * its number of fields and each field as its length and bytes, -1 for null, all big-endian; then -1. Confined to one thread;
 * keeps its buffer.
 */
final class CopyEncoder {

    /** Where the encoded bytes go. */
    @FunctionalInterface
    interface Target {
        void write(byte[] bytes, int from, int length) throws SQLException;
    }

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};

    /** The encoder hands bytes on in pieces of about this size, so that memory never holds a whole batch twice. */
    private static final int PIECE = 256 << 10;

    /** Bytes of a row besides its content. */
    private static final int ROW_FIXED = 2 + 4 * 4 + 8 + 4 + 4;

    private byte[] buffer = new byte[PIECE];
    private int length;

    void encode(CommitBatch batch, Target target) throws SQLException {
        length = 0;
        put(SIGNATURE, 0, SIGNATURE.length);
        putInt(0);
        putInt(0);
        FrameRows.of(batch, (runPk, lastSequence, plainLength, content) -> {
            row(runPk, lastSequence, plainLength, content);
            if (length >= PIECE) {
                flush(target);
            }
        });
        ensure(2);
        putShort(-1);
        flush(target);
        if (buffer.length > 4 * PIECE) {
            buffer = new byte[PIECE];
        }
    }

    private void flush(Target target) throws SQLException {
        target.write(buffer, 0, length);
        length = 0;
    }

    private void row(long runPk, int lastSequence, @Nullable Integer plainLength, byte[] content) {
        ensure(ROW_FIXED + content.length);
        putShort(FrameRows.COLUMN_COUNT);
        putInt(8);
        putLong(runPk);
        putInt(4);
        putInt(lastSequence);
        if (plainLength == null) {
            putInt(-1);
        } else {
            putInt(4);
            putInt(plainLength);
        }
        putInt(content.length);
        put(content, 0, content.length);
    }

    private void ensure(int more) {
        if (length + more > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
        }
    }

    private void put(byte[] source, int from, int count) {
        System.arraycopy(source, from, buffer, length, count);
        length += count;
    }

    private void putShort(int value) {
        buffer[length++] = (byte) (value >> 8);
        buffer[length++] = (byte) value;
    }

    private void putInt(int value) {
        putShort(value >> 16);
        putShort(value);
    }

    private void putLong(long value) {
        putInt((int) (value >> 32));
        putInt((int) value);
    }
}
