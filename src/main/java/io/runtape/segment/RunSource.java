package io.runtape.segment;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Runs that may match a query, found bit by bit, the newest first. Blocks; confined to one thread. */
public interface RunSource {

    /** The next ones, at most that many; none after the last, or where finding more would take long. */
    List<Document> next(int max) throws SQLException;

    /** The place behind which more may follow, after {@link #next} has brought none; empty if none follow. */
    default Optional<Document> reached() {
        return Optional.empty();
    }
}
