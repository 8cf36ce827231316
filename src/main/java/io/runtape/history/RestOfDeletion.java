package io.runtape.history;

import java.sql.Connection;
import java.sql.SQLException;

/** What deletions had to leave for later. Implementations are beans, and safe for any thread. */
public interface RestOfDeletion {

    /**
     * Deletes a piece of what can be deleted by now. It is called every second or so, and blocks.
     *
     * @param connection in auto-commit mode
     * @return whether there was any
     */
    boolean goOn(Connection connection) throws SQLException;
}
