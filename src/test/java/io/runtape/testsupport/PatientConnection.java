package io.runtape.testsupport;

import io.runtape.store.Engine;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A connection whose statements wait for rows that the gateway holds, on H2 too, where others give up after two seconds. */
public final class PatientConnection {

    private PatientConnection() {}

    /** Opens one, in auto-commit mode. The caller closes it. */
    public static Connection to(Store store) throws SQLException {
        Connection connection = store.connect();
        if (store.engine() == Engine.H2) {
            try (Statement set = connection.createStatement()) {
                set.execute("set lock_timeout " + ScriptedUpstream.PATIENCE.toMillis());
            }
        }
        return connection;
    }
}
