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
        room.accept(on(connection -> stored(connection, runPk)));
        return sent(on(connection -> row(connection, runPk)), room);
    }

    /** The same over a connection of the caller's, which is held while there is no room. */
    public static Optional<RecordedRequest> read(Connection connection, long runPk, LongConsumer room)
            throws SQLException {
        room.accept(stored(connection, runPk));
        return sent(row(connection, runPk), room);
    }

    /** A query. */
    @FunctionalInterface
    private interface Query<T> {
        T over(Connection connection) throws SQLException;
    }

    private <T> T on(Query<T> query) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return query.over(connection);
        }
    }

    /** The request as its row has it. */
    private static Optional<RecordedRequest> row(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select request_type, request_body from run where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new RecordedRequest(row.getString(1), row.getBytes(2)))
                        : Optional.empty();
            }
        }
    }

    private static Optional<RecordedRequest> sent(Optional<RecordedRequest> stored, LongConsumer room) {
        return stored.map(request -> {
            room.accept(RequestBody.sentLength(request.body()));
            return new RecordedRequest(request.type(), RequestBody.sent(request.body()));
        });
    }

    private static long stored(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select octet_length(request_body) from run where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }
}
