package io.runtape.ticket;

import io.runtape.access.Owner;
import io.runtape.history.DeletionHook;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The tickets that let a reader read the events of one run or one thread (docs/reference/http-api.md, "Tail and
 * resume"). A ticket must first be used within a minute. After its first use, a ticket for a run is valid for ten
 * minutes. It also stays valid while the run is live, and until ten minutes after the run's end. A ticket for a thread
 * is valid for an hour, but only while the thread exists. Only the database's clock counts, so that every gateway
 * decides alike; the end of a run is the time that its gateway recorded. Every method blocks; safe for any thread.
 */
@Singleton
public class Tickets implements DeletionHook {

    private static final String INSERT = """
            insert into ticket (hash, owner, run_pk, thread_id, expires_at)
            values (?, ?, ?, ?, current_timestamp + interval '1' minute)""";

    static final String FIRST_USE = """
            update ticket set used_at = current_timestamp, expires_at = current_timestamp
                + case when run_pk is null then interval '60' minute else interval '10' minute end
            where hash = ? and used_at is null and expires_at > current_timestamp""";

    /**
     * Whether a used ticket is still valid after its own time, because of its run. For an {@code exists}, PostgreSQL might read all
     * runs once instead of one for each ticket.
     */
    private static final String RUN_GOES_ON = """
            coalesce((select run.status = 'running' or run.completed_at > current_timestamp - interval '10' minute
                from run where run.run_pk = ticket.run_pk), false)""";

    static final String GOOD = "select owner, run_pk, thread_id from ticket where hash = ? and used_at is not null"
            + " and (expires_at > current_timestamp or " + RUN_GOES_ON + ")";

    static final String DELETE_EXPIRED = "delete from ticket where expires_at <= current_timestamp"
            + " and (used_at is null or not " + RUN_GOES_ON + ")";

    static final String LOCK_THREAD = "select 1 from thread where owner = ? and id = ? for update";

    static final String DELETE_OF_RUN = "delete from ticket where run_pk = ?";

    static final String DELETE_OF_THREAD = "delete from ticket where owner = ? and thread_id = ?";

    private final DataSource database;
    private final Store store;

    Tickets(DataSource database, Store store) {
        this.database = database;
        this.store = store;
    }

    /**
     * What a valid ticket opens; exactly one of run and thread is present.
     *
     * @param owner the caller that asked for the ticket
     * @param runPk the key of the run
     * @param threadId the id of the thread
     */
    public record Opened(
            Owner owner, @Nullable Long runPk, @Nullable String threadId) {}

    /** Stores a ticket for this run of the owner. Returns the time by which it must first be used. */
    public Instant keepForRun(Ticket ticket, Owner owner, long runPk) throws SQLException {
        return keep(connection -> insert(connection, ticket, owner, runPk, null));
    }

    /**
     * Stores a ticket for this thread of the owner. Returns the time by which the ticket must first be used, or nothing
     * if the thread no longer exists. Locks the thread's row meanwhile, so that no ticket follows {@link #afterThread}.
     */
    public Optional<Instant> keepForThread(Ticket ticket, Owner owner, String threadId) throws SQLException {
        return keep(connection -> Transaction.in(
                connection,
                () -> isThere(connection, owner, threadId)
                        ? Optional.of(insert(connection, ticket, owner, null, threadId))
                        : Optional.empty()));
    }

    /** Inserts a ticket over a connection in auto-commit mode. */
    @FunctionalInterface
    private interface Insertion<T> {
        T over(Connection connection) throws SQLException;
    }

    private <T> T keep(Insertion<T> insertion) throws SQLException {
        try (Connection connection = database.getConnection()) {
            try (PreparedStatement delete = connection.prepareStatement(DELETE_EXPIRED)) {
                delete.executeUpdate();
            }
            T firstUseBy = insertion.over(connection);
            store.makeDurable(connection);
            return firstUseBy;
        }
    }

    private static boolean isThere(Connection connection, Owner owner, String threadId) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(LOCK_THREAD)) {
            lock.setString(1, owner.id());
            lock.setString(2, threadId);
            try (ResultSet row = lock.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Deletes all tickets of a run: nothing of it is to be left. */
    @Override
    public void beforeRun(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(DELETE_OF_RUN)) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
    }

    /**
     * Deletes all tickets of a thread: a new thread may get the same id, and these tickets must not open it. Runs in
     * the transaction that deletes the thread and has locked its row.
     */
    @Override
    public void afterThread(Connection connection, Owner owner, String threadId) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(DELETE_OF_THREAD)) {
            delete.setString(1, owner.id());
            delete.setString(2, threadId);
            delete.executeUpdate();
        }
    }

    private static Instant insert(
            Connection connection, Ticket ticket, Owner owner, @Nullable Long runPk, @Nullable String threadId)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT, new String[] {"expires_at"})) {
            insert.setString(1, ticket.hash());
            insert.setString(2, owner.id());
            insert.setObject(3, runPk, Types.BIGINT);
            insert.setString(4, threadId);
            insert.executeUpdate();
            try (ResultSet row = insert.getGeneratedKeys()) {
                row.next();
                return row.getObject(1, OffsetDateTime.class).toInstant();
            }
        }
    }

    /** Uses a ticket: returns what it opens, or nothing if the ticket is unknown or has expired. */
    public Optional<Opened> use(Ticket ticket) throws SQLException {
        String hash = ticket.hash();
        try (Connection connection = database.getConnection()) {
            try (PreparedStatement first = connection.prepareStatement(FIRST_USE)) {
                first.setString(1, hash);
                if (first.executeUpdate() > 0) {
                    store.makeDurable(connection);
                }
            }
            try (PreparedStatement select = connection.prepareStatement(GOOD)) {
                select.setString(1, hash);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(opened(row)) : Optional.empty();
                }
            }
        }
    }

    private static Opened opened(ResultSet row) throws SQLException {
        return new Opened(new Owner(row.getString(1)), row.getObject(2, Long.class), row.getString(3));
    }
}
