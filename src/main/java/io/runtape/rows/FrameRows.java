package io.runtape.rows;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Arrays;

/** The columns of a frame's row, as parameters of a statement. */
final class FrameRows {

    static final String COLUMNS = "run_pk, offset_us, sequence, parts, kind, type, last_event_id, bytes";
    static final int COLUMN_COUNT = 8;

    private FrameRows() {}

    /** Sets the parameters of one row, the first at {@code at}. */
    static void bind(PreparedStatement insert, int at, long pk, FrameBlock frames, int index) throws SQLException {
        insert.setLong(at, pk);
        insert.setLong(at + 1, frames.offsetMicros(index));
        insert.setInt(at + 2, Math.toIntExact(frames.sequence(index)));
        int parts = frames.parts(index);
        if (parts == 0) {
            insert.setNull(at + 3, Types.INTEGER);
        } else {
            insert.setInt(at + 3, parts);
        }
        insert.setShort(at + 4, frames.kind(index).code());
        insert.setString(at + 5, frames.type(index));
        String lastEventId = frames.lastEventId(index);
        insert.setString(at + 6, lastEventId.isEmpty() ? null : lastEventId);
        insert.setBytes(at + 7, Arrays.copyOfRange(frames.bytes(), frames.start(index), frames.end(index)));
    }
}
