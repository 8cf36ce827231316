package io.runtape.run;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import javax.sql.DataSource;

/**
 * What is kept for the transcripts of runs whose frames are deleted (docs/internals/storage.md, "Kept transcripts"). It blocks:
 * call it on a worker thread. Safe for any thread.
 */
@ApplicationScoped
public class KeptTranscripts {

    private static final String SELECT = "select content from kept_transcript where run_pk = ?";

    private static final String WHOLE = "select 1 from run where run_pk = ? and frames_expired_at is null";

    private static final String EXPIRED = "select 1 from run where run_pk = ? and frames_expired_at is not null";

    private final DataSource database;

    KeptTranscripts(DataSource database) {
        this.database = database;
    }

    /**
     * What is kept of the run; empty if nothing is.
     *
     * @param room gets the number of bytes that will be read, and may wait until there is room for them, or throw
     * @throws DamagedBodyException if it cannot be read
     */
    public Optional<byte[]> read(long runPk, LongConsumer room) throws SQLException {
        byte[] stored;
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                stored = row.getBytes(1);
            }
        }
        room.accept(RequestBody.sentLength(stored));
        return Optional.of(RequestBody.sent(stored));
    }

    /** Whether the run is there with its frames, so that nothing is kept of it: neither has been deleted. */
    public boolean isWhole(long runPk) throws SQLException {
        return isThere(WHOLE, runPk);
    }

    /** Whether the run is there without its frames, so that something is kept of it. */
    public boolean isExpired(long runPk) throws SQLException {
        return isThere(EXPIRED, runPk);
    }

    private boolean isThere(String query, long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(query)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * Keeps this of the runs, in the transaction that deletes their frames.
     *
     * @param json a JSON object for the key of each run
     */
    public static void write(Connection connection, Map<Long, byte[]> json) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into kept_transcript (run_pk, content) values (?, ?)")) {
            for (Map.Entry<Long, byte[]> run : json.entrySet()) {
                insert.setLong(1, run.getKey());
                insert.setBytes(2, RequestBody.stored(run.getValue()));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** Deletes what is kept of the run, in the transaction that deletes the run. */
    public static void delete(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from kept_transcript where run_pk = ?")) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
    }
}
