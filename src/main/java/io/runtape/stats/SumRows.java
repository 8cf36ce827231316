package io.runtape.stats;

import io.runtape.run.RunKey;
import io.runtape.store.Engine;
import io.runtape.store.SqlFault;
import java.io.ByteArrayOutputStream;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Changes of the rows of sums, made together in the order of their keys, so that no two transactions wait for each other. A row
 * without runs goes: nothing is left of what it was named after. Confined to one thread.
 */
final class SumRows {

    static final int HOURS_A_DAY = 24;

    /** Gateways share the rows of a sum by the runs that they recorded. */
    private static final int SHARDS = 8;

    private static final String ROW =
            " where owner = ? and span = ? and start_hour = ? and group_key = ? and shard = ?";

    /**
     * Locks rows in the order of the arrays. The limit makes PostgreSQL look up one after the other by the key: it would otherwise
     * walk all sums of an owner where most owners have few. H2 has each locked by a statement, which for it is a call.
     */
    private static final String LOCK_ON_POSTGRESQL = """
            select k.span, k.start_hour, k.group_key, s.content
            from unnest(cast(? as smallint[]), cast(? as integer[]), cast(? as bigint[])) k (span, start_hour, group_key)
            cross join lateral (
                select content from %s s where s.owner = ? and s.span = k.span and s.start_hour = k.start_hour
                    and s.group_key = k.group_key and s.shard = ? limit 1 for update) s""";

    private static final String LOCK_ON_H2 = "select content from stats_sum" + ROW + " for update";

    private final Of of;
    private final Map<Key, Change> changes = new TreeMap<>();

    SumRows(Of of) {
        this.of = of;
    }

    /** What all rows of changes share. Whoever makes several changes in one transaction makes them in this order. */
    record Of(String owner, int shard) implements Comparable<Of> {

        private static final Comparator<Of> ORDER =
                Comparator.comparing(Of::owner).thenComparing(Of::shard);

        /** Of the rows that a run is added to. */
        static Of run(String owner, long runPk) {
            return new Of(owner, (int) Math.floorMod(RunKey.nodeId(runPk), (long) SHARDS));
        }

        @Override
        public int compareTo(Of other) {
            return ORDER.compare(this, other);
        }
    }

    /** Of a row, but for what all rows of these changes share. */
    private record Key(Span span, int startHour, long group) implements Comparable<Key> {

        @Override
        public int compareTo(Key other) {
            int bySpan = Integer.compare(span.number(), other.span.number());
            int byHour = bySpan != 0 ? bySpan : Integer.compare(startHour, other.startHour);
            return byHour != 0 ? byHour : Long.compare(group, other.group);
        }
    }

    /** What is added to a row, and what is taken off it. */
    private static final class Change {
        private final Labels labels;
        private final Sums added = new Sums();
        private final Sums removed = new Sums();

        Change(Labels labels) {
            this.labels = labels;
        }

        /** The sums of the row afterwards. */
        Sums of(byte @Nullable [] before) {
            Sums sums = new Sums();
            if (before != null) {
                Varints.Reader reader = new Varints.Reader(before);
                Labels.read(reader);
                sums.read(reader);
            }
            sums.add(added);
            if (before != null) {
                sums.subtract(removed);
            }
            return sums;
        }
    }

    /** The hour of a time, counted from 1970. */
    static int hour(Instant time) {
        return (int) Math.floorDiv(time.getEpochSecond(), 3600L);
    }

    /** The first hour of the day of that hour. */
    static int day(int hour) {
        return Math.floorDiv(hour, HOURS_A_DAY) * HOURS_A_DAY;
    }

    /** The first hour of the month of that hour, UTC. */
    static int month(int hour) {
        return (int) LocalDate.ofEpochDay(Math.floorDiv(hour, HOURS_A_DAY))
                        .withDayOfMonth(1)
                        .toEpochDay()
                * HOURS_A_DAY;
    }

    /** The first hour of the first month that does not begin before that hour. */
    static int monthFrom(int hour) {
        int begun = month(hour);
        return begun == hour ? hour : month(begun + 31 * HOURS_A_DAY);
    }

    /** Adds a run to its row. */
    void add(Span span, Labels labels, int hour, Sums sums) {
        change(span, labels, hour).added.add(sums);
    }

    /** Takes a run off its row. */
    void remove(Span span, Labels labels, int hour, Sums sums) {
        change(span, labels, hour).removed.add(sums);
    }

    private Change change(Span span, Labels labels, int hour) {
        Labels common = labels.only(span.labels());
        return changes.computeIfAbsent(new Key(span, span.begin(hour), common.key()), key -> new Change(common));
    }

    /**
     * Makes all changes, in the connection's transaction: first it locks all rows that are there, table by table in the order of the
     * keys, then it writes, one statement of each kind for all of a table.
     *
     * @throws SQLException with the state of a conflict if another gateway has inserted one of the rows meanwhile; the transaction
     *     is to be made again
     */
    void apply(Connection connection, Engine engine) throws SQLException {
        Map<String, List<Key>> byTable = new LinkedHashMap<>();
        for (Key key : changes.keySet()) {
            byTable.computeIfAbsent(key.span.table(engine), table -> new ArrayList<>())
                    .add(key);
        }
        Map<Key, byte[]> before = new HashMap<>();
        for (Map.Entry<String, List<Key>> each : byTable.entrySet()) {
            if (engine == Engine.H2) {
                lockOnH2(connection, each.getValue(), before);
            } else {
                lockOnPostgresql(connection, each.getKey(), each.getValue(), before);
            }
        }
        for (Map.Entry<String, List<Key>> each : byTable.entrySet()) {
            try (Writes writes = new Writes(connection, each.getKey())) {
                for (Key key : each.getValue()) {
                    writes.add(key, before.get(key));
                }
                writes.send();
            }
        }
    }

    /** Writes rows of one table. */
    private final class Writes implements AutoCloseable {

        private final PreparedStatement insert;
        private final PreparedStatement update;
        private final PreparedStatement delete;

        /**
         * Inserts by a select: the driver of PostgreSQL merges rows that are inserted by values into one statement, and then does not
         * count each.
         */
        Writes(Connection connection, String table) throws SQLException {
            insert = connection.prepareStatement(
                    "insert into " + table
                            + " (owner, span, start_hour, group_key, shard, content) select ?, ?, ?, ?, ?, ? on conflict do nothing");
            update = connection.prepareStatement("update " + table + " set content = ?" + ROW);
            delete = connection.prepareStatement("delete from " + table + ROW);
        }

        void add(Key key, byte @Nullable [] before) throws SQLException {
            Change change = Objects.requireNonNull(changes.get(key));
            Sums sums = change.of(before);
            if (sums.runs() > 0 && before == null) {
                insert.setBytes(set(insert, 1, key), content(change.labels, sums));
                insert.addBatch();
            } else if (sums.runs() > 0) {
                update.setBytes(1, content(change.labels, sums));
                set(update, 2, key);
                update.addBatch();
            } else if (before != null) {
                set(delete, 1, key);
                delete.addBatch();
            }
        }

        void send() throws SQLException {
            update.executeBatch();
            delete.executeBatch();
            for (int inserted : insert.executeBatch()) {
                if (inserted == 0) {
                    throw new SQLException("another gateway has begun a sum meanwhile", SqlFault.CONFLICT);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            insert.close();
            update.close();
            delete.close();
        }
    }

    private static byte[] content(Labels labels, Sums sums) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        labels.write(content);
        sums.write(content);
        return content.toByteArray();
    }

    /** Locks rows of a table of PostgreSQL's: arrays of their spans, hours and keys, their owner and their shard. */
    static String lockOnPostgresql(String table) {
        return LOCK_ON_POSTGRESQL.formatted(table);
    }

    private void lockOnPostgresql(Connection connection, String table, List<Key> keys, Map<Key, byte[]> before)
            throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(lockOnPostgresql(table))) {
            lock.setArray(1, array(connection, "smallint", keys.stream().map(key -> key.span.number())));
            lock.setArray(2, array(connection, "integer", keys.stream().map(Key::startHour)));
            lock.setArray(3, array(connection, "bigint", keys.stream().map(Key::group)));
            lock.setString(4, of.owner);
            lock.setInt(5, of.shard);
            try (ResultSet row = lock.executeQuery()) {
                while (row.next()) {
                    before.put(new Key(Span.of(row.getInt(1)), row.getInt(2), row.getLong(3)), row.getBytes(4));
                }
            }
        }
    }

    private static Array array(Connection connection, String type, Stream<?> values) throws SQLException {
        return connection.createArrayOf(type, values.toArray());
    }

    private void lockOnH2(Connection connection, List<Key> keys, Map<Key, byte[]> before) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(LOCK_ON_H2)) {
            for (Key key : keys) {
                set(lock, 1, key);
                try (ResultSet row = lock.executeQuery()) {
                    if (row.next()) {
                        before.put(key, row.getBytes(1));
                    }
                }
            }
        }
    }

    private int set(PreparedStatement to, int from, Key key) throws SQLException {
        to.setString(from, of.owner);
        to.setInt(from + 1, key.span.number());
        to.setInt(from + 2, key.startHour);
        to.setLong(from + 3, key.group);
        to.setInt(from + 4, of.shard);
        return from + 5;
    }
}
