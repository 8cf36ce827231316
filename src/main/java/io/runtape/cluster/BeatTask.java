package io.runtape.cluster;

import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.SQLException;

/** A task of each heartbeat: it looks for messages that other gateways left in the database. */
public interface BeatTask {

    /**
     * Runs after a beat, on the heartbeat's thread, so it must not wait for locks: a gateway that beats late counts as
     * dead.
     *
     * @param connection the heartbeat's, in auto-commit mode
     * @throws SQLException if the database does not answer: the heartbeat then opens another connection
     */
    void afterBeat(Connection connection, Engine engine) throws SQLException;
}
