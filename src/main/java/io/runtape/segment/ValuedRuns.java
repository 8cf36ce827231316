package io.runtape.segment;

import io.runtape.segment.SegmentReader.Part;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * All runs of an owner that a query finds by their terms, with their values in a column. Plain SQL: it takes rows by their keys,
 * however many there are. Blocks; confined to one thread.
 */
public final class ValuedRuns {

    /** More runs are not held in memory, where each takes a byte or two. */
    private static final int RUNS_MAX = 1_000_000;

    private final SegmentReader reader;
    private final SegmentKind kind;
    private final DocumentRange range;
    private final Map<Long, ListedSegment> segments;
    private final Map<Long, Found> foundIn = new HashMap<>();
    private final int[] counts = new int[Columns.VALUES];
    private int count;

    private ValuedRuns(SegmentReader reader, SegmentKind kind, DocumentRange range, Map<Long, ListedSegment> segments) {
        this.reader = reader;
        this.kind = kind;
        this.range = range;
        this.segments = segments;
    }

    /** The runs that were found in a segment, by their places, and the value of each, in the same order. */
    private record Found(BitSet places, byte[] values) {

        static Found of(BitSet places, byte[] column) {
            byte[] values = new byte[places.cardinality()];
            int i = 0;
            for (int place = places.nextSetBit(0); place >= 0; place = places.nextSetBit(place + 1)) {
                values[i++] = column[place];
            }
            return new Found(places, values);
        }

        BitSet with(int from, int to) {
            BitSet some = new BitSet();
            int i = 0;
            for (int place = places.nextSetBit(0); place >= 0; place = places.nextSetBit(place + 1)) {
                int value = Byte.toUnsignedInt(values[i++]);
                some.set(place, value >= from && value <= to);
            }
            return some;
        }
    }

    /**
     * Finds the runs.
     *
     * @param column the number of the column
     * @return empty if a segment does not have the column, or was merged meanwhile, or very many runs are found
     */
    public static Optional<ValuedRuns> find(
            SegmentReader reader,
            Connection connection,
            SegmentKind kind,
            String owner,
            TermQuery query,
            int column,
            DocumentRange range)
            throws SQLException {
        List<ListedSegment> listed = reader.list(connection, kind, owner).stream()
                .filter(segment -> range.meets(segment.newest(), segment.oldest()))
                .toList();
        ValuedRuns runs = new ValuedRuns(
                reader,
                kind,
                range,
                listed.stream().collect(Collectors.toMap(ListedSegment::segmentPk, segment -> segment)));
        for (int from = 0; from < listed.size(); from += kind.atOnce()) {
            List<ListedSegment> some = listed.subList(from, Math.min(from + kind.atOnce(), listed.size()));
            if (!runs.read(connection, some, query, column)) {
                return Optional.empty();
            }
        }
        return Optional.of(runs);
    }

    private boolean read(Connection connection, List<ListedSegment> some, TermQuery query, int column)
            throws SQLException {
        Optional<Map<Long, BitSet>> found = TermSearch.in(reader, connection, kind, query, some, segments);
        if (found.isEmpty()) {
            return false;
        }
        Map<Long, BitSet> placesIn = found.get();
        List<Long> cut = some.stream()
                .filter(segment -> placesIn.containsKey(segment.segmentPk()) && !range.holds(segment))
                .map(ListedSegment::segmentPk)
                .toList();
        Map<Long, byte[]> lists = reader.read(connection, kind, Part.DOCUMENTS, cut, segments);
        lists.forEach((segmentPk, list) ->
                Objects.requireNonNull(placesIn.get(segmentPk)).and(Segment.places(list, range)));
        Map<Long, Long> segmentOf = placesIn.keySet().stream()
                .collect(Collectors.toMap(segmentPk -> Columns.columnPk(segmentPk, column), segmentPk -> segmentPk));
        Map<Long, byte[]> columns = reader.read(connection, kind, Part.COLUMN, segmentOf.keySet(), segments);
        columns.forEach((columnPk, content) -> {
            long segmentPk = Objects.requireNonNull(segmentOf.get(columnPk));
            add(segmentPk, Found.of(Objects.requireNonNull(placesIn.get(segmentPk)), content));
        });
        return lists.size() == cut.size() && columns.size() == placesIn.size() && count <= RUNS_MAX;
    }

    private void add(long segmentPk, Found found) {
        foundIn.put(segmentPk, found);
        count += found.values.length;
        for (byte value : found.values) {
            counts[Byte.toUnsignedInt(value)]++;
        }
    }

    /** How many of them have a value. */
    public int count(int value) {
        return counts[value];
    }

    /**
     * Those with a value from one to another one, which is among them; in no order. Empty if a segment was merged meanwhile.
     */
    public Optional<List<Document>> with(Connection connection, int from, int to) throws SQLException {
        Map<Long, BitSet> places = new HashMap<>();
        foundIn.forEach((segmentPk, found) -> {
            BitSet some = found.with(from, to);
            if (!some.isEmpty()) {
                places.put(segmentPk, some);
            }
        });
        Map<Long, Iterator<Document>> lists = Chunks.read(reader, connection, kind, places, segments);
        List<Document> runs = new ArrayList<>();
        lists.values().forEach(list -> list.forEachRemaining(runs::add));
        return lists.size() == places.size() ? Optional.of(runs) : Optional.empty();
    }
}
