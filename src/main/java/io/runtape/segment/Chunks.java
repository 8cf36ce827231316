package io.runtape.segment;

import io.runtape.segment.SegmentReader.Part;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The list of a large segment's runs in parts, each readable by itself: so a query that finds few of them does not read all. Plain
 * SQL: it takes rows by their keys. Blocks.
 */
final class Chunks {

    /** Runs of a chunk. What it is must never change: chunks are stored. */
    private static final int RUNS = 128;

    /** The lists of smaller segments are read as a whole. */
    private static final int SEGMENT_RUNS_MIN = 16 * RUNS;

    /** If more than this part of a segment's chunks would be read, its list is. */
    private static final int PART_MAX = 4;

    private static final String INSERT = "insert into search_chunk (chunk_pk, content) values (?, ?)";

    private static final String DELETE = "delete from search_chunk where chunk_pk >= ? and chunk_pk < ?";

    private Chunks() {}

    /** Stores the chunks of a new segment, if it is large. */
    static void insert(Connection connection, SegmentKind kind, long segmentPk, List<Document> documents)
            throws SQLException {
        if (!kind.hasChunks() || documents.size() < SEGMENT_RUNS_MIN) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(kind.in(INSERT))) {
            for (int from = 0; from < documents.size(); from += RUNS) {
                insert.setLong(1, Segments.blockPk(segmentPk, from / RUNS));
                insert.setBytes(2, Segment.written(documents.subList(from, Math.min(from + RUNS, documents.size()))));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** Deletes the chunks of a segment, if it has any. */
    static void delete(Connection connection, SegmentKind kind, long segmentPk) throws SQLException {
        if (kind.hasChunks()) {
            Segments.deletePieces(connection, kind, segmentPk, DELETE);
        }
    }

    /**
     * The runs at some places of some segments, by the keys of the segments, out of chunks, or of whole lists where many of them are
     * asked for, or there are no chunks. Segments that are gone are left out.
     */
    static Map<Long, Iterator<Document>> read(
            SegmentReader reader,
            Connection connection,
            SegmentKind kind,
            Map<Long, BitSet> places,
            Map<Long, ListedSegment> segments)
            throws SQLException {
        Map<Long, Set<Long>> chunksOf = new HashMap<>();
        Set<Long> keys = new TreeSet<>();
        places.forEach((segmentPk, some) -> {
            long runs = Objects.requireNonNull(segments.get(segmentPk)).runs();
            Set<Long> chunks = keys(segmentPk, some);
            if (kind.hasChunks() && chunks.size() * PART_MAX * RUNS < runs) {
                chunksOf.put(segmentPk, chunks);
                keys.addAll(chunks);
            }
        });
        Map<Long, byte[]> chunks = reader.read(connection, kind, Part.CHUNK, keys, segments);
        chunksOf.values().removeIf(some -> !chunks.keySet().containsAll(some));
        Set<Long> whole = new TreeSet<>(places.keySet());
        whole.removeAll(chunksOf.keySet());
        Map<Long, Iterator<Document>> read = new HashMap<>();
        reader.read(connection, kind, Part.DOCUMENTS, whole, segments)
                .forEach((segmentPk, content) ->
                        read.put(segmentPk, Segment.documents(content, Objects.requireNonNull(places.get(segmentPk)))));
        chunksOf.forEach((segmentPk, some) ->
                read.put(segmentPk, runs(segmentPk, Objects.requireNonNull(places.get(segmentPk)), chunks)));
        return read;
    }

    private static Set<Long> keys(long segmentPk, BitSet places) {
        Set<Long> keys = new TreeSet<>();
        for (int place = places.nextSetBit(0); place >= 0; place = places.nextSetBit((place / RUNS + 1) * RUNS)) {
            keys.add(Segments.blockPk(segmentPk, place / RUNS));
        }
        return keys;
    }

    private static Iterator<Document> runs(long segmentPk, BitSet places, Map<Long, byte[]> chunks) {
        List<Document> runs = new ArrayList<>();
        for (long key : keys(segmentPk, places)) {
            int first = Segments.numberOf(key) * RUNS;
            byte[] content = Objects.requireNonNull(chunks.get(key));
            Segment.documents(content, places.get(first, first + RUNS)).forEachRemaining(runs::add);
        }
        return runs.iterator();
    }
}
