package io.runtape.testsupport;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The rows of idempotency keys, each call over a connection of its own. Keys of tests are unique, whoever their owner is. */
public final class KeyTable {

    private final RunTable.Connector database;

    public KeyTable(RunTable.Connector database) {
        this.database = database;
    }

    /** Whether the key has a row. */
    public boolean has(String key) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement select = connection.prepareStatement("select 1 from idempotency_key where id = ?")) {
            select.setString(1, key);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** How many seconds are left to the key, by the database's clock. */
    public long secondsLeft(String key) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement select = connection.prepareStatement(
                        "select extract(epoch from expires_at) - extract(epoch from current_timestamp)"
                                + " from idempotency_key where id = ?")) {
            select.setString(1, key);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return Math.round(row.getDouble(1));
            }
        }
    }

    /** Lets the key's time be over. */
    public void expire(String key) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement update = connection.prepareStatement(
                        "update idempotency_key set expires_at = current_timestamp where id = ?")) {
            update.setString(1, key);
            if (update.executeUpdate() != 1) {
                throw new AssertionError("there is no such key: " + key);
            }
        }
    }
}
