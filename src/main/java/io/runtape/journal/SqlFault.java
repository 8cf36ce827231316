package io.runtape.journal;

import java.sql.SQLException;

/** Tells a statement that the database refuses from a database that is away. */
final class SqlFault {

    private SqlFault() {}

    /**
     * Whether the data is at fault, so that trying again is useless: data exceptions (class 22), violated constraints (23)
     * and exceeded program limits (54). All else, such as a lost connection, a full disk or a shutdown, may pass.
     */
    static boolean isOfTheData(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("22") || state.startsWith("23") || state.startsWith("54"));
    }
}
