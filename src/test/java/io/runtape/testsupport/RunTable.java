package io.runtape.testsupport;

import io.runtape.run.FrameTable;
import io.runtape.sse.FrameKind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * The rows of runs and frames as they stand in the database, read over a connection of its own, each query by itself: what it
 * sees is committed. Safe for any thread.
 */
public final class RunTable implements AutoCloseable {

    /** Between looks for what comes soon. */
    private static final Duration OFTEN = Duration.ofMillis(10);

    /** Between looks for what has not come within so many: these must not take what it needs of the processors. */
    private static final Duration SELDOM = Duration.ofMillis(50);

    private static final int SOON = 100;

    /** SQLSTATE of PostgreSQL. */
    private static final String UNDEFINED_TABLE = "42P01";

    /** Opens a connection to the database. */
    @FunctionalInterface
    public interface Connector {
        Connection connect() throws SQLException;
    }

    /** A run's row, as far as tests look at it. */
    public record RunRow(
            long pk,
            String id,
            String owner,
            String threadId,
            Long threadOrdinal,
            String agent,
            String path,
            String status,
            String reason,
            boolean stream,
            String prompt,
            Integer upstreamStatus,
            String upstreamRunId,
            String responseHeaders,
            String result,
            String error,
            long events,
            long frames,
            long bytes,
            long lastSequence,
            boolean completed) {

        public boolean running() {
            return status.equals("running");
        }

        /** Status and reason in one, such as {@code failed/upstream_closed}, or the status alone. */
        public String outcome() {
            return reason == null ? status : status + "/" + reason;
        }
    }

    /** A frame's row, with the last event id in force. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record FrameRow(
            long sequence,
            long offsetMicros,
            FrameKind kind,
            Integer parts,
            String type,
            String lastEventId,
            byte[] bytes) {}

    /** What the frames of a run are, all together; the hash is that of their bytes, one after the other. */
    public record FrameSum(long count, long first, long last, long bytes, String sha256) {

        /** Whether their sequences are 1, 2, 3 … without a gap; the table's key lets none be there twice. */
        public boolean inSequence() {
            return count == last && (count == 0 || first == 1);
        }
    }

    private final Connector database;
    private final Map<String, Long> keys = new HashMap<>();
    private Connection open;

    public RunTable(Connector database) {
        this.database = database;
    }

    private Connection connection() throws SQLException {
        if (open == null || open.isClosed()) {
            open = database.connect();
        }
        return open;
    }

    @Override
    public synchronized void close() throws SQLException {
        if (open != null) {
            open.close();
        }
    }

    /** The run of that id; null where there is none. */
    public RunRow run(String id) throws SQLException {
        Long runPk = key(id);
        List<RunRow> runs = runPk == null ? List.of() : runs("where run_pk = ?", runPk);
        return runs.isEmpty() ? null : runs.get(0);
    }

    /**
     * The key of the first run of that id; null where there is none. It is kept for the next time: no index begins with the id, so
     * that a whole one is read. With an order H2 would read the table, with all that the runs say.
     */
    public synchronized Long key(String id) throws SQLException {
        Long known = keys.get(id);
        if (known == null || !isKey(known, id)) {
            keys.remove(id);
            try (PreparedStatement select = connection().prepareStatement("select run_pk from run where id = ?")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        keys.merge(id, row.getLong(1), Math::min);
                    }
                }
            }
        }
        return keys.get(id);
    }

    /** Not if the run was deleted, and perhaps imported again. */
    private boolean isKey(long runPk, String id) throws SQLException {
        try (PreparedStatement select =
                connection().prepareStatement("select 1 from run where run_pk = ? and id = ?")) {
            select.setLong(1, runPk);
            select.setString(2, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Whether the gateway has indexed the run of that id. */
    public synchronized boolean isIndexed(String id) throws SQLException {
        Long runPk = key(id);
        try (PreparedStatement select =
                connection().prepareStatement("select 1 from run where run_pk = ? and indexed_at is not null")) {
            select.setObject(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** All runs in the order of their keys. */
    public List<RunRow> runs() throws SQLException {
        return runs("");
    }

    private synchronized List<RunRow> runs(String where, Long... values) throws SQLException {
        try (PreparedStatement select =
                connection().prepareStatement("select * from run " + where + " order by run_pk")) {
            for (int i = 0; i < values.length; i++) {
                select.setLong(i + 1, values[i]);
            }
            List<RunRow> runs = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    runs.add(runRow(row));
                }
            }
            return runs;
        }
    }

    private static RunRow runRow(ResultSet row) throws SQLException {
        return new RunRow(
                row.getLong("run_pk"),
                row.getString("id"),
                row.getString("owner"),
                row.getString("thread_id"),
                (Long) row.getObject("thread_ordinal"),
                row.getString("agent"),
                row.getString("path"),
                row.getString("status"),
                row.getString("reason"),
                row.getBoolean("stream"),
                row.getString("prompt"),
                (Integer) row.getObject("upstream_status"),
                row.getString("upstream_run_id"),
                row.getString("answer_headers"),
                row.getString("result"),
                row.getString("error"),
                row.getLong("event_count"),
                row.getLong("frame_count"),
                row.getLong("byte_count"),
                row.getLong("last_sequence"),
                row.getObject("completed_at") != null);
    }

    /** The run of that id when it has ended; waits for it. */
    public RunRow ended(String id) {
        return await("run " + id + " ends", () -> {
            RunRow run = run(id);
            return run == null || run.running() ? null : run;
        });
    }

    /** The first result that is not null; waits for it. */
    public static <T> T await(String what, Callable<T> result) {
        return await(what, ScriptedUpstream.PATIENCE, result);
    }

    /** The same, within that time. */
    public static <T> T await(String what, Duration within, Callable<T> result) {
        return Awaitility.await(what)
                .atMost(within)
                .pollInterval((looks, last) -> looks < SOON ? OFTEN : SELDOM)
                .until(result, r -> r != null);
    }

    /** The frames of a run in the order of their sequences. */
    public synchronized List<FrameRow> frames(String runId) throws SQLException {
        List<FrameRow> frames = new ArrayList<>();
        read(runId, (sequence, frame) -> {
            String id = frame.lastEventId();
            // A frame that names the one which set the id.
            String inForce = id.startsWith("\n")
                    ? frames.get(Integer.parseInt(id.substring(1)) - 1).lastEventId()
                    : id;
            frames.add(new FrameRow(
                    sequence,
                    frame.offsetMicros(),
                    frame.kind(),
                    frame.parts() == 0 ? null : frame.parts(),
                    frame.type(),
                    inForce.isEmpty() ? null : inForce,
                    Arrays.copyOfRange(frame.source(), frame.from(), frame.to())));
        });
        return frames;
    }

    /** Reads the frames of a run out of the table that has them. */
    private void read(String runId, FrameTable.Sink sink) throws SQLException {
        Long runPk = key(runId);
        if (runPk == null) {
            return;
        }
        for (FrameTable table : FrameTable.values()) {
            connection().setAutoCommit(false);
            boolean found = false;
            try (PreparedStatement select = connection()
                    .prepareStatement("select " + table.rows() + " from " + table.table()
                            + " where run_pk = ? order by " + table.key())) {
                select.setLong(1, runPk);
                // With a fetch size a long run is read piece by piece, in a transaction.
                select.setFetchSize(64);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        found = true;
                        table.read(row, sink);
                    }
                }
            } finally {
                connection().setAutoCommit(true);
            }
            if (found) {
                return;
            }
        }
    }

    /** The body of a run: the bytes of its frames, one after the other; of a compressed one those of the wire. */
    public byte[] bytes(String runId) throws SQLException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<FrameRow> frames = frames(runId);
        boolean encoded = !frames.isEmpty() && frames.get(0).kind() == FrameKind.ENCODED;
        frames.stream()
                .filter(frame -> !encoded || frame.kind() == FrameKind.ENCODED)
                .forEach(frame -> all.writeBytes(frame.bytes()));
        return all.toByteArray();
    }

    /** All frames of a run summed up. */
    public synchronized FrameSum sum(String runId) throws SQLException {
        long[] sums = {0, 0, 0, 0};
        MessageDigest sha256 = sha256();
        read(runId, (sequence, frame) -> {
            sums[0]++;
            sums[1] = sums[1] == 0 ? sequence : sums[1];
            sums[2] = sequence;
            sums[3] += frame.length();
            sha256.update(frame.source(), frame.from(), frame.length());
        });
        return new FrameSum(sums[0], sums[1], sums[2], sums[3], HexFormat.of().formatHex(sha256.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many bytes of a run its frames hold. */
    public long storedBytes(String runId) throws SQLException {
        return sum(runId).bytes();
    }

    /** Every value of every row of every table, as bytes: text in UTF-8. */
    public synchronized List<byte[]> everything() throws SQLException {
        List<byte[]> values = new ArrayList<>();
        forEachTable(table -> dump(connection(), table, values));
        return values;
    }

    /** The tables that have rows. */
    public synchronized Set<String> filledTables() throws SQLException {
        Set<String> filled = new TreeSet<>();
        forEachTable(table -> {
            try (PreparedStatement select = connection().prepareStatement("select 1 from \"" + table + "\" limit 1");
                    ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    filled.add(table);
                }
            }
        });
        return filled;
    }

    @FunctionalInterface
    private interface Look {
        void at(String table) throws SQLException;
    }

    /** Passes over those that the gateway has dropped meanwhile, which hold nothing. */
    private void forEachTable(Look look) throws SQLException {
        for (String table : tables()) {
            try {
                look.at(table);
            } catch (SQLException e) {
                if (!UNDEFINED_TABLE.equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    private List<String> tables() throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet table = connection()
                .getMetaData()
                .getTables(null, connection().getSchema(), null, new String[] {"TABLE", "BASE TABLE"})) {
            while (table.next()) {
                tables.add(table.getString("TABLE_NAME"));
            }
        }
        return tables;
    }

    private static void dump(Connection connection, String table, List<byte[]> values) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select * from \"" + table + "\"");
                ResultSet row = select.executeQuery()) {
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                for (int i = 1; i <= columns; i++) {
                    boolean binary = row.getMetaData()
                            .getColumnTypeName(i)
                            .toLowerCase(Locale.ROOT)
                            .matches("bytea|binary.*");
                    byte[] bytes = binary ? row.getBytes(i) : text(row.getString(i));
                    if (bytes != null) {
                        values.add(bytes);
                    }
                }
            }
        }
    }

    private static byte[] text(String value) {
        return value == null ? null : value.getBytes(StandardCharsets.UTF_8);
    }
}
