package io.runtape.cluster;

import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.SQLException;

/** What a gateway does with each of its heartbeats: it looks for what other gateways left in the database for it. */
public interface BeatTask {

    /**
     * Runs after a beat, on the heartbeat's thread, so it must not wait for locks: a gateway that beats late is taken for dead.
     *
     * @param connection the heartbeat's, in auto-commit mode
     * @throws SQLException where the database does not answer: the heartbeat opens another connection
     */
    void afterBeat(Connection connection, Engine engine) throws SQLException;
}
