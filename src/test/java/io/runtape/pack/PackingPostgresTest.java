package io.runtape.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.journal.Journal;
import io.runtape.journal.sql.BlockPartitions;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class PackingPostgresTest extends PackingTest {

    @Inject
    Journal journal;

    private static List<String> partitions(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                        "select inhrelid::regclass::text from pg_inherits where inhparent = 'block'::regclass order by 1");
                ResultSet row = select.executeQuery()) {
            List<String> names = new ArrayList<>();
            while (row.next()) {
                names.add(row.getString(1));
            }
            return names;
        }
    }

    /** The name of a partition of this gateway, by its place. */
    private String partition(long place) {
        return "block_" + journal.nodeId() + "_" + place;
    }

    private static long place(long runPk) {
        return BlockPartitions.number(runPk) & 0xfffff;
    }

    private void packAll(Connection connection) {
        RunPacking packing = new RunPacking(connection, store().engine(), () -> {});
        RunTable.await("all runs packed", () -> {
            for (long runPk : packing.rested(Instant.now().plusSeconds(1), 100_000)) {
                packing.pack(runPk);
            }
            return packing.rested(Instant.now().plusSeconds(1), 1).isEmpty() ? true : null;
        });
    }

    @Test
    void goesOnToTheNextPartitionAndDropsThePackedOnes() throws Exception {
        String before = record(Script.stream("data: before\n\n"));
        long place = place(table().run(before).pk());
        PartitionKeeper keeper = new PartitionKeeper(journal, Optional.of(Duration.ZERO));
        try (Connection connection = store().connect()) {
            keeper.look(connection);
            assertEquals(place + 1, place(journal.lastRunPk()));
            assertTrue(partitions(connection).containsAll(List.of(partition(place + 1), partition(place + 2))));

            String after = record(Script.stream("data: after\n\n"));
            assertEquals(place + 1, place(table().run(after).pk()));
            assertTrue(partitions(connection).contains(partition(place)), "its runs are not packed");

            packAll(connection);
            keeper.look(connection);
            assertTrue(!partitions(connection).contains(partition(place)), "its runs are packed");
            assertEquals(1, table().frames(before).size());
            assertEquals(1, table().frames(after).size());
        }
    }
}
