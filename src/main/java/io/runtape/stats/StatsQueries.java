package io.runtape.stats;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.path.PathSegment;
import io.runtape.run.ChosenId;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.stats.Span.Length;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads sums: those of whole months by the month, what is left of a month by the day, and only what is left of a day by the hour,
 * unless they are grouped by less; each time those that tell apart no more than matters ({@link Span}). Plain SQL: rows of sums are
 * no entities. Blocks; safe for any thread.
 */
@Singleton
final class StatsQueries {

    /** More groups than anybody looks at; each takes a few kilobytes. */
    static final int GROUPS_MAX = 5000;

    /** Rows that are in memory at once, 300 bytes or so each: sums of many hours may be hundreds of thousands of rows. */
    private static final int ROWS_AT_ONCE = 5000;

    /** About what a group takes in memory: two histograms, and up to three names. */
    private static final long GROUP_BYTES = 4096;

    private static final String SELECT = """
            select start_hour, content from %s
            where owner = ? and span = ? and start_hour >= ? and start_hour < ?""";

    /** In the order of an index: PostgreSQL would walk the table for a thread that has most of its owner's runs. */
    static final String RUN_OF_THREAD = "select 1 from run where owner = ? and thread_id = ?"
            + " order by owner, thread_id, thread_ordinal limit 1";

    /** Those with what is asked for are looked up by their keys, unless these are many. */
    private static final int KEYS_MAX = 24;

    /** So many segments of a path may be threads, each of which takes a look-up: paths of agent APIs have a few. */
    static final int SEGMENTS_MAX = 64;

    private final DataSource database;
    private final Engine engine;

    StatsQueries(DataSource database, Store store) {
        this.database = database;
        this.engine = store.engine();
    }

    /** Selects the hours and contents of rows of an owner and a span, from an hour to another one. */
    static String select(Span span, Engine engine) {
        return SELECT.formatted(span.table(engine));
    }

    /**
     * The same of those with some keys. PostgreSQL finds them with one key after the other by an index, and with several in one
     * statement rather walks all that there is in these hours, as H2 does anyway.
     */
    static String selectOfKeys(Span span, Engine engine) {
        return select(span, engine) + (engine == Engine.H2 ? " and group_key = any(?)" : " and group_key = ?");
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
     * @param room for the groups; waits if there is none, without a connection
     * @throws ApiException 400 if there are too many groups; 503 if there is no room for them
     */
    Map<List<@Nullable String>, StatsGroup.Totals> of(
            Owner owner, StatsParameters asked, Hours hours, ResponseBudget room) throws SQLException {
        GroupRoom groupRoom = new GroupRoom(room);
        Optional<Map<List<@Nullable String>, StatsGroup.Totals>> groups = read(owner, asked, hours, groupRoom);
        while (groups.isEmpty()) {
            groupRoom.await();
            groups = read(owner, asked, hours, groupRoom);
        }
        return groups.get();
    }

    /** Reads all, or nothing if there is no room for all groups now. */
    private Optional<Map<List<@Nullable String>, StatsGroup.Totals>> read(
            Owner owner, StatsParameters asked, Hours hours, GroupRoom room) throws SQLException {
        Map<List<@Nullable String>, StatsGroup.Totals> groups = new LinkedHashMap<>();
        try (Connection connection = database.getConnection()) {
            // PostgreSQL hands out some rows at a time in a transaction only.
            return Transaction.in(
                    connection,
                    () -> readAll(
                                    new Reading(
                                            connection,
                                            engine,
                                            owner,
                                            asked,
                                            paths(connection, owner, asked.path()),
                                            groups,
                                            room),
                                    hours)
                            ? Optional.of(groups)
                            : Optional.empty());
        }
    }

    /**
     * The paths that the one that a caller names may be in the sums: as a group shows it, or as a run has it. A segment that is a
     * thread of the caller's is {@code {id}} in the sums of that thread's runs alone.
     */
    private static Set<String> paths(Connection connection, Owner owner, Optional<String> named) throws SQLException {
        if (named.isEmpty()) {
            return Set.of();
        }
        String path = named.get();
        Set<String> paths = new LinkedHashSet<>(List.of(Labels.cut(path), Labels.path(path, null)));
        for (String thread : threadsIn(path, connection, owner)) {
            paths.add(Labels.path(path, thread));
        }
        return paths;
    }

    /** The segments of a path that are the ids of threads of the caller's. */
    private static List<String> threadsIn(String path, Connection connection, Owner owner) throws SQLException {
        List<String> threads = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(RUN_OF_THREAD)) {
            select.setString(1, owner.id());
            for (String id : idsIn(path)) {
                select.setString(2, id);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next()) {
                        threads.add(id);
                    }
                }
            }
        }
        return threads;
    }

    /** The segments of a path that may be ids of threads, each once: the first ones of a path that has too many. */
    static List<String> idsIn(String path) {
        return Arrays.stream(path.split("/", -1))
                .map(PathSegment::decoded)
                .filter(ChosenId::isFit)
                .distinct()
                .limit(SEGMENTS_MAX)
                .toList();
    }

    /** The room that the groups of one call have. Confined to one thread. */
    private static final class GroupRoom {

        /** So many groups the room is waited for at least, since all is read anew. */
        private static final int AWAITED_MIN = 64;

        private final ResponseBudget room;
        private int groups;

        GroupRoom(ResponseBudget room) {
            this.room = room;
        }

        /** Whether there is room for so many groups. */
        boolean isFor(int count) {
            if (count > groups && room.tryTake(GROUP_BYTES)) {
                groups++;
            }
            return count <= groups;
        }

        /** Waits for the room of as many groups more. */
        void await() {
            int more = Math.min(Math.max(groups, AWAITED_MIN), GROUPS_MAX - groups);
            room.accept(more * GROUP_BYTES);
            groups += more;
        }
    }

    /** Returns false if there is no room for all groups now. */
    private static boolean readAll(Reading reading, Hours hours) throws SQLException {
        StatsParameters asked = reading.asked;
        Connection connection = reading.connection;
        Set<LaterSums> incomplete = incomplete(connection);
        Span hour = span(Length.HOUR, asked, incomplete).orElseThrow();
        Span day = span(Length.DAY, asked, incomplete).orElseThrow();
        int firstDay = SumRows.day(hours.from + SumRows.HOURS_A_DAY - 1);
        int lastDay = SumRows.day(hours.to);
        if (asked.groupBy().contains(GroupBy.HOUR) || firstDay >= lastDay) {
            return reading.read(hour, hours);
        }
        int firstMonth = SumRows.monthFrom(firstDay);
        int lastMonth = SumRows.month(lastDay);
        Optional<Span> month = span(Length.MONTH, asked, incomplete)
                .filter(whole -> firstMonth < lastMonth && !asked.groupBy().contains(GroupBy.DAY));
        boolean days = month.isPresent()
                ? reading.read(day, new Hours(firstDay, firstMonth))
                        && reading.read(month.get(), new Hours(firstMonth, lastMonth))
                        && reading.read(day, new Hours(lastMonth, lastDay))
                : reading.read(day, new Hours(firstDay, lastDay));
        return days
                && reading.read(hour, new Hours(hours.from, firstDay))
                && reading.read(hour, new Hours(lastDay, hours.to));
    }

    /** Of the sums that tell apart what matters, those that tell the least apart. */
    private static Optional<Span> span(Length length, StatsParameters asked, Set<LaterSums> incomplete) {
        Set<Label> matter = asked.labels();
        return Arrays.stream(Span.values())
                .filter(span -> span.length() == length
                        && span.labels().containsAll(matter)
                        && span.isOfTools() == matter.contains(Label.TOOL)
                        && (span.later() == null || !incomplete.contains(span.later())))
                .min(Comparator.comparing(span -> span.labels().size()));
    }

    /** Sums that do not have all runs yet, since a gateway of an earlier version has indexed some. */
    private static Set<LaterSums> incomplete(Connection connection) throws SQLException {
        Set<LaterSums> incomplete = EnumSet.noneOf(LaterSums.class);
        for (LaterSums later : LaterSums.values()) {
            try (PreparedStatement select = connection.prepareStatement(later.missing());
                    ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    incomplete.add(later);
                }
            }
        }
        return incomplete;
    }

    /** Reads rows into groups. Confined to one thread. */
    private static final class Reading {

        private final Connection connection;
        private final Engine engine;
        private final Owner owner;
        private final StatsParameters asked;
        private final Set<String> paths;
        private final Map<List<@Nullable String>, StatsGroup.Totals> groups;
        private final GroupRoom room;
        private @Nullable Read last;

        Reading(
                Connection connection,
                Engine engine,
                Owner owner,
                StatsParameters asked,
                Set<String> paths,
                Map<List<@Nullable String>, StatsGroup.Totals> groups,
                GroupRoom room) {
            this.connection = connection;
            this.engine = engine;
            this.owner = owner;
            this.asked = asked;
            this.paths = paths;
            this.groups = groups;
            this.room = room;
        }

        /** Returns false if there is no room for another group now. */
        boolean read(Span span, Hours hours) throws SQLException {
            if (hours.from >= hours.to) {
                return true;
            }
            List<Long> keys = keys(span);
            if (keys.isEmpty()) {
                try (PreparedStatement select = prepare(select(span, engine), span, hours)) {
                    return takeAll(select);
                }
            }
            try (PreparedStatement select = prepare(selectOfKeys(span, engine), span, hours)) {
                if (engine == Engine.H2) {
                    select.setArray(5, connection.createArrayOf("bigint", keys.toArray()));
                    return takeAll(select);
                }
                for (long key : keys) {
                    select.setLong(5, key);
                    if (!takeAll(select)) {
                        return false;
                    }
                }
                return true;
            }
        }

        private PreparedStatement prepare(String sql, Span span, Hours hours) throws SQLException {
            PreparedStatement select = connection.prepareStatement(sql);
            select.setString(1, owner.id());
            select.setInt(2, span.number());
            select.setInt(3, hours.from);
            select.setInt(4, hours.to);
            select.setFetchSize(ROWS_AT_ONCE);
            return select;
        }

        /** The keys of the rows, where a filter tells them and they are few; else empty. */
        private List<Long> keys(Span span) {
            // Earlier versions did not cut paths: their rows have other keys.
            boolean isCut = paths.stream().anyMatch(path -> path.length() == Labels.PATH_CHARS_MAX);
            if (span.labels().size() != 1 || isCut) {
                return List.of();
            }
            List<Labels> these = asked.asked(span.labels().iterator().next(), paths);
            return these.size() > KEYS_MAX
                    ? List.of()
                    : these.stream().map(Labels::key).toList();
        }

        private boolean takeAll(PreparedStatement select) throws SQLException {
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (!take(row.getInt(1), row.getBytes(2))) {
                        return false;
                    }
                }
                return true;
            }
        }

        private boolean take(int hour, byte[] content) {
            if (last == null || !last.isOf(hour, content)) {
                Varints.Reader reader = new Varints.Reader(content);
                Labels labels = Labels.read(reader).cut();
                StatsGroup.@Nullable Totals totals = null;
                if (asked.select(labels, paths)) {
                    totals = totals(labels, hour);
                    if (totals == null) {
                        return false;
                    }
                }
                last = new Read(hour, Arrays.copyOf(content, reader.position()), labels, totals);
            }
            if (last.totals != null) {
                last.totals.read(last.labels, new Varints.Reader(content, last.written.length));
            }
            return true;
        }

        /** Those of the group that a row belongs to; null if there is no room for another group now. */
        private StatsGroup.@Nullable Totals totals(Labels labels, int hour) {
            List<@Nullable String> key = new ArrayList<>();
            asked.groupBy().forEach(by -> key.add(by.of(labels, hour, owner.id())));
            StatsGroup.Totals totals = groups.get(key);
            if (totals == null) {
                requireRoom(groups.size());
                if (!room.isFor(groups.size() + 1)) {
                    return null;
                }
                totals = new StatsGroup.Totals();
                groups.put(key, totals);
            }
            return totals;
        }
    }

    /**
     * What was read of a row. Gateways share a sum: the rows that follow mostly belong to it as well.
     *
     * @param written its labels as the row has them
     * @param totals of its group; null if it is not asked for
     */
    @SuppressWarnings("ArrayRecordComponent") // Compared by isOf alone.
    private record Read(int hour, byte[] written, Labels labels, StatsGroup.@Nullable Totals totals) {

        boolean isOf(int otherHour, byte[] content) {
            return hour == otherHour
                    && content.length >= written.length
                    && Arrays.equals(content, 0, written.length, written, 0, written.length);
        }
    }

    private static void requireRoom(int groups) {
        if (groups >= GROUPS_MAX) {
            throw ApiException.invalid("groupBy makes more than " + GROUPS_MAX
                    + " groups here. Narrow since and until, filter, or group by less.");
        }
    }
}
