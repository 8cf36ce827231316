package io.runtape.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database whether it answers, over a connection of its own: those of readers may all be taken, and a gateway whose
 * callers wait for each other is no worse a gateway for the next one. Confined to one thread.
 */
public final class StoreProbe implements AutoCloseable {

    private final Store store;
    private final Duration within;
    private @Nullable Connection kept;

    /** @param within whole seconds, for each response */
    public StoreProbe(Store store, Duration within) {
        this.store = store;
        this.within = within;
    }

    /** Whether it answers in time. A connection that has broken meanwhile says nothing: another one is asked then. */
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
                // One that is left open keeps H2 from opening a database again that it has closed.
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
                // It is gone already.
                return;
            }
        }
    }
}
