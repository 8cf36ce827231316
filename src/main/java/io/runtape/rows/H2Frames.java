package io.runtape.rows;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** H2: one prepared statement, executed as a batch in the caller's transaction. */
final class H2Frames implements FrameWriter {

    private final PreparedStatement insert;

    H2Frames(Connection connection) throws SQLException {
        insert = connection.prepareStatement(
                "insert into frame (" + FrameRows.COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?, ?)");
    }

    @Override
    public boolean writesFenced(CommitBatch batch) {
        return false;
    }

    @Override
    public void write(CommitBatch batch) throws SQLException {
        for (RunWrite write : batch.writes()) {
            FrameBlock frames = write.frames();
            for (int i = 0; frames != null && i < frames.count(); i++) {
                FrameRows.bind(insert, 1, write.run().pk(), frames, i);
                insert.addBatch();
            }
        }
        insert.executeBatch();
    }
}
