package io.runtape.server.memory;

import io.netty.channel.EventLoop;
import io.runtape.error.ApiException;
import io.runtape.server.memory.ByteBudget.Waiting;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What one caller holds of a {@link ByteBudget}. Whoever is done closes it: nothing else gives the bytes back. One at a time asks
 * for more; given back and closed by any thread.
 */
public final class Share implements AutoCloseable {

    private final ByteBudget budget;

    /** Guarded by the budget. */
    long held;

    /** Guarded by this. */
    private boolean closed;

    Share(ByteBudget budget) {
        this.budget = budget;
    }

    /** Takes so many bytes more, or none where there is no room for them now, or it is closed. */
    public boolean tryTake(long bytes) {
        synchronized (this) {
            return !closed && budget.tryTake(this, bytes);
        }
    }

    /**
     * Takes so many bytes more, as soon as there is room for them. May take none that waited for too long.
     *
     * @param loop what is told comes on this event loop, and later than this returns
     * @param told true where they are taken, false where the caller is to be refused
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
        // What was given back before it was in line.
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
     * The same, and blocks until they are taken.
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

    /** Whether it may keep the bytes that it waited for: where it was closed meanwhile they go back. */
    private boolean isStillWanted() {
        if (isClosed()) {
            budget.give(this, Long.MAX_VALUE);
            return false;
        }
        return true;
    }

    /** Gives so many of its bytes back, or all where it holds less. */
    public void give(long bytes) {
        budget.give(this, bytes);
    }

    /** Gives all back. From then on it takes nothing. May be called again. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        budget.give(this, Long.MAX_VALUE);
    }
}
