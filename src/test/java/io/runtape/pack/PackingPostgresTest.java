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
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

    /** All that have ended. One that is indexed just then is locked, and packed at the next try. */
    private void packAll(Connection connection) {
        RunPacking packing = packing(connection, store()::requireRoom);
        RunTable.await("all runs packed", Duration.ofMinutes(2), () -> {
            for (long runPk : rested(connection, AT_ONCE)) {
                packing.pack(runPk);
            }
            return rested(connection, AT_ONCE).isEmpty() ? true : null;
        });
    }

    /** By one of the keeper's looks: that of the application may be in its way. */
    private void awaitDropped(PartitionKeeper keeper, Connection connection, long place) {
        RunTable.await("the partition is dropped", () -> {
            keeper.look(connection);
            return partitions(connection).contains(partition(place)) ? null : true;
        });
    }

    private PartitionKeeper keeper(Duration settles) {
        return new PartitionKeeper(journal, settles, Optional.of(Duration.ZERO));
    }

    @Test
    void goesOnToTheNextPartitionAndDropsThePackedOnes() throws Exception {
        String before = record(Script.stream("data: before\n\n"));
        long place = place(table().run(before).pk());
        PartitionKeeper keeper = keeper(Duration.ZERO);
        try (Connection connection = store().connect()) {
            keeper.look(connection);
            assertEquals(place + 1, place(journal.lastRunPk()));
            assertTrue(partitions(connection).containsAll(List.of(partition(place + 1), partition(place + 2))));

            String after = record(Script.stream("data: after\n\n"));
            assertEquals(place + 1, place(table().run(after).pk()));
            assertTrue(partitions(connection).contains(partition(place)), "its runs are not packed");

            packAll(connection);
            awaitDropped(keeper, connection, place);
            assertEquals(1, table().frames(before).size());
            assertEquals(1, table().frames(after).size());
        }
    }

    /** A run that is about to be live has a key of it. */
    @Test
    void keepsThePartitionsInWhichRunsHaveJustBegun() throws Exception {
        PartitionKeeper keeper = keeper(Duration.ofHours(1));
        try (Connection connection = store().connect()) {
            String id = record(Script.stream("data: a\n\n"));
            long place = place(table().ended(id).pk());
            packAll(connection);

            keeper.look(connection);
            keeper.look(connection);

            assertTrue(place(journal.lastRunPk()) >= place + 1);
            assertTrue(partitions(connection).contains(partition(place)));
        }
    }

    /** An import may use up the keys of several partitions between two looks. */
    @Test
    void makesThePartitionThatTheKeysHaveComeTo() throws Exception {
        PartitionKeeper keeper = keeper(Duration.ZERO);
        try (Connection connection = store().connect()) {
            long next = BlockPartitions.number(journal.lastRunPk()) + 5;
            // Nothing has begun in it: the keeper does not go on to the one behind.
            journal.skipTo(BlockPartitions.beforeFirst(next));

            keeper.look(connection);

            String id = record(Script.stream("data: a\n\n"));
            assertEquals("completed", table().run(id).outcome());
            assertEquals(next, BlockPartitions.number(table().run(id).pk()));
        }
    }

    @Test
    void dropsPartitionsBehindThatOfALiveRun() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            exchange.chunk("data: a\n\n");
            assertTrue(goesOn.await(5, TimeUnit.MINUTES));
            exchange.end();
        });
        try (WireResponse live = client().post("/v1/run", "{}", script.header(), KEY);
                Connection connection = store().connect()) {
            live.readUpTo("data: a\n\n".length());
            String liveId = live.header("Runtape-Run-Id");
            PartitionKeeper keeper = keeper(Duration.ZERO);
            long place = place(table().run(liveId).pk());
            keeper.look(connection);
            String ended = record(Script.stream("data: b\n\n"));
            long later = place(table().ended(ended).pk());
            assertTrue(later > place);
            keeper.look(connection);
            packAll(connection);

            awaitDropped(keeper, connection, later);

            List<String> left = partitions(connection);
            assertTrue(left.contains(partition(place)), left::toString);
            goesOn.countDown();
            live.whole();
        }
    }

    /** A backup reads the table for hours. Runs begin in new partitions meanwhile, and the old ones are dropped afterwards. */
    @Test
    void goesOnWhileAPartitionCannotBeDropped() throws Exception {
        String one = record(Script.stream("data: one\n\n"));
        long first = place(table().ended(one).pk());
        PartitionKeeper keeper = keeper(Duration.ZERO);
        try (Connection connection = store().connect();
                Connection backup = store().connect()) {
            keeper.look(connection);
            String two = record(Script.stream("data: two\n\n"));
            long second = place(table().ended(two).pk());
            keeper.look(connection);
            packAll(connection);
            backup.setAutoCommit(false);
            try (PreparedStatement read = backup.prepareStatement("select count(*) from block")) {
                read.executeQuery();
            }

            keeper.look(connection);
            String three = record(Script.stream("data: three\n\n"));
            // It has waited once, and does not do so again at once: packing would stand still.
            execute(connection, "set lock_timeout = '2s'");
            keeper.look(connection);
            execute(connection, "reset lock_timeout");
            assertTrue(place(journal.lastRunPk()) > place(table().ended(three).pk()), "it goes on to another one");
            for (String id : List.of(one, two, three)) {
                assertEquals(1, table().frames(id).size());
            }

            backup.rollback();
            PartitionKeeper later = keeper(Duration.ZERO);
            awaitDropped(later, connection, first);
            awaitDropped(later, connection, second);
            assertEquals(1, table().frames(one).size());
        }
    }

    private static void execute(Connection connection, String change) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(change);
        }
    }
}
