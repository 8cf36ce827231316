package io.runtape.run;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.LongConsumer;
import javax.sql.DataSource;

/** Reads requests back. It blocks: call it on a worker thread. Safe for any thread. */
@ApplicationScoped
public class RequestReader {

    private final DataSource database;

    RequestReader(DataSource database) {
        this.database = database;
    }

    /**
     * The request of the run, unless the run is gone.
     *
     * @param room gets the number of bytes that will be read, and may wait until there is room for them, or throw
     */
    public Optional<RecordedRequest> read(long runPk, LongConsumer room) throws SQLException {
        // Holds no connection while it waits for room.
        room.accept(stored(runPk));
        byte[] stored;
        String type;
        try (Connection connection = database.getConnection();
                PreparedStatement select =
                        connection.prepareStatement("select request_type, request_body from run where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                type = row.getString(1);
                stored = row.getBytes(2);
            }
        }
        room.accept(RequestBody.sentLength(stored));
        return Optional.of(new RecordedRequest(type, RequestBody.sent(stored)));
    }

    private long stored(long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select =
                        connection.prepareStatement("select octet_length(request_body) from run where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }
}
