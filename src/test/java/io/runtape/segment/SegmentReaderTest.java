package io.runtape.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.segment.SegmentReader.Part;
import io.runtape.testsupport.MemoryDatabase;
import java.lang.reflect.Field;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SegmentReaderTest {

    private final SegmentReader reader = new SegmentReader(new JdbcDataSource());
    private MemoryDatabase database;

    @BeforeEach
    void connect() throws SQLException {
        database = new MemoryDatabase();
        database.execute("create table search_block (block_pk bigint primary key, content varbinary)");
        database.execute("create table trait_block (block_pk bigint primary key, content varbinary)");
        database.execute("insert into search_block values (1, X'01'), (2, X'02')");
    }

    @AfterEach
    void disconnect() throws SQLException {
        database.close();
    }

    private Map<Long, byte[]> read(SegmentKind kind, Long... keys) throws SQLException {
        return read(new ListedSegment(0, 20, 10, 300), kind, keys);
    }

    private Map<Long, byte[]> read(ListedSegment segment, SegmentKind kind, Long... keys) throws SQLException {
        return reader.read(
                database.connection(), kind, Part.BLOCK, List.of(keys), Map.of(segment.segmentPk(), segment));
    }

    @Test
    void readsFromTheDatabaseWhatItHasNotReadYet() throws SQLException {
        assertEquals(Set.of(1L), read(SegmentKind.WORDS, 1L).keySet());
        database.execute("update search_block set content = X'ff' where block_pk = 1");

        Map<Long, byte[]> both = read(SegmentKind.WORDS, 1L, 2L, 3L);

        assertEquals(Set.of(1L, 2L), both.keySet());
        assertArrayEquals(new byte[] {1}, both.get(1L), "from memory: a block never changes");
        assertArrayEquals(new byte[] {2}, both.get(2L));
    }

    @Test
    void tellsKindsApart() throws SQLException {
        read(SegmentKind.WORDS, 1L);
        database.execute("insert into trait_block values (1, X'07')");

        assertArrayEquals(new byte[] {7}, read(SegmentKind.TRAITS, 1L).get(1L));
    }

    /** A crash of the database undoes what was committed last without waiting, also that a key was given away. */
    @Test
    void doesNotTakeASegmentForAnEarlierOneOfItsKey() throws SQLException {
        read(SegmentKind.WORDS, 1L);
        database.execute("update search_block set content = X'ff' where block_pk = 1");

        ListedSegment later = new ListedSegment(0, 21, 10, 300);

        assertArrayEquals(
                new byte[] {(byte) 0xff}, read(later, SegmentKind.WORDS, 1L).get(1L));
    }

    /** Of a piece that takes too much of the memory nothing is kept. */
    @Test
    void keepsNoLargePiece() throws SQLException {
        database.execute(
                "insert into search_block values (4, cast(repeat('x', 300000) as varbinary)), (5, cast(repeat('x', 4096) as varbinary))");
        read(SegmentKind.WORDS, 4L, 5L);
        database.execute("delete from search_block");

        assertEquals(Set.of(5L), read(SegmentKind.WORDS, 4L, 5L).keySet());
    }

    @Test
    void asksAgainForWhatWasNotThere() throws SQLException {
        assertEquals(Map.of(), read(SegmentKind.WORDS, 3L));
        database.execute("insert into search_block values (3, X'03')");

        assertArrayEquals(new byte[] {3}, read(SegmentKind.WORDS, 3L).get(3L));
    }

    /** The cache looks for classes by names that it makes of its settings; a native image has those that are registered. */
    @Test
    void registersTheClassesOfItsCache() throws Exception {
        read(SegmentKind.WORDS, 1L);
        Object cache = field(field(reader, "pieces"), "cache");
        Object node = ((Map<?, ?>) field(cache, "data")).values().iterator().next();

        assertEquals(
                Set.of(cache.getClass().getName(), node.getClass().getName()),
                Set.of(SegmentReader.class
                        .getAnnotation(RegisterForReflection.class)
                        .classNames()));
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        for (Class<?> type = of.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    return field.get(of);
                }
            }
        }
        throw new NoSuchFieldException(name);
    }
}
