package io.runtape.move;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quarkus.runtime.StartupEvent;
import io.runtape.journal.sql.BlockPartitions;
import io.runtape.run.BodyDigest;
import io.runtape.run.DamagedFramesException;
import io.runtape.run.FrameReader;
import io.runtape.store.Engine;
import io.runtape.store.SqlFault;
import io.runtape.store.StartupException;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Moves a whole history, with all its owners, from an H2 file into the gateway's PostgreSQL database: row by row, in one
 * transaction, which ends only if the frames of each run have its digest there too. Plain SQL: it knows rows, not what they
 * mean.
 */
@ApplicationScoped
public class HistoryMove {

    private static final Logger LOG = Logger.getLogger(HistoryMove.class);

    /** After the tables are there, and before this gateway, or the key of its owners' hash, has a row in them. */
    private static final int MOVES_AT = Store.OPENS_AT + 50;

    /** The tables that hold a history; others hold what the gateways that live have, or what is made from these anew. */
    private static final List<String> TABLES = List.of(
            "setting",
            "node",
            "heartbeat",
            "thread",
            "thread_name",
            "thread_name_since",
            "spared_thread",
            "run",
            "block",
            "packed_block",
            "frame",
            "kept_transcript",
            "idempotency_key",
            "ticket");

    /** The row in the target's settings that says what has moved there. */
    private static final String MOVED = "moved-from";

    /** How long one statement may take: a lock may be waited for until another gateway has moved the history. */
    private static final Duration ANSWER_WITHIN = Duration.ofHours(12);

    private final MoveConfig config;
    private final Store store;

    HistoryMove(MoveConfig config, Store store) {
        this.config = config;
        this.store = store;
    }

    void start(@Observes @Priority(MOVES_AT) StartupEvent event) {
        config.moveFrom().filter(from -> !from.isBlank()).ifPresent(from -> {
            try {
                move(from.strip());
            } catch (SQLException e) {
                throw new StartupException("The history in " + from + " cannot be moved to the database ("
                        + store.address() + "), which is as it was: " + SqlFault.named(e) + ", " + e.getMessage());
            }
        });
    }

    /**
     * Moves the history in a data directory, unless it has moved already.
     *
     * @throws StartupException if it cannot be moved there; the database is as it was
     */
    void move(String from) throws SQLException {
        if (store.engine() != Engine.POSTGRESQL) {
            throw new StartupException(
                    "RUNTAPE_MOVE_FROM moves a history to PostgreSQL: name the database in RUNTAPE_DATABASE_URL.");
        }
        try (Connection target = store.connect(ANSWER_WITHIN)) {
            if (hasMoved(target)) {
                return;
            }
            long begun = System.nanoTime();
            Optional<Moved> now = Transaction.in(target, () -> movedOnce(target, from));
            now.ifPresent(moved -> LOG.infof(
                    "the history in %s has moved to the database (%s): %d runs with %d frames, in %d s",
                    from,
                    store.address(),
                    moved.runs,
                    moved.frames,
                    Duration.ofNanos(System.nanoTime() - begun).toSeconds()));
        }
    }

    /** What was moved. */
    private record Moved(long runs, long frames) {}

    /** Moves the history unless another gateway has done so by now; empty then. */
    private Optional<Moved> movedOnce(Connection target, String from) throws SQLException {
        try (Statement lock = target.createStatement()) {
            // Another gateway with the same setting waits here: before it opens the file, which serves one process.
            lock.execute("lock table setting in exclusive mode");
        }
        if (hasMoved(target)) {
            return Optional.empty();
        }
        requireEmpty(target);
        try (Connection source = store.connectToFile(from)) {
            requireSameTables(source, target, from);
            makePartitions(source, target);
            return Optional.of(moved(source, target, from));
        }
    }

    private boolean hasMoved(Connection target) throws SQLException {
        Optional<String> before =
                text(target, "select convert_from(content, 'UTF8') from setting where name = '" + MOVED + "'");
        before.ifPresent(from -> LOG.infof(
                "the history in %s had moved to the database (%s) before: RUNTAPE_MOVE_FROM has no effect",
                from, store.address()));
        return before.isPresent();
    }

    private void requireEmpty(Connection target) throws SQLException {
        for (String table : List.of("run", "thread", "node", "setting")) {
            if (text(target, "select 1 from " + table + " limit 1").isPresent()) {
                throw new StartupException(
                        "The database (" + store.address() + ") was in use before: a history moves only"
                                + " into an empty one. Name another RUNTAPE_DATABASE_SCHEMA or another database, or leave"
                                + " RUNTAPE_MOVE_FROM out.");
            }
        }
    }

    private void requireSameTables(Connection source, Connection target, String from) throws SQLException {
        String version = "select \"version\" from flyway_schema_history order by \"installed_rank\" desc limit 1";
        Optional<String> there = text(source, version);
        Optional<String> here = text(target, version);
        if (!there.equals(here)) {
            throw new StartupException("The history in " + from + " has the tables of migration "
                    + there.orElse("?") + ", and this version has those of " + here.orElse("?")
                    + ": start this version with that RUNTAPE_DATA_DIR once, stop it, and move the history then.");
        }
    }

    /** Live blocks lie in partitions by the keys of their runs. */
    private static void makePartitions(Connection source, Connection target) throws SQLException {
        List<Long> numbers = new ArrayList<>();
        try (Statement select = source.createStatement();
                ResultSet row = select.executeQuery("select distinct run_pk from block")) {
            while (row.next()) {
                long number = BlockPartitions.number(row.getLong(1));
                if (!numbers.contains(number)) {
                    numbers.add(number);
                }
            }
        }
        for (long number : numbers) {
            BlockPartitions.make(target, number);
        }
    }

    private Moved moved(Connection source, Connection target, String from) throws SQLException {
        for (String table : TABLES) {
            long rows = new TableCopy(table).copy(source, target);
            LOG.infof("moved %d rows of the table %s", rows, table);
        }
        // The next start gets a number that no run's key begins with.
        long node = Long.parseLong(
                text(source, "select nextval('node_id_sequence')").orElseThrow());
        text(target, "select setval('node_id_sequence', " + node + ")");
        Moved moved = compared(target);
        try (PreparedStatement insert = target.prepareStatement("insert into setting (name, content) values (?, ?)")) {
            insert.setString(1, MOVED);
            insert.setBytes(2, from.getBytes(UTF_8));
            insert.executeUpdate();
        }
        return moved;
    }

    private static Optional<String> text(Connection connection, String query) throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(query)) {
            return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
        }
    }

    /** Compares the frames of each run with the digest and the count that its row has. */
    private static Moved compared(Connection target) throws SQLException {
        long runs = 0;
        long frames = 0;
        try (Statement select = target.createStatement()) {
            select.setFetchSize(1000);
            try (ResultSet row = select.executeQuery(
                    "select run_pk, id, digest, frame_count, status from run where frames_expired_at is null order by run_pk")) {
                while (row.next()) {
                    BodyDigest digest = new BodyDigest();
                    long count = added(digest, target, row.getLong(1), row.getString(2));
                    @Nullable String expected = row.getString(3);
                    boolean live = row.getString(5).equals("running");
                    if (!live && count != row.getLong(4) || expected != null && !expected.equals(digest.hex())) {
                        throw new StartupException("The run " + row.getString(2)
                                + " has other frames than its row tells of. Nothing was moved.");
                    }
                    runs++;
                    frames += count;
                }
            }
        }
        return new Moved(runs, frames);
    }

    private static long added(BodyDigest digest, Connection target, long runPk, String id) throws SQLException {
        try {
            return FrameReader.addTo(digest, target, Engine.POSTGRESQL, runPk);
        } catch (DamagedFramesException e) {
            throw new StartupException("The frames of the run " + id + " cannot be read: " + e.getMessage()
                    + ". Nothing was moved. Delete the run at a gateway with that H2 file, and move the history then.");
        }
    }
}
