package io.runtape.history;

import io.runtape.testsupport.RunTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** What tests of lists and sums begin with: runs that are indexed, with times and tokens that the test has chosen. */
public abstract class IndexedHistory extends RecordedHistory {

    /** A run of many megabytes takes its time. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Waits until the gateway has indexed these runs. */
    protected void awaitIndexed(String... ids) {
        for (String id : ids) {
            RunTable.await("it is indexed", PATIENCE, () -> isIndexed(id) ? true : null);
        }
    }

    /** Whether the gateway has indexed the run. */
    protected boolean isIndexed(String id) throws SQLException {
        return table().isIndexed(id);
    }

    /** Gives a run that has ended other times and another usage, and has it indexed with them. */
    protected void change(String id, Instant createdAt, long durationMs, String usage) throws SQLException {
        awaitIndexed(id);
        rewrite(id, createdAt, durationMs, usage);
        awaitIndexed(id);
    }

    /** The same of a run that is indexed, without waiting until it is so again. */
    protected void rewrite(String id, Instant createdAt, long durationMs, String usage) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement("""
                        update run set created_at = ?, first_event_at = ?, completed_at = ?, usage = ?, indexed_at = null
                        where run_pk = ?""")) {
            update.setObject(1, createdAt.atOffset(ZoneOffset.UTC));
            update.setObject(2, createdAt.plusMillis(durationMs / 2).atOffset(ZoneOffset.UTC));
            update.setObject(3, createdAt.plusMillis(durationMs).atOffset(ZoneOffset.UTC));
            update.setString(4, usage);
            update.setLong(5, table().key(id));
            update.executeUpdate();
        }
    }

    /** The ids on a page. */
    protected List<String> ids(String target) {
        return json(target).getList("data.id", String.class);
    }
}
