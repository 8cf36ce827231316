package io.runtape.run;

import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jboss.logging.Logger;

/**
 * How the log names a run: by its id and its owner, which one needs to look it up or to delete it. Plain SQL: of a damaged run,
 * nothing else may be readable.
 */
public final class RunName {

    private static final Logger LOG = Logger.getLogger(RunName.class);

    private static final String SELECT = "select id, owner from run where run_pk = ?";

    private RunName() {}

    /** The name of a run with this id, of this owner. */
    public static String of(String id, String owner) {
        return "run " + id + " of owner " + owner;
    }

    /**
     * The same of the run with this key; names the key if there is no such run, or if the database does not tell. Blocks.
     *
     * @param connection not in a transaction
     */
    public static String of(Connection connection, long runPk) {
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    return of(row.getString(1), row.getString(2));
                }
            }
        } catch (SQLException e) {
            untold(runPk, e);
        }
        return ofKey(runPk);
    }

    /** The same over another connection, for a run that may have broken that of its caller. */
    public static String of(Store store, long runPk) {
        try (Connection connection = store.connect()) {
            return of(connection, runPk);
        } catch (SQLException e) {
            untold(runPk, e);
            return ofKey(runPk);
        }
    }

    private static void untold(long runPk, SQLException why) {
        LOG.debugf(why, "the id of the run with the key %d cannot be read", runPk);
    }

    private static String ofKey(long runPk) {
        return "run with the key " + runPk;
    }
}
