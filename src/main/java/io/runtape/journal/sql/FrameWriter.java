package io.runtape.journal.sql;

import java.sql.SQLException;

/** Inserts a batch's frames into the table; the one thing that each database does in its own way. */
interface FrameWriter {

    /**
     * Inserts the frames of all writes of a batch that holds nothing else, and checks the fence, as one statement in
     * auto-commit mode. Returns false, with nothing done, where it has no such way for this batch.
     *
     * @throws SQLException where the epoch is over
     */
    boolean writesFenced(CommitBatch batch) throws SQLException;

    /** Inserts the frames of all writes of the batch, in the caller's transaction. */
    void write(CommitBatch batch) throws SQLException;
}
