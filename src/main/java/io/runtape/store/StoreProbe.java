package io.runtape.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database whether it answers, over a connection of its own: readers may hold all of theirs, and a gateway
 * whose callers wait for each other can still take the next call. Confined to one thread.
 */
public final class StoreProbe implements AutoCloseable {

    private final Store store;
    private final Duration within;
    private @Nullable Connection kept;

    /** @param within the time for each answer of the database, in whole seconds */
    public StoreProbe(Store store, Duration within) {
        this.store = store;
        this.within = within;
    }

    /**
     * Whether the database answers in time. A connection that broke meanwhile proves nothing: the probe then asks over
     * another one.
     */
    public boolean answers() {
        Connection before = kept;
        if (before != null && isValid(before)) {
            return true;
        }
        close();
        try {
            Connection fresh = store.connect(within);
            kept = fresh;
            return isValid(fresh);
        } catch (SQLException e) {
            return false;
        } finally {
            if (store.engine() == Engine.H2) {
                // An open connection keeps H2 from reopening a database that it has closed.
                close();
            }
        }
    }

    private boolean isValid(Connection connection) {
        try {
            return connection.isValid((int) within.toSeconds());
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() {
        Connection open = kept;
        kept = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // The connection is gone already.
                return;
            }
        }
    }
}
