package io.runtape.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.runtape.journal.StoreOutage.Settlement;
import io.runtape.journal.sql.CommitBatch;
import io.runtape.journal.sql.RunWrite;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import io.runtape.run.RunTotals;
import io.runtape.sse.FrameKind;
import io.runtape.store.SqlFault;
import io.runtape.testsupport.FakeStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A batch in hand while the store is away; time passes only where somebody waits. */
class StoreOutageTest {

    private static final Duration STORE_TIMEOUT = Duration.ofSeconds(10);

    private static final long PK = 7;

    private boolean stopping;
    private final FakeStore store = new FakeStore();
    private final HandRunTime time = new HandRunTime();
    private final long began = time.nanoTime();
    private final List<Duration> givenUpAfter = new ArrayList<>();
    private final StoreOutage outage = new StoreOutage(time, STORE_TIMEOUT, () -> stopping, this::giveUp);
    private final StoreLink link = new StoreLink(store.open());
    private final CommitBatch batch = new CommitBatch();

    private void giveUp() {
        givenUpAfter.add(Duration.ofNanos(time.nanoTime() - began));
    }

    @BeforeEach
    void fillTheBatch() {
        RunStart start = Heard.start();
        byte[] frame = {'\n', '\n'};
        FrameBlock frames = new FrameBlock(1, 1, 2);
        frames.add(new ArrivedFrame(FrameKind.EVENT, frame, 0, 2, 0, "e", "", 0));
        RunKey key = new RunKey(PK, start.owner().id(), null, null, start.createdAt());
        batch.add(new RunWrite(key, start, null, null, frames, null, RunTotals.NONE.plus(frames), null, 0));
    }

    /** The batch is brought, and its connection breaks; then it is waited for the store. */
    private Settlement rideOut(boolean durable) throws SQLException {
        store.breakNextCommit(durable);
        SQLException broke =
                assertThrows(SQLException.class, () -> link.writer().write(batch));
        return outage.rideOut(link, batch, broke, began);
    }

    /** The store is away for so many times that it is asked, and comes back before the next one. */
    private void awayFor(int times) {
        Runnable[] each = new Runnable[times + 1];
        Arrays.fill(each, (Runnable) () -> store.away(true));
        each[times] = () -> store.away(false);
        time.whileWaiting(each);
    }

    private static List<Duration> millis(int... each) {
        return IntStream.of(each).mapToObj(Duration::ofMillis).toList();
    }

    @Test
    void asksSoonAtFirstAndThenEverySecond() throws SQLException {
        awayFor(7);

        assertEquals(Settlement.WRITTEN, rideOut(false));
        assertEquals(millis(50, 100, 200, 400, 800, 1000, 1000, 1000), time.passed());
        assertEquals(9, store.opened());
        assertEquals(List.of(), givenUpAfter);
    }

    @Test
    void holdsNoConnectionWhileItWaits() throws SQLException {
        List<Integer> open = new ArrayList<>();
        List<Boolean> lasting = new ArrayList<>();
        Runnable look = () -> {
            open.add(store.openNow());
            lasting.add(outage.isLasting());
            store.away(open.size() < 3);
        };
        time.whileWaiting(look, look, look);
        assertFalse(outage.isLasting());

        rideOut(false);
        assertEquals(List.of(0, 0, 0), open);
        assertEquals(List.of(true, true, true), lasting);
        assertFalse(outage.isLasting());
        assertEquals(1, store.openNow());
    }

    @Test
    void writesTheBatchThatIsNotThere() throws SQLException {
        assertEquals(Settlement.WRITTEN, rideOut(false));
        assertEquals(1, store.frames(PK).size());
        assertEquals(2, store.brought());
    }

    @Test
    void doesNotWriteTheBatchThatIsThere() throws SQLException {
        assertEquals(Settlement.WRITTEN, rideOut(true));
        assertEquals(1, store.frames(PK).size());
        assertEquals(1, store.brought());
    }

    @Test
    void asksTheTablesAgainWhereTheNewConnectionBreaksToo() throws SQLException {
        store.breakNextCommit(false);
        SQLException broke =
                assertThrows(SQLException.class, () -> link.writer().write(batch));
        store.breakNextCommit(false);
        store.breakNextCommit(true);

        assertEquals(Settlement.WRITTEN, outage.rideOut(link, batch, broke, began));
        assertEquals(1, store.frames(PK).size());
        assertEquals(3, store.brought());
        assertEquals(millis(50, 100, 200), time.passed());
    }

    @Test
    void endsWhereTheNodeIsClosed() {
        time.whileWaiting(() -> store.away(true), () -> {
            store.away(false);
            store.closeNode();
        });

        SQLException e = assertThrows(SQLException.class, () -> rideOut(false));
        assertEquals(SqlFault.NODE_CLOSED, e.getSQLState());
        assertFalse(outage.isLasting());
        assertFalse(store.has(PK));
    }

    @Test
    void endsWhereTheStoreIsBackAndRefusesTheBatch() {
        store.refuse(write -> true);

        SQLException e = assertThrows(SQLException.class, () -> rideOut(false));
        assertEquals("22021", e.getSQLState());
        assertFalse(outage.isLasting());
    }

    @Test
    void endsWhereTheBatchCannotBeWrittenForAFaultOfTheGateway() {
        time.whileWaiting(() -> store.atNextWrite(keep -> {
            throw new IllegalStateException("a fault of this test");
        }));

        SQLException e = assertThrows(SQLException.class, () -> rideOut(false));
        assertEquals(SqlFault.INTERNAL, e.getSQLState());
        assertFalse(outage.isLasting());
    }

    @Test
    void givesRunsUpOncePastTheTimeoutAndDropsTheBatch() throws SQLException {
        awayFor(20);

        assertEquals(Settlement.GIVEN_UP, rideOut(false));
        // Asked 50, 150, 350, 750, 1550 ms after its beginning, and every second from then on.
        assertEquals(millis(10_550), givenUpAfter);
        assertEquals(21, time.passed().size());
        assertFalse(store.has(PK));
        assertFalse(outage.isLasting());
    }

    @Test
    void countsTheTimeoutFromTheBeginningOfTheCommit() throws SQLException {
        time.go(STORE_TIMEOUT.minusMillis(50));
        awayFor(2);

        assertEquals(Settlement.GIVEN_UP, rideOut(false));
        assertEquals(List.of(STORE_TIMEOUT.plusMillis(100)), givenUpAfter);
    }

    @Test
    void knowsThatABatchWasWrittenWhoseRunsWereGivenUp() throws SQLException {
        awayFor(20);

        assertEquals(Settlement.WRITTEN, rideOut(true));
        assertEquals(1, givenUpAfter.size());
        assertEquals(1, store.frames(PK).size());
    }

    @Test
    void leavesTheBatchWhereTheGatewayStops() throws SQLException {
        time.whileWaiting(() -> store.away(true), () -> stopping = true);

        assertEquals(Settlement.LEFT, rideOut(false));
        assertEquals(millis(150), givenUpAfter);
        assertEquals(0, store.openNow());
    }

    @Test
    void writesTheBatchWhereTheGatewayStopsAndTheStoreIsBack() throws SQLException {
        stopping = true;

        assertEquals(Settlement.WRITTEN, rideOut(false));
        assertEquals(List.of(), givenUpAfter);
        assertEquals(1, store.frames(PK).size());
    }
}
