package io.runtape.run;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads requests back. It blocks: call it on a worker thread. Safe for any thread. */
@ApplicationScoped
public class RequestReader {

    /** A body of no more than so many bytes is read before there is room for it: a second query would cost more. */
    private static final int SHORT_BYTES = 64 << 10;

    private static final String READ = """
            select request_type, octet_length(request_body),
                case when octet_length(request_body) <= ? then request_body end
            from run where run_pk = ?""";

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
        Optional<Stored> stored = on(connection -> stored(connection, runPk));
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        room.accept(stored.get().length);
        Optional<Stored> whole = stored.get().body == null ? on(connection -> whole(connection, runPk)) : stored;
        return whole.map(request -> request.sent(room));
    }

    /** The same over a connection of the caller's, which is held while there is no room. */
    public static Optional<RecordedRequest> read(Connection connection, long runPk, LongConsumer room)
            throws SQLException {
        Optional<Stored> stored = stored(connection, runPk);
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        room.accept(stored.get().length);
        Optional<Stored> whole = stored.get().body == null ? whole(connection, runPk) : stored;
        return whole.map(request -> request.sent(room));
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

    /**
     * A request as its row has it.
     *
     * @param length of the body
     * @param body null if it is long, and is to be read only when there is room for it
     */
    private record Stored(@Nullable String type, long length, byte @Nullable [] body) {

        RecordedRequest sent(LongConsumer room) {
            byte[] stored = Objects.requireNonNull(body);
            room.accept(RequestBody.sentLength(stored));
            return new RecordedRequest(type, RequestBody.sent(stored));
        }
    }

    private static Optional<Stored> stored(Connection connection, long runPk) throws SQLException {
        return read(connection, runPk, SHORT_BYTES);
    }

    private static Optional<Stored> whole(Connection connection, long runPk) throws SQLException {
        return read(connection, runPk, Integer.MAX_VALUE);
    }

    private static Optional<Stored> read(Connection connection, long runPk, int bytesMax) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(READ)) {
            select.setInt(1, bytesMax);
            select.setLong(2, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Stored(row.getString(1), row.getLong(2), row.getBytes(3)))
                        : Optional.empty();
            }
        }
    }
}
