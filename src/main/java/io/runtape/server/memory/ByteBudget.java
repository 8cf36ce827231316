package io.runtape.server.memory;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Bytes that many callers may hold together, each by a {@link BudgetShare}. A caller that wants more than is left waits a
 * little, or is refused.
 *
 * <p>A part of the budget is reserved for small shares, so ordinary calls go on while large ones use up the rest. A
 * single large share may exceed the budget: a request that is allowed by itself must be possible. So may one of several
 * large shares that would wait for each other, since all of them hold bytes and want more: then the budget and one share
 * are held together. Safe for any thread.
 */
public final class ByteBudget {

    /** How long a share may wait for its bytes before its caller gets 503. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How long a refused caller should wait. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /** A share that holds no more than this is a small one. */
    private static final long SMALL_MAX = 192 << 10;

    /** Each waiting call holds a connection, and some of them a thread. */
    private static final int WAITING_MAX = 256;

    private final long max;
    private final long reserved;

    // All below is guarded by this, as is what each share holds.
    private final Set<Waiting> waiting = new LinkedHashSet<>();
    private long bySmall;
    private long byLarge;
    private int large;

    /**
     * @param max bytes in total
     * @param reserved how many of them are kept for small shares
     */
    ByteBudget(long max, long reserved) {
        this.max = max;
        this.reserved = reserved;
    }

    /** A new share, of no bytes yet. */
    public BudgetShare share() {
        return new BudgetShare(this);
    }

    /** How many bytes are held now. */
    public synchronized long taken() {
        return bySmall + byLarge;
    }

    /** The refusal of a caller that finds no room. */
    public static ApiException overloaded() {
        return ApiException.of(
                        ErrorCode.OVERLOADED,
                        "Too much of the gateway's memory is in use for other calls. Nothing was done; try again later.")
                .retryAfter(RETRY_AFTER);
    }

    synchronized boolean tryTake(BudgetShare share, long bytes) {
        if (!fits(share, bytes)) {
            return false;
        }
        hold(share, bytes);
        return true;
    }

    /**
     * Puts the share in line; returns false if the line is too long. A waiting share is notified when it has its bytes.
     */
    synchronized boolean await(Waiting wanted) {
        if (waiting.size() >= WAITING_MAX) {
            return false;
        }
        waiting.add(wanted);
        return true;
    }

    /** Leaves the line; returns whether the share was still in it, so that it will get no bytes. */
    synchronized boolean leave(Waiting wanted) {
        return waiting.remove(wanted);
    }

    void give(BudgetShare share, long bytes) {
        List<Waiting> served = new ArrayList<>();
        synchronized (this) {
            hold(share, -Math.min(bytes, share.held));
            if (!waiting.isEmpty()) {
                for (Waiting each : List.copyOf(waiting)) {
                    if (fits(each.share(), each.bytes())) {
                        serve(each, served);
                    }
                }
                largestOfAll().ifPresent(each -> serve(each, served));
            }
        }
        served.forEach(each -> each.taken().run());
    }

    private void serve(Waiting wanted, List<Waiting> served) {
        hold(wanted.share(), wanted.bytes());
        waiting.remove(wanted);
        served.add(wanted);
    }

    /**
     * The largest share, if all large ones wait, so that none gives bytes back: it goes on, or all would be refused. The
     * largest, since others that go on later would need still more beyond the budget.
     */
    private Optional<Waiting> largestOfAll() {
        List<Waiting> stuck =
                waiting.stream().filter(each -> isLarge(each.share())).toList();
        return stuck.size() < large
                ? Optional.empty()
                : stuck.stream().max(Comparator.comparingLong(each -> each.share().held));
    }

    private boolean fits(BudgetShare share, long more) {
        long wanted = share.held + more;
        if (wanted <= SMALL_MAX) {
            // Whatever the large shares hold.
            return bySmall + more <= reserved || bySmall + byLarge + more <= max;
        }
        boolean alone = large == (isLarge(share) ? 1 : 0);
        return alone || byLarge + (isLarge(share) ? more : wanted) <= max - reserved;
    }

    private void hold(BudgetShare share, long bytes) {
        count(share, -1);
        share.held += bytes;
        count(share, 1);
    }

    private void count(BudgetShare share, int sign) {
        if (isLarge(share)) {
            large += sign;
            byLarge += sign * share.held;
        } else {
            bySmall += sign * share.held;
        }
    }

    private static boolean isLarge(BudgetShare share) {
        return share.held > SMALL_MAX;
    }

    /**
     * A share in line.
     *
     * @param taken runs on the thread that gave the bytes back
     */
    record Waiting(BudgetShare share, long bytes, Runnable taken) {
        /** Compared by identity. */
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
