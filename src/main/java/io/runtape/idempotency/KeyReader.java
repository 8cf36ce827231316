package io.runtape.idempotency;

import io.runtape.history.DeletionHook;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;

/** Finds the runs of idempotency keys. It blocks: call it on a worker thread. Safe for any thread. */
@ApplicationScoped
public class KeyReader implements DeletionHook {

    private static final String SELECT =
            "select run_pk, request_hash from idempotency_key where owner = ? and id = ? and not " + KeyClaims.FREE;

    private static final String DELETE_FREE = "delete from idempotency_key where run_pk = ? and " + KeyClaims.FREE;

    private static final String SELECT_OF_RUN = "select owner, id from idempotency_key where run_pk = ?";

    /** Keys expire, and are used again: an earlier run of the key may have left its digest. */
    private static final String DELETE_GONE = "delete from idempotency_key where owner = ? and id = ?";

    private static final String FORGET =
            "update idempotency_key set id = ?, request_hash = ? where owner = ? and id = ? and run_pk = ?";

    private final DataSource database;

    KeyReader(DataSource database) {
        this.database = database;
    }

    /** The run of the owner's key; empty if a call with this key would begin a run. */
    public Optional<ClaimedKey> hold(String owner, String id) throws SQLException {
        try (Connection connection = database.getConnection()) {
            Optional<ClaimedKey> claimed = claimed(connection, owner, id);
            return claimed.isPresent() ? claimed : claimed(connection, owner, GoneKey.of(owner, id));
        }
    }

    private static Optional<ClaimedKey> claimed(Connection connection, String owner, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setString(1, owner);
            select.setString(2, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(new ClaimedKey(row.getLong(1), row.getString(2))) : Optional.empty();
            }
        }
    }

    /**
     * Deletes the free key of a run that is about to be deleted: without the run's row, no one could see that the key
     * is free. Of another key only its digest stays.
     */
    @Override
    public void beforeRun(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(DELETE_FREE)) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
        try (PreparedStatement select = connection.prepareStatement(SELECT_OF_RUN);
                PreparedStatement delete = connection.prepareStatement(DELETE_GONE);
                PreparedStatement forget = connection.prepareStatement(FORGET)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    String gone = GoneKey.of(row.getString(1), row.getString(2));
                    delete.setString(1, row.getString(1));
                    delete.setString(2, gone);
                    delete.executeUpdate();
                    forget.setString(1, gone);
                    forget.setString(2, GoneKey.REQUEST_HASH);
                    forget.setString(3, row.getString(1));
                    forget.setString(4, row.getString(2));
                    forget.setLong(5, runPk);
                    forget.executeUpdate();
                }
            }
        }
    }
}
