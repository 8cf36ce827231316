package io.runtape.server.memory;

import io.netty.channel.EventLoop;
import io.runtape.error.ApiException;
import io.runtape.server.memory.ByteBudget.Waiting;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One caller's part of a {@link ByteBudget}. The caller closes it when done: nothing else gives the bytes back. Only
 * one thread at a time asks for more; any thread may give back and close.
 */
public final class BudgetShare implements AutoCloseable {

    private final ByteBudget budget;

    /** Guarded by the budget. */
    long held;

    /** Guarded by this. */
    private boolean closed;

    BudgetShare(ByteBudget budget) {
        this.budget = budget;
    }

    /** Takes that many more bytes, or none if there is no room now or the share is closed. */
    public boolean tryTake(long bytes) {
        synchronized (this) {
            return !closed && budget.tryTake(this, bytes);
        }
    }

    /**
     * Takes that many more bytes as soon as there is room; gives up after too long a wait.
     *
     * @param loop the event loop that runs {@code told}, after this method has returned
     * @param told gets true if the bytes are taken, false if the caller should be refused
     */
    public void take(long bytes, EventLoop loop, Consumer<Boolean> told) {
        if (tryTake(bytes)) {
            loop.execute(() -> told.accept(true));
            return;
        }
        Waiting wanted = new Waiting(this, bytes, () -> loop.execute(() -> told.accept(isStillWanted())));
        if (isClosed() || !budget.await(wanted)) {
            loop.execute(() -> told.accept(false));
            return;
        }
        // For bytes that came back before the share was in line.
        budget.give(this, 0);
        loop.schedule(
                () -> {
                    if (budget.leave(wanted)) {
                        told.accept(false);
                    }
                },
                ByteBudget.PATIENCE.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /**
     * The same, but blocks until the bytes are taken.
     *
     * @throws ApiException 503 where the caller waited for too long
     */
    public void takeBlocking(long bytes) {
        if (tryTake(bytes)) {
            return;
        }
        CountDownLatch taken = new CountDownLatch(1);
        Waiting wanted = new Waiting(this, bytes, taken::countDown);
        if (isClosed() || !budget.await(wanted)) {
            throw ByteBudget.overloaded();
        }
        budget.give(this, 0);
        try {
            if (!taken.await(ByteBudget.PATIENCE.toMillis(), TimeUnit.MILLISECONDS) && budget.leave(wanted)) {
                throw ByteBudget.overloaded();
            }
        } catch (InterruptedException e) {
            budget.leave(wanted);
            Thread.currentThread().interrupt();
            throw ByteBudget.overloaded();
        }
        if (!isStillWanted()) {
            throw ByteBudget.overloaded();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Whether the share keeps the bytes it waited for: if it was closed meanwhile, they go back. */
    private boolean isStillWanted() {
        if (isClosed()) {
            budget.give(this, Long.MAX_VALUE);
            return false;
        }
        return true;
    }

    /** Gives that many of its bytes back, or all if it holds less. */
    public void give(long bytes) {
        budget.give(this, bytes);
    }

    /** Gives all bytes back. From then on the share takes none. May be called again. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        budget.give(this, Long.MAX_VALUE);
    }
}
