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
    private static final int SHORT_BYTES = 16 << 10;

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
     * @param room gets the number of bytes that are read, and may wait until there is room for them, or throw; a short body is
     *     there already then
     * @throws DamagedBodyException if its body cannot be read
     */
    public Optional<RecordedRequest> read(long runPk, LongConsumer room) throws SQLException {
        return read(runPk, Long.MAX_VALUE, room);
    }

    /**
     * The same, unless its body is longer than so many bytes: then it is not read, and takes no more room than that.
     *
     * @param bytesMax the longest body that is read
     */
    public Optional<RecordedRequest> read(long runPk, long bytesMax, LongConsumer room) throws SQLException {
        Optional<Stored> stored =
                read(runPk, SHORT_BYTES).filter(request -> RequestBody.mayBeOf(bytesMax, request.length));
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        // Holds no connection while it waits for room.
        room.accept(stored.get().length);
        Optional<Stored> whole = stored.get().body == null ? read(runPk, Integer.MAX_VALUE) : stored;
        return whole.filter(request -> RequestBody.sentLength(request.bytes()) <= bytesMax)
                .map(request -> request.sent(room));
    }

    /**
     * A request as its row has it.
     *
     * @param length of the body
     * @param body null if it is long, and is to be read only when there is room for it
     */
    private record Stored(@Nullable String type, long length, byte @Nullable [] body) {

        RecordedRequest sent(LongConsumer room) {
            room.accept(RequestBody.sentLength(bytes()));
            return new RecordedRequest(type, RequestBody.sent(bytes()));
        }

        byte[] bytes() {
            return Objects.requireNonNull(body);
        }
    }

    private Optional<Stored> read(long runPk, int bytesMax) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(READ)) {
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
