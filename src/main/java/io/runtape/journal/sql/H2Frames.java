package io.runtape.journal.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;

/** H2: one prepared statement, executed as a batch in the caller's transaction. */
final class H2Frames implements FrameWriter {

    private final PreparedStatement insert;

    H2Frames(Connection connection) throws SQLException {
        insert = connection.prepareStatement(
                "insert into " + FrameRows.TABLE + " (" + FrameRows.COLUMNS + ") values (?, ?, ?, ?)");
    }

    @Override
    public boolean writesFenced(CommitBatch batch) {
        return false;
    }

    @Override
    public void write(CommitBatch batch) throws SQLException {
        FrameRows.of(batch, (runPk, lastSequence, plainLength, content) -> {
            insert.setLong(1, runPk);
            insert.setInt(2, lastSequence);
            insert.setObject(3, plainLength, Types.INTEGER);
            insert.setBytes(4, content);
            insert.addBatch();
        });
        insert.executeBatch();
    }
}
