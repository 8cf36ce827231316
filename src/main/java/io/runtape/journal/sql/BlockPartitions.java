package io.runtape.journal.sql;

import io.runtape.run.RunKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The partitions of the table of blocks, on PostgreSQL. Each holds the blocks of runs that one gateway began one after the
 * other, so that it can be dropped as a whole once they are packed or deleted: no row is deleted, and nothing has to be
 * vacuumed. A partition is a range of runs' keys; a gateway that begins the next one skips the rest of the range.
 *
 * <p>Every method blocks.
 */
public final class BlockPartitions {

    /** How many bits of a run's key count the runs of one partition; the bits above, within the node, the partitions. */
    private static final int RUN_BITS = 20;

    private static final long PARTITIONS_OF_NODE = 1L << RunKey.RUN_BITS - RUN_BITS;

    /**
     * A row stays in the table's pages up to the length of a page, uncompressed. Rows are only added, so that there is
     * nothing to vacuum.
     */
    private static final String OPTIONS = "toast_tuple_target = 8160, autovacuum_vacuum_insert_threshold = -1";

    /** The tables of partitions by their names: attached, about to be detached, or detached and not dropped yet. */
    private static final String TABLES = """
            select c.relname, i.inhrelid is not null, coalesce(i.inhdetachpending, false)
            from pg_class c left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = to_regclass('block')
            where c.relkind = 'r' and c.relnamespace = (select relnamespace from pg_class where oid = to_regclass('block'))
                and c.relname ~ '^block_[0-9]+_[0-9]+$'
            order by coalesce(i.inhdetachpending, false) desc, c.relname""";

    /** For how long a partition waits to be detached, or dropped, at one time: for all transactions that read or write the table. */
    private static final int WAITS_SECONDS = 5;

    /**
     * The states of SQL with which a statement ends that has waited for so long, that another detaching keeps from beginning, or that
     * waits for another gateway which waits for it.
     */
    private static final Set<String> LATER = Set.of("57014", "55000", "40P01");

    /** There is no such table, or it is no partition any more: another gateway has dropped it since. */
    private static final String GONE = "42P01";

    /** Whether gateways may still begin runs with such keys: one that lives, before or in its present partition. */
    private static final String OF_OPEN_NODE = "select 1 from node where node_id = ? and not closed";

    private static final String UNPACKED =
            "select 1 from run where run_pk >= ? and run_pk < ? and packed_at is null limit 1";

    private BlockPartitions() {}

    /** Makes the first partition of a node, and the one behind it. */
    static void makeFirst(Connection connection, long nodeId) throws SQLException {
        long first = number(RunKey.beforeFirst(nodeId));
        make(connection, first);
        make(connection, first + 1);
    }

    /** The number of the partition that holds the run with this key, unique among all nodes. */
    public static long number(long runPk) {
        return runPk >> RUN_BITS;
    }

    /** Whether a node has used up half of the partitions that it can have, when it begins runs in this one. */
    public static boolean isInSecondHalf(long number) {
        return number % PARTITIONS_OF_NODE >= PARTITIONS_OF_NODE / 2;
    }

    /** The key before those of the runs in the partition with this number. */
    public static long beforeFirst(long number) {
        return number << RUN_BITS;
    }

    private static String name(long number) {
        return "block_" + number / PARTITIONS_OF_NODE + "_" + number % PARTITIONS_OF_NODE;
    }

    private static long number(String name) {
        String[] parts = name.split("_", -1);
        return Long.parseLong(parts[1]) * PARTITIONS_OF_NODE + Long.parseLong(parts[2]);
    }

    /** How many bytes a partition takes on the disk, with its index and its long rows; 0 if it is not there. */
    public static long bytes(Connection connection, long number) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select coalesce(pg_total_relation_size(to_regclass(?)), 0)")) {
            select.setString(1, name(number));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** Makes a partition unless it is there, in the connection's transaction if it has one. */
    public static void make(Connection connection, long number) throws SQLException {
        String name = name(number);
        if (isAttached(connection, name)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            // Attached when it is complete: whoever reads or writes the table waits for less.
            statement.execute(
                    "create table if not exists " + name + " (like block including all) with (" + OPTIONS + ")");
            statement.execute("alter table block attach partition " + name + " for values from (" + beforeFirst(number)
                    + ") to (" + beforeFirst(number + 1) + ")");
        }
    }

    private static boolean isAttached(Connection connection, String name) throws SQLException {
        return exists(
                connection,
                "select 1 from pg_inherits where inhparent = to_regclass('block') and inhrelid = to_regclass(?)",
                name);
    }

    /**
     * A table of a partition.
     *
     * @param number the partition's number
     * @param attached whether it is a part of the table of blocks
     * @param detaching whether a gateway began to detach it and did not end
     */
    private record Partition(long number, boolean attached, boolean detaching) {}

    /**
     * Drops the partitions in which no run is left that is not packed, and no run will begin. PostgreSQL detaches one at a
     * time, and that waits for all transactions that have the table, such as a backup: the next look goes on with it.
     *
     * @param connection in auto-commit mode: no transaction may detach without keeping others out
     * @param nodeId the node of this gateway
     * @param present the number of the first partition in which this gateway may still begin runs
     * @param live the numbers of those in which it has live runs
     * @return false if one was in the way: something still uses the table
     */
    public static boolean drop(Connection connection, long nodeId, long present, Set<Long> live) throws SQLException {
        boolean dropsAll = true;
        for (Partition partition : all(connection)) {
            boolean over = isOver(connection, partition, nodeId, present, live);
            boolean inTheWay = over ? partition.attached && !isDetached(connection, partition) : partition.detaching;
            if (inTheWay) {
                return false;
            }
            if (over) {
                dropsAll &= isDone(connection, "drop table if exists " + name(partition.number));
            }
        }
        return dropsAll;
    }

    private static List<Partition> all(Connection connection) throws SQLException {
        List<Partition> all = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(TABLES);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(new Partition(number(row.getString(1)), row.getBoolean(2), row.getBoolean(3)));
            }
        }
        return all;
    }

    private static boolean isOver(Connection connection, Partition partition, long nodeId, long present, Set<Long> live)
            throws SQLException {
        long node = partition.number / PARTITIONS_OF_NODE;
        boolean begins = node == nodeId
                ? partition.number >= present || live.contains(partition.number)
                : exists(connection, OF_OPEN_NODE, node);
        return !begins
                && !exists(connection, UNPACKED, beforeFirst(partition.number), beforeFirst(partition.number + 1));
    }

    /** Nobody waits for it: readers and writers go on while the partition is detached, and then it is nobody's. */
    private static boolean isDetached(Connection connection, Partition partition) throws SQLException {
        return isDone(
                connection,
                "alter table block detach partition " + name(partition.number)
                        + (partition.detaching ? " finalize" : " concurrently"));
    }

    /** Returns false if it would have to wait for others for longer. */
    private static boolean isDone(Connection connection, String change) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(WAITS_SECONDS);
            statement.execute(change);
            return true;
        } catch (SQLException e) {
            if (GONE.equals(e.getSQLState())) {
                return true;
            }
            if (LATER.contains(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    private static boolean exists(Connection connection, String query, Object... parameters) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(query)) {
            for (int i = 0; i < parameters.length; i++) {
                select.setObject(i + 1, parameters[i]);
            }
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }
}
