package io.runtape.journal.sql;

import io.runtape.run.FrameBlock;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Arrays;

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
                bind(write.run().pk(), frames, i);
                insert.addBatch();
            }
        }
        insert.executeBatch();
    }

    private void bind(long pk, FrameBlock frames, int index) throws SQLException {
        insert.setLong(1, pk);
        insert.setLong(2, frames.offsetMicros(index));
        insert.setInt(3, Math.toIntExact(frames.sequence(index)));
        int parts = frames.parts(index);
        if (parts == 0) {
            insert.setNull(4, Types.INTEGER);
        } else {
            insert.setInt(4, parts);
        }
        insert.setShort(5, frames.kind(index).code());
        insert.setString(6, frames.type(index));
        String lastEventId = frames.lastEventId(index);
        insert.setString(7, lastEventId.isEmpty() ? null : lastEventId);
        insert.setBytes(8, Arrays.copyOfRange(frames.bytes(), frames.start(index), frames.end(index)));
    }
}
