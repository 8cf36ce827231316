package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.run.StoredRows.Bounds;
import io.runtape.run.StoredRows.Content;
import io.runtape.run.StoredRows.Span;
import io.runtape.store.Engine;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One statement brings short rows with their contents, and of a long one only the size. */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class StoredRowsPostgresTest extends RunningGateway {

    /** A run of no node, so that nobody drops its partition. */
    private static final long RUN_PK = 2;

    private static final int KIB = 1 << 10;

    private static final Bounds BOUNDS = new Bounds(1000, 64 * KIB);

    @AfterEach
    void empty() throws SQLException {
        try (Connection connection = store().connect()) {
            FrameTable.BLOCK.delete(connection, RUN_PK);
            FrameTable.PACKED_BLOCK.delete(connection, RUN_PK);
        }
    }

    private void insert(FrameTable table, int last, int plainLength) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement insert = connection.prepareStatement("insert into " + table.table()
                        + " (run_pk, last_sequence, plain_length, content) values (?, ?, ?, ?)")) {
            insert.setLong(1, RUN_PK);
            insert.setInt(2, last);
            insert.setInt(3, plainLength);
            insert.setBytes(4, new byte[] {(byte) last});
            insert.executeUpdate();
        }
    }

    private StoredRows next(FrameTable table, long after, Bounds bounds) throws SQLException {
        try (Connection connection = store().connect()) {
            Span span = new Span(after, Integer.MAX_VALUE, false);
            return StoredRows.nextIn(connection, Engine.POSTGRESQL, table, RUN_PK, span, bounds)
                    .orElseThrow();
        }
    }

    private static List<Long> lasts(StoredRows rows) {
        return rows.contents().stream().map(Content::last).toList();
    }

    @Test
    void endsWithTheRowThatReachesTheBytes() throws SQLException {
        for (int last : List.of(10, 20, 30, 40)) {
            insert(FrameTable.BLOCK, last, 30 * KIB);
        }

        StoredRows rows = next(FrameTable.BLOCK, 0, BOUNDS);

        assertEquals(List.of(10L, 20L, 30L), lasts(rows));
        assertEquals(30, rows.last());
        assertEquals(90 * KIB, rows.bytes());
    }

    @Test
    void endsWithTheFramesThatAreWanted() throws SQLException {
        for (int last : List.of(10, 20, 30)) {
            insert(FrameTable.BLOCK, last, KIB);
        }

        assertEquals(List.of(10L, 20L), lasts(next(FrameTable.BLOCK, 0, new Bounds(25, 64 * KIB))));
        assertEquals(List.of(10L), lasts(next(FrameTable.BLOCK, 0, new Bounds(1, 64 * KIB))));
        // Amid a row: it is the first.
        assertEquals(List.of(20L, 30L), lasts(next(FrameTable.BLOCK, 15, new Bounds(25, 64 * KIB))));
    }

    @Test
    void bringsFullPackedBlocks() throws SQLException {
        insert(FrameTable.PACKED_BLOCK, 1000, 128 * KIB + 300);
        insert(FrameTable.PACKED_BLOCK, 2000, 128 * KIB + 300);

        assertEquals(List.of(1000L), lasts(next(FrameTable.PACKED_BLOCK, 0, BOUNDS)));
    }

    @Test
    void leavesALongRowBehindShortOnesToTheNextRead() throws SQLException {
        insert(FrameTable.BLOCK, 1, KIB);
        insert(FrameTable.BLOCK, 2, 8192 * KIB);
        insert(FrameTable.BLOCK, 3, KIB);

        StoredRows shortOne = next(FrameTable.BLOCK, 0, BOUNDS);
        StoredRows longOne = next(FrameTable.BLOCK, 1, BOUNDS);

        assertEquals(List.of(1L), lasts(shortOne));
        assertTrue(shortOne.areRead());
        assertEquals(1, shortOne.last());
        assertFalse(longOne.areRead());
        assertEquals(2, longOne.first());
        assertEquals(2, longOne.last());
        assertEquals(8192 * KIB, longOne.bytes());
    }
}
