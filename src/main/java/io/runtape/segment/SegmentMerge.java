package io.runtape.segment;

import io.runtape.segment.Segments.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the segments of an owner few: as soon as there are some of one level, they are merged into one of the next level. Takes
 * runs that are gone out of them. Plain SQL: it locks the rows of segments. Blocks; for the transaction of its caller.
 */
public final class SegmentMerge {

    /** So many segments of a level make one of the next. */
    public static final int SEGMENTS = 16;

    /** Segments that are larger are not merged any more, so that what is merged fits the memory. */
    private static final int BYTES_MAX = 8 << 20;

    public static final String COUNT = "select count(*) from search_segment where owner = ? and level = ?";

    static final String CLAIM = """
            select segment_pk, level, size, documents from search_segment
            where owner = ? and level = ? order by segment_pk limit 16 for update skip locked""";

    static final String ALL = "select segment_pk from search_segment where owner = ?";

    static final String NEXT =
            "select segment_pk, level, size, documents from search_segment where segment_pk = any(?)";

    static final String LOCK =
            "select segment_pk, level, size, documents from search_segment where segment_pk = ? for update";

    private SegmentMerge() {}

    /** Stores a new segment, and merges what is then to be merged. */
    public static void add(Connection connection, String owner, SegmentKind kind, Segment segment, int runsMin)
            throws SQLException {
        merge(connection, owner, kind, insert(connection, owner, kind, segment, runsMin));
    }

    /**
     * Stores a new segment.
     *
     * @param runsMin so many runs segments of the first level have, at the least; one of as many as are merged into one of the
     *     next level is of that
     * @return its level
     */
    public static int insert(Connection connection, String owner, SegmentKind kind, Segment segment, int runsMin)
            throws SQLException {
        int level = kind.first() + (segment.documents().size() >= runsMin * SEGMENTS ? 1 : 0);
        Segments.insert(connection, owner, kind, level, segment);
        return level;
    }

    /** Merges what is to be merged after a segment of this level has come. What another gateway merges now is left to it. */
    public static void merge(Connection connection, String owner, SegmentKind kind, int come) throws SQLException {
        for (int level = come; level < kind.last() && isFull(connection, owner, kind, level); level++) {
            List<Row> rows;
            try (PreparedStatement claim = connection.prepareStatement(kind.in(CLAIM))) {
                claim.setString(1, owner);
                claim.setInt(2, level);
                rows = Segments.rows(claim);
            }
            if (rows.size() < SEGMENTS) {
                return;
            }
            List<List<Row>> together = together(rows, kind);
            if (together.size() == 1) {
                mergeInto(connection, owner, kind, rows, level + 1);
            } else {
                // The last ones may be few: they wait for others.
                for (List<Row> some : together.subList(0, together.size() - 1)) {
                    mergeInto(connection, owner, kind, some, kind.large());
                }
            }
        }
    }

    /** The segments in as few parts as make none that is too large. */
    private static List<List<Row>> together(List<Row> rows, SegmentKind kind) {
        List<List<Row>> parts = new ArrayList<>();
        long bytes = 0;
        long runs = 0;
        for (Row row : rows) {
            bytes += row.size();
            runs += row.documents().size();
            if (parts.isEmpty() || bytes > BYTES_MAX || runs > kind.runsMax()) {
                parts.add(new ArrayList<>());
                bytes = row.size();
                runs = row.documents().size();
            }
            parts.get(parts.size() - 1).add(row);
        }
        return parts;
    }

    private static void mergeInto(Connection connection, String owner, SegmentKind kind, List<Row> rows, int level)
            throws SQLException {
        if (rows.size() == 1) {
            leave(connection, rows.get(0), kind);
            return;
        }
        List<Segment> segments = new ArrayList<>();
        for (Row row : rows) {
            segments.add(Segments.load(connection, kind, row));
            Segments.delete(connection, kind, row.segmentPk());
        }
        Segments.insert(connection, owner, kind, level, Segment.merged(segments, Set.of(), kind));
    }

    private static boolean isFull(Connection connection, String owner, SegmentKind kind, int level)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(kind.in(COUNT))) {
            select.setString(1, owner);
            select.setInt(2, level);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1) >= SEGMENTS;
            }
        }
    }

    private static void leave(Connection connection, Row row, SegmentKind kind) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement(kind.in("update search_segment set level = ? where segment_pk = ?"))) {
            update.setInt(1, kind.large());
            update.setLong(2, row.segmentPk());
            update.executeUpdate();
        }
    }

    /**
     * Takes some runs out of the owner's next segment that has any of them, by the keys of the segments. Whoever goes from one to the
     * next until there is none has taken them out of all: what is merged meanwhile gets a higher key than all that there are. Segments
     * without them are passed over many at a time, so that the walk ends although runs of the owner keep ending.
     *
     * @param after the key of the last segment that was looked at
     * @return the key to go on after; empty if no segment is left
     */
    public static OptionalLong takeOut(
            Connection connection, String owner, SegmentKind kind, Set<Long> gone, long after) throws SQLException {
        long[] left = keys(connection, owner, kind.in(ALL)).stream()
                .mapToLong(Long::longValue)
                .filter(key -> key > after)
                .sorted()
                .toArray();
        if (left.length == 0) {
            return OptionalLong.empty();
        }
        long[] next = Arrays.copyOf(left, Math.min(left.length, kind.atOnce()));
        Map<Long, Row> rows = rows(connection, kind, next);
        for (long key : next) {
            @Nullable Row row = rows.get(key);
            if (row == null) {
                // It was merged meanwhile, into one with a higher key, which may be lower than those that were read.
                return OptionalLong.of(key);
            }
            if (hasAny(row, gone)) {
                takeOut(connection, owner, kind, gone, locked(connection, kind, key));
                return OptionalLong.of(key);
            }
        }
        return next.length == left.length ? OptionalLong.empty() : OptionalLong.of(next[next.length - 1]);
    }

    private static void takeOut(Connection connection, String owner, SegmentKind kind, Set<Long> gone, List<Row> locked)
            throws SQLException {
        for (Row row : locked) {
            Segment rest = Segment.merged(List.of(Segments.load(connection, kind, row)), gone, kind);
            Segments.delete(connection, kind, row.segmentPk());
            if (!rest.documents().isEmpty()) {
                Segments.insert(connection, owner, kind, row.level(), rest);
            }
        }
    }

    private static boolean hasAny(Row row, Set<Long> runs) {
        return row.documents().stream().anyMatch(document -> runs.contains(document.runPk()));
    }

    /** Segments by their keys, without those that are gone. */
    private static Map<Long, Row> rows(Connection connection, SegmentKind kind, long[] keys) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(kind.in(NEXT))) {
            select.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint", Arrays.stream(keys).boxed().toArray()));
            return Segments.rows(select).stream().collect(Collectors.toMap(Row::segmentPk, Function.identity()));
        }
    }

    /** The row of a segment; empty if it was merged while another transaction had it. */
    private static List<Row> locked(Connection connection, SegmentKind kind, long segmentPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(kind.in(LOCK))) {
            select.setLong(1, segmentPk);
            return Segments.rows(select);
        }
    }

    private static List<Long> keys(Connection connection, String owner, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, owner);
            try (ResultSet row = select.executeQuery()) {
                List<Long> keys = new ArrayList<>();
                while (row.next()) {
                    keys.add(row.getLong(1));
                }
                return keys;
            }
        }
    }
}
