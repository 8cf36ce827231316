package io.runtape.segment;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a search needs of segments. Nothing of a segment changes once it is stored, and a key is never used again, so what was
 * read last stays in memory, for some minutes and within a bound: most of what a search costs is its statements. Plain SQL: it
 * takes rows by their keys, however many there are. Blocks; safe for any thread.
 */
@Singleton
// What the cache makes of its settings, by the names of these classes.
@RegisterForReflection(
        classNames = {"com.github.benmanes.caffeine.cache.SSMWW", "com.github.benmanes.caffeine.cache.PSWMW"})
public final class SegmentReader {

    /** Bytes in memory at the most, with {@link #OVERHEAD}. */
    private static final long BYTES_MAX = 8L << 20;

    /** What a piece takes beside its bytes, about. */
    private static final int OVERHEAD = 128;

    /** What is deleted from the tables is gone from memory after this time. */
    private static final Duration KEPT = Duration.ofMinutes(5);

    /** The pieces in which a segment is read, each with the statement that reads some of them by their keys. */
    public enum Part {
        /** The first term of each block, by the key of the segment. */
        DIRECTORY("select segment_pk, directory from search_segment where segment_pk = any(?)"),
        /** Terms with their runs, by the key of the block. */
        BLOCK("select block_pk, content from search_block where block_pk = any(?)"),
        /** The runs, by the key of the segment. */
        DOCUMENTS("select segment_pk, documents from search_segment where segment_pk = any(?)");

        private final String sql;

        Part(String sql) {
            this.sql = sql;
        }

        /** The statement; its parameter is an array of keys. */
        public String sql(SegmentKind kind) {
            return kind.in(sql);
        }
    }

    private record Key(SegmentKind kind, Part part, long pk) {}

    private final DataSource database;
    private final Cache<Key, byte[]> pieces;

    SegmentReader(DataSource database) {
        this.database = database;
        pieces = Caffeine.newBuilder()
                .maximumWeight(Math.min(BYTES_MAX, Runtime.getRuntime().maxMemory() / 32))
                .<Key, byte[]>weigher((key, piece) -> OVERHEAD + piece.length)
                .expireAfterWrite(KEPT)
                // No thread of its own: what is to be dropped is dropped by who reads.
                .executor(Runnable::run)
                .build();
    }

    /** A connection to read with, of the caller's. */
    Connection connect() throws SQLException {
        return database.getConnection();
    }

    /** These pieces, without those that are not there any more. Nobody changes their bytes. */
    Map<Long, byte[]> read(Connection connection, SegmentKind kind, Part part, Collection<Long> keys)
            throws SQLException {
        Map<Long, byte[]> read = new HashMap<>();
        List<Long> missing = new ArrayList<>();
        for (Long pk : keys) {
            byte @Nullable [] known = pieces.getIfPresent(new Key(kind, part, pk));
            if (known == null) {
                missing.add(pk);
            } else {
                read.put(pk, known);
            }
        }
        if (missing.isEmpty()) {
            return read;
        }
        // One parameter for all keys: so the database reads and plans each statement once.
        try (PreparedStatement select = connection.prepareStatement(part.sql(kind))) {
            select.setArray(1, connection.createArrayOf("bigint", missing.toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    byte[] piece = row.getBytes(2);
                    pieces.put(new Key(kind, part, row.getLong(1)), piece);
                    read.put(row.getLong(1), piece);
                }
            }
        }
        return read;
    }
}
