package io.runtape.segment;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a search needs of segments. The pieces that it reads never change once they are stored, so those that were read last
 * stay in memory, for some minutes and within a bound: most of what a search costs is its statements. Plain SQL: it takes rows
 * by their keys, however many there are. Blocks; safe for any thread.
 */
@Singleton
// What the cache makes of its settings, by the names of these classes.
@RegisterForReflection(
        classNames = {"com.github.benmanes.caffeine.cache.SSMWW", "com.github.benmanes.caffeine.cache.PSWMW"})
public final class SegmentReader {

    public static final String SEGMENTS =
            "select segment_pk, newest, oldest, octet_length(documents) from search_segment where owner = ?";

    /** Bytes in memory at the most, with {@link #OVERHEAD}. */
    private static final long BYTES_MAX = 8L << 20;

    /** A piece that would take more than this part of the memory is not kept: many others would have to go for it. */
    private static final int PART_MAX = 32;

    /** What a piece takes beside its bytes, about. */
    private static final int OVERHEAD = 200;

    /** What is deleted from the tables is gone from memory after this time. */
    private static final Duration KEPT = Duration.ofMinutes(5);

    /** The pieces in which a segment is read, each with the statement that reads some of them by their keys. */
    public enum Part {
        /** The first term of each block, by the key of the segment. */
        DIRECTORY("select segment_pk, directory from search_segment where segment_pk = any(?)"),
        /** Terms with their runs, by the key of the block. */
        BLOCK("select block_pk, content from search_block where block_pk = any(?)"),
        /** Some of the runs of a large segment, by the key of the chunk. */
        CHUNK("select chunk_pk, content from search_chunk where chunk_pk = any(?)"),
        /** A value of each run, by the key of the column. */
        COLUMN("select column_pk, content from search_column where column_pk = any(?)"),
        /** The runs, by the key of the segment. */
        DOCUMENTS("select segment_pk, documents from search_segment where segment_pk = any(?)");

        private final String sql;

        Part(String sql) {
            this.sql = sql;
        }

        private long segmentOf(long key) {
            return switch (this) {
                case BLOCK, CHUNK, COLUMN -> Segments.segmentOf(key);
                case DIRECTORY, DOCUMENTS -> key;
            };
        }

        /** The statement; its parameter is an array of keys. */
        public String sql(SegmentKind kind) {
            return kind.in(sql);
        }
    }

    private record Key(SegmentKind kind, Part part, long pk, ListedSegment segment) {}

    private final DataSource database;
    private final long bytesMax = Math.min(BYTES_MAX, Runtime.getRuntime().maxMemory() / 32);
    private final Cache<Key, byte[]> pieces;

    SegmentReader(DataSource database) {
        this.database = database;
        pieces = Caffeine.newBuilder()
                .maximumWeight(bytesMax)
                .<Key, byte[]>weigher((key, piece) -> OVERHEAD + piece.length)
                .expireAfterWrite(KEPT)
                .scheduler(Scheduler.systemScheduler())
                // What is to be dropped is dropped by who reads, or at its time by the scheduler.
                .executor(Runnable::run)
                .build();
    }

    /** A connection to read with, of the caller's. */
    Connection connect() throws SQLException {
        return database.getConnection();
    }

    /** The segments of an owner, in any order. */
    List<ListedSegment> list(Connection connection, SegmentKind kind, String owner) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(kind.in(SEGMENTS))) {
            select.setString(1, owner);
            try (ResultSet row = select.executeQuery()) {
                List<ListedSegment> segments = new ArrayList<>();
                while (row.next()) {
                    segments.add(new ListedSegment(row.getLong(1), row.getLong(2), row.getLong(3), row.getInt(4)));
                }
                return segments;
            }
        }
    }

    /**
     * Some pieces, by their keys, without those that are neither in memory nor in the database. Nobody changes their bytes.
     *
     * @param segments the segments that the pieces are of, and maybe others, by their keys
     */
    Map<Long, byte[]> read(
            Connection connection,
            SegmentKind kind,
            Part part,
            Collection<Long> keys,
            Map<Long, ListedSegment> segments)
            throws SQLException {
        Map<Long, byte[]> read = new HashMap<>();
        Map<Long, Key> missing = new HashMap<>();
        for (Long pk : keys) {
            Key key = new Key(kind, part, pk, Objects.requireNonNull(segments.get(part.segmentOf(pk))));
            byte @Nullable [] known = pieces.getIfPresent(key);
            if (known == null) {
                missing.put(pk, key);
            } else {
                read.put(pk, known);
            }
        }
        if (missing.isEmpty()) {
            return read;
        }
        // One parameter for all keys: so the database reads and plans each statement once.
        try (PreparedStatement select = connection.prepareStatement(part.sql(kind))) {
            select.setArray(
                    1, connection.createArrayOf("bigint", missing.keySet().toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    byte[] piece = row.getBytes(2);
                    read.put(row.getLong(1), piece);
                    if (piece.length <= bytesMax / PART_MAX) {
                        pieces.put(Objects.requireNonNull(missing.get(row.getLong(1))), piece);
                    }
                }
            }
        }
        return read;
    }
}
