package io.runtape.stats;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads sums: those of whole months by the month, what is left of a month by the day, and only what is left of a day by the hour,
 * unless they are grouped by less; where nothing but times and statuses matters, the sums of a day or an hour over all runs. Plain
 * SQL: rows of sums are no entities. Blocks; safe for any thread.
 */
@Singleton
final class StatsQueries {

    /** More groups than anybody looks at; each takes a few kilobytes. */
    static final int GROUPS_MAX = 5000;

    /**
     * Days whose sums over all runs are fewer than those of their months, which are of each agent, model and path: a year and
     * something.
     */
    private static final int OVERALL_DAYS_MAX = 400;

    /** Rows that are in memory at once, 300 bytes or so each: sums of many hours may be hundreds of thousands of rows. */
    private static final int ROWS_AT_ONCE = 5000;

    /** About what a group takes in memory: two histograms. */
    private static final long GROUP_BYTES = 4096;

    static final String SELECT = """
            select start_hour, content from stats_sum
            where owner = ? and span = ? and start_hour >= ? and start_hour < ?""";

    private final DataSource database;

    StatsQueries(DataSource database) {
        this.database = database;
    }

    /**
     * Whole hours, counted from 1970.
     *
     * @param from the first of them
     * @param to the first one after them
     */
    record Hours(int from, int to) {}

    /**
     * The sums of each group.
     *
     * @param room takes how many bytes the groups need; may wait until there is room for them, or throw
     * @throws ApiException 400 if there are too many groups
     */
    Map<List<@Nullable String>, StatsGroup.Totals> of(
            Owner owner, StatsParameters asked, Hours hours, LongConsumer room) throws SQLException {
        Map<List<@Nullable String>, StatsGroup.Totals> groups = new LinkedHashMap<>();
        try (Connection connection = database.getConnection()) {
            // PostgreSQL hands out some rows at a time in a transaction only.
            return Transaction.in(connection, () -> {
                readAll(connection, owner, asked, hours, groups, room);
                return groups;
            });
        }
    }

    private static void readAll(
            Connection connection,
            Owner owner,
            StatsParameters asked,
            Hours hours,
            Map<List<@Nullable String>, StatsGroup.Totals> groups,
            LongConsumer room)
            throws SQLException {
        boolean byTool = asked.groupBy().contains(GroupBy.TOOL);
        boolean overall = asked.isOverall() && haveAll(connection, StatsIndex.NOT_IN_OVERALL);
        int hour = overall ? SumRows.OVERALL_HOUR : byTool ? SumRows.TOOL_HOUR : SumRows.HOUR;
        int day = overall ? SumRows.OVERALL_DAY : byTool ? SumRows.TOOL_DAY : SumRows.DAY;
        int firstDay = SumRows.day(hours.from + SumRows.HOURS_A_DAY - 1);
        int lastDay = SumRows.day(hours.to);
        if (asked.groupBy().contains(GroupBy.HOUR) || firstDay >= lastDay) {
            read(connection, owner, hour, hours, asked, groups, room);
            return;
        }
        int month = byTool ? SumRows.TOOL_MONTH : SumRows.MONTH;
        int firstMonth = SumRows.monthFrom(firstDay);
        int lastMonth = SumRows.month(lastDay);
        boolean byMonth = firstMonth < lastMonth
                && !(overall && lastDay - firstDay <= OVERALL_DAYS_MAX * SumRows.HOURS_A_DAY)
                && !asked.groupBy().contains(GroupBy.DAY)
                && haveAll(connection, StatsIndex.NOT_IN_MONTHS);
        int daysUntil = byMonth ? firstMonth : lastDay;
        read(connection, owner, hour, new Hours(hours.from, firstDay), asked, groups, room);
        read(connection, owner, day, new Hours(firstDay, daysUntil), asked, groups, room);
        if (byMonth) {
            read(connection, owner, month, new Hours(firstMonth, lastMonth), asked, groups, room);
            read(connection, owner, day, new Hours(lastMonth, lastDay), asked, groups, room);
        }
        read(connection, owner, hour, new Hours(lastDay, hours.to), asked, groups, room);
    }

    /** Whether the sums have all runs, also those that a gateway of an earlier version has indexed. */
    private static boolean haveAll(Connection connection, String missing) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(missing);
                ResultSet row = select.executeQuery()) {
            return !row.next();
        }
    }

    private static void read(
            Connection connection,
            Owner owner,
            int span,
            Hours hours,
            StatsParameters asked,
            Map<List<@Nullable String>, StatsGroup.Totals> groups,
            LongConsumer room)
            throws SQLException {
        if (hours.from >= hours.to) {
            return;
        }
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setString(1, owner.id());
            select.setInt(2, span);
            select.setInt(3, hours.from);
            select.setInt(4, hours.to);
            select.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    int hour = row.getInt(1);
                    Varints.Reader content = new Varints.Reader(row.getBytes(2));
                    Labels labels = Labels.read(content);
                    if (asked.select(labels)) {
                        List<@Nullable String> key = new ArrayList<>();
                        asked.groupBy().forEach(by -> key.add(by.of(labels, hour, owner.id())));
                        StatsGroup.Totals totals = groups.get(key);
                        if (totals == null) {
                            requireRoom(groups.size());
                            room.accept(GROUP_BYTES);
                            totals = new StatsGroup.Totals();
                            groups.put(key, totals);
                        }
                        totals.read(labels, content);
                    }
                }
            }
        }
    }

    private static void requireRoom(int groups) {
        if (groups >= GROUPS_MAX) {
            throw ApiException.invalid("groupBy makes more than " + GROUPS_MAX
                    + " groups here. Narrow since and until, filter, or group by less.");
        }
    }
}
