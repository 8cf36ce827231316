package io.runtape.rows;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;

/** Reads requests back. It blocks and belongs on a worker thread; safe for any. */
@ApplicationScoped
public class RequestReader {

    private final DataSource database;

    RequestReader(DataSource database) {
        this.database = database;
    }

    /** The request of the run, unless the run is gone. */
    public Optional<RecordedRequest> read(long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select =
                        connection.prepareStatement("select request_type, request_body from run where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new RecordedRequest(row.getString(1), RequestBody.sent(row.getBytes(2))))
                        : Optional.empty();
            }
        }
    }
}
