package io.runtape.journal.sql;

import io.runtape.run.BlockFormat;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameTable;
import java.sql.SQLException;

/** The rows of a batch's frames: blocks, each with frames of one run. */
final class FrameRows {

    static final String TABLE = FrameTable.BLOCK.table();

    /** The columns in the order of writing. */
    static final String COLUMNS = "run_pk, last_sequence, content";

    static final int COLUMN_COUNT = 3;

    private FrameRows() {}

    /** Takes the rows one after the other. */
    @FunctionalInterface
    interface Sink {
        void row(long runPk, int lastSequence, byte[] content) throws SQLException;
    }

    /** Forms the rows of a batch, in the order of its writes. */
    static void of(CommitBatch batch, Sink sink) throws SQLException {
        for (RunWrite write : batch.writes()) {
            FrameBlock frames = write.frames();
            int from = 0;
            while (frames != null && from < frames.count()) {
                int to = BlockFormat.rowEnd(frames, from);
                sink.row(
                        write.run().pk(),
                        Math.toIntExact(frames.sequence(to - 1)),
                        BlockFormat.plain(frames, from, to));
                from = to;
            }
        }
    }
}
