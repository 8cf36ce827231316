package io.runtape.server.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.DefaultEventLoop;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {

    private static final long MIB = 1 << 20;

    private final ByteBudget budget = new ByteBudget(8 * MIB, 2 * MIB);
    private final DefaultEventLoop loop = new DefaultEventLoop();

    @AfterEach
    void stop() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private BudgetShare holding(long bytes) {
        BudgetShare share = budget.share();
        assertTrue(share.tryTake(bytes));
        return share;
    }

    private CompletableFuture<Boolean> asking(BudgetShare share, long bytes) {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        share.take(bytes, loop, told::complete);
        return told;
    }

    @Test
    void aPartIsForSmallSharesAlone() {
        holding(4 * MIB);
        BudgetShare large = holding(2 * MIB);

        assertFalse(large.tryTake(1));
        assertFalse(budget.share().tryTake(MIB));
        for (int i = 0; i < 20; i++) {
            assertTrue(budget.share().tryTake(100 << 10), "small share " + i);
        }
        assertFalse(budget.share().tryTake(100 << 10));
    }

    @Test
    void whoIsAloneMayHaveMoreThanThereIs() {
        BudgetShare small = holding(100);
        BudgetShare huge = holding(100 * MIB);

        assertTrue(huge.tryTake(MIB));
        assertFalse(budget.share().tryTake(MIB));
        huge.close();
        small.close();
        assertEquals(0, budget.taken());
    }

    @Test
    void whoWaitsGetsWhatIsGivenBack() throws Exception {
        BudgetShare first = holding(5 * MIB);
        BudgetShare second = budget.share();
        CompletableFuture<Boolean> told = asking(second, 3 * MIB);
        assertFalse(told.isDone());

        first.give(2 * MIB);

        assertTrue(told.get(30, TimeUnit.SECONDS));
        assertEquals(6 * MIB, budget.taken());
        first.close();
        second.close();
        assertEquals(0, budget.taken());
    }

    @Test
    void whoWaitsInVainIsToldSo() throws Exception {
        holding(6 * MIB);

        assertFalse(asking(budget.share(), MIB).get(30, TimeUnit.SECONDS));
        assertEquals(
                ErrorCode.OVERLOADED,
                assertThrows(ApiException.class, () -> budget.share().takeBlocking(MIB))
                        .code());
        assertEquals(6 * MIB, budget.taken());
    }

    @Test
    void largeSharesDoNotWaitForEachOther() throws Exception {
        BudgetShare most = holding(3 * MIB);
        BudgetShare less = holding(2 * MIB);
        BudgetShare busy = holding(MIB);
        CompletableFuture<Boolean> first = asking(less, 4 * MIB);
        CompletableFuture<Boolean> second = asking(most, 4 * MIB);
        assertEquals(6 * MIB, budget.taken(), "while another large share may give bytes back");

        busy.close();

        assertTrue(second.get(2, TimeUnit.SECONDS), "the one that holds most goes on when all others wait");
        most.takeBlocking(4 * MIB);
        assertEquals(13 * MIB, budget.taken());
        most.close();
        assertTrue(first.get(2, TimeUnit.SECONDS));
        assertEquals(6 * MIB, budget.taken());
    }

    @Test
    void aShareThatHoldsLittleWaitsForLargeOnes() throws Exception {
        BudgetShare large = holding(5 * MIB);
        BudgetShare little = holding(100 << 10);
        CompletableFuture<Boolean> waits = asking(little, 2 * MIB);

        assertTrue(asking(large, 4 * MIB).get(2, TimeUnit.SECONDS));
        assertEquals(9 * MIB + (100 << 10), budget.taken());
        large.close();

        assertTrue(waits.get(2, TimeUnit.SECONDS));
    }

    @Test
    void aShareThatIsClosedTakesNothingAnyMore() throws Exception {
        BudgetShare first = holding(6 * MIB);
        BudgetShare closed = budget.share();
        CompletableFuture<Boolean> told = asking(closed, MIB);
        closed.close();
        closed.close();

        first.close();

        assertFalse(told.get(30, TimeUnit.SECONDS));
        assertFalse(closed.tryTake(MIB));
        assertThrows(ApiException.class, () -> closed.takeBlocking(MIB));
        assertEquals(0, budget.taken());
    }

    @Test
    void theLineHasAnEnd() throws Exception {
        holding(6 * MIB);
        for (int i = 0; i < 256; i++) {
            asking(budget.share(), MIB);
        }

        assertFalse(asking(budget.share(), MIB).get(2, TimeUnit.SECONDS));
    }
}
