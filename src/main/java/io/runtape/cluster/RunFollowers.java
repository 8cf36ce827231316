package io.runtape.cluster;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import javax.sql.DataSource;

/**
 * Which gateways have readers of other gateways' runs: a run's own gateway looks here before it cancels the run because
 * it has no reader. For PostgreSQL only: an embedded database has one gateway. Every method blocks; safe for any
 * thread.
 */
@ApplicationScoped
public class RunFollowers {

    /** Whether a run has readers at a gateway, or at any. */
    public enum Readers {
        /** It has none. */
        NOBODY,
        /** A caller has looked the run up, and may be about to read it. */
        EXPECTED,
        /** It has at least one. */
        READING
    }

    private static final String INSERT =
            "insert into run_follower (run_pk, node_id, reading) values (?, ?, false) on conflict do nothing";

    private static final String UPSERT = """
            insert into run_follower (run_pk, node_id, reading) select v.run_pk, ?, ? from unnest(?) v(run_pk)
            on conflict (run_pk, node_id) do update set reading = excluded.reading""";

    private static final String DELETE = "delete from run_follower where node_id = ? and run_pk = any(?)";

    /** A gateway that has left, or is dead, has no readers. */
    private static final String SELECT = """
            select bool_or(f.reading) from run_follower f join node n on n.node_id = f.node_id
            where f.run_pk = ? and not n.closed""";

    private final DataSource database;

    RunFollowers(DataSource database) {
        this.database = database;
    }

    /**
     * Notes that a gateway expects a reader of a run that has none there yet. When it returns, the run's gateway can
     * see that.
     */
    public void expect(long runPk, long nodeId) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setLong(1, runPk);
            insert.setLong(2, nodeId);
            insert.executeUpdate();
        }
    }

    /** Notes whether these runs have readers at a gateway. */
    public void say(long nodeId, Collection<Long> runs, Readers readers) throws SQLException {
        if (runs.isEmpty()) {
            return;
        }
        try (Connection connection = database.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement(readers == Readers.NOBODY ? DELETE : UPSERT)) {
            int at = 1;
            statement.setLong(at++, nodeId);
            if (readers != Readers.NOBODY) {
                statement.setBoolean(at++, readers == Readers.READING);
            }
            statement.setArray(at, connection.createArrayOf("int8", runs.toArray()));
            statement.executeUpdate();
        }
    }

    /** Whether the run has readers at other gateways than its own, which has no rows here. */
    public Readers of(long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                boolean reading = row.getBoolean(1);
                return row.wasNull() ? Readers.NOBODY : reading ? Readers.READING : Readers.EXPECTED;
            }
        }
    }
}
