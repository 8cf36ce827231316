package io.runtape.pack;

import io.runtape.run.BlockFormat;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * A row of packed frames (docs/internals/storage.md).
 *
 * @param last the sequence of its last frame
 * @param plainLength how many bytes its frames have with their event ids, which may be far longer where frames were imported
 * @param content its content
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on once and never compared.
public record PackedBlock(int last, int plainLength, byte[] content) {

    /** About so many bytes of frames are in a packed block: it is read and decompressed as a whole. */
    static final int BLOCK_BYTES = 128 << 10;

    /** From so many on it is complete: a few more would take another read. */
    private static final int FULL_BYTES = BLOCK_BYTES / 8 * 7;

    /** The same for frames: each of them takes memory besides its bytes. */
    static final int BLOCK_FRAMES = 8192;

    /** The same for all that frames take in memory: their event ids may be far longer than their bytes. */
    static final int BLOCK_WEIGHT = 1 << 20;

    /** The level of zstd: short runs take a tenth less than at the library's own choice, 3; a higher one gains little. */
    private static final int LEVEL = 6;

    private static final String INSERT =
            "insert into packed_block (run_pk, last_sequence, plain_length, content) values (?, ?, ?, ?)";

    /** Whether frames are as many as a packed block holds. */
    public static boolean isFull(FrameBlock frames) {
        return frames.length() >= FULL_BYTES || frames.count() >= BLOCK_FRAMES || frames.weight() >= BLOCK_WEIGHT;
    }

    /**
     * Packs frames, at least one.
     *
     * @param sink takes each frame as the block gives it back, which is what counts
     */
    public static PackedBlock of(FrameBlock frames, FrameTable.Sink sink) throws SQLException {
        byte[] content = BlockFormat.compressed(frames, LEVEL);
        BlockFormat.read(content, frames.last(), sink);
        return new PackedBlock(Math.toIntExact(frames.last()), frames.length() + frames.idChars(), content);
    }

    /** Adds the row, in the caller's transaction. */
    public void insert(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setLong(1, runPk);
            insert.setInt(2, last);
            insert.setInt(3, plainLength);
            insert.setBytes(4, content);
            insert.executeUpdate();
        }
    }
}
