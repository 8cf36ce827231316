package io.runtape.testsupport;

import io.runtape.run.FrameTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Arrays;

/** Frames as gateways of earlier versions stored them: each in a row of its own. */
public final class EarlierRows {

    private EarlierRows() {}

    /** Moves the frames of a run from its blocks into rows of their own. */
    public static void make(Connection connection, String runId) throws SQLException {
        long runPk;
        try (PreparedStatement select = connection.prepareStatement("select run_pk from run where id = ?")) {
            select.setString(1, runId);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                runPk = row.getLong(1);
            }
        }
        try (PreparedStatement select = connection.prepareStatement(
                        "select " + FrameTable.BLOCK.rows() + " from block where run_pk = ? order by last_sequence");
                PreparedStatement insert = connection.prepareStatement("""
                        insert into frame (run_pk, offset_us, sequence, parts, kind, type, last_event_id, bytes)
                        values (?, ?, ?, ?, ?, ?, ?, ?)""");
                PreparedStatement delete = connection.prepareStatement("delete from block where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    FrameTable.BLOCK.read(row, (sequence, frame) -> {
                        insert.setLong(1, runPk);
                        insert.setLong(2, frame.offsetMicros());
                        insert.setLong(3, sequence);
                        if (frame.parts() == 0) {
                            insert.setNull(4, Types.INTEGER);
                        } else {
                            insert.setInt(4, frame.parts());
                        }
                        insert.setShort(5, frame.kind().code());
                        insert.setString(6, frame.type());
                        insert.setString(7, frame.lastEventId().isEmpty() ? null : frame.lastEventId());
                        insert.setBytes(8, Arrays.copyOfRange(frame.source(), frame.from(), frame.to()));
                        insert.addBatch();
                    });
                }
            }
            insert.executeBatch();
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
    }
}
