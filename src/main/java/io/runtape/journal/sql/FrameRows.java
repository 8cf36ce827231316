package io.runtape.journal.sql;

import io.runtape.run.BlockFormat;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameTable;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The rows of a batch's frames: blocks, each with frames of one run. */
final class FrameRows {

    static final String TABLE = FrameTable.BLOCK.table();

    /** The columns in the order of writing. */
    static final String COLUMNS = "run_pk, last_sequence, plain_length, content";

    static final int COLUMN_COUNT = 4;

    private FrameRows() {}

    /** Takes the rows one after the other. */
    @FunctionalInterface
    interface Sink {
        /** @param plainLength how many bytes the frames have; null if the content is not compressed */
        void row(long runPk, int lastSequence, @Nullable Integer plainLength, byte[] content) throws SQLException;
    }

    /** Forms the rows of a batch, in the order of its writes. */
    static void of(CommitBatch batch, Sink sink) throws SQLException {
        for (RunWrite write : batch.writes()) {
            FrameBlock frames = write.frames();
            int from = 0;
            while (frames != null && from < frames.count()) {
                int to = BlockFormat.rowEnd(frames, from);
                byte[] content = BlockFormat.committed(frames, from, to);
                sink.row(
                        write.run().pk(),
                        Math.toIntExact(frames.sequence(to - 1)),
                        BlockFormat.isCompressed(content) ? frames.end(to - 1) - frames.start(from) : null,
                        content);
                from = to;
            }
        }
    }
}
