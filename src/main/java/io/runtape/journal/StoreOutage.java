package io.runtape.journal;

import io.runtape.journal.sql.BatchWriter;
import io.runtape.journal.sql.CommitBatch;
import io.runtape.store.SqlFault;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * The times without the database: waits for it with the batch in hand, whose outcome is unknown, and settles the batch by what
 * the tables hold when it is back, so that it is never written twice and never skipped. Past {@code RUNTAPE_STORE_TIMEOUT}
 * the live runs are given up.
 *
 * <p>Confined to the committer's thread, but for {@link #isLasting()}, which is safe for any.
 */
final class StoreOutage {

    private static final Logger LOG = Logger.getLogger(StoreOutage.class);

    private static final Duration RETRY_FIRST = Duration.ofMillis(50);
    private static final Duration RETRY_LONGEST = Duration.ofSeconds(1);

    /** What became of the batch. */
    enum Settlement {
        /** It is durable. */
        WRITTEN,
        /** It is not and will not be: its runs were given up before the database was back. */
        GIVEN_UP,
        /** The gateway stops, and the next start closes the runs. */
        LEFT
    }

    private final CommitterTime time;
    private final Duration storeTimeout;
    private final BooleanSupplier stopping;
    private final Runnable giveUp;
    private volatile boolean lasting;

    /**
     * @param time by which it waits
     * @param stopping whether nothing is to be waited for any more
     * @param giveUp tells the live runs that the database has been away for too long
     */
    StoreOutage(CommitterTime time, Duration storeTimeout, BooleanSupplier stopping, Runnable giveUp) {
        this.time = time;
        this.storeTimeout = storeTimeout;
        this.stopping = stopping;
        this.giveUp = giveUp;
    }

    /** Whether the database is away. */
    boolean isLasting() {
        return lasting;
    }

    /**
     * Waits until the batch is settled.
     *
     * @param sinceNanos when its commit began, by the committer's time
     * @throws SQLException where the database is back and the batch, or the node, is what it refuses
     */
    Settlement rideOut(StoreLink link, CommitBatch batch, Exception cause, long sinceNanos) throws SQLException {
        lasting = true;
        // Messages may quote what was to be stored.
        LOG.warnf("the store takes no commits (%s), live runs wait for it", SqlFault.named(cause));
        boolean givenUp = false;
        long pauseNanos = RETRY_FIRST.toNanos();
        while (true) {
            link.close();
            time.pass(pauseNanos);
            try {
                Settlement settled = settle(link.writer(), batch, givenUp);
                over(sinceNanos);
                return settled;
            } catch (SQLException e) {
                if (SqlFault.isOfAClosedNode(e) || SqlFault.isOfTheData(e)) {
                    over(sinceNanos);
                    throw e;
                }
                LOG.debugf("the store is still away: %s", SqlFault.named(e));
            } catch (RuntimeException e) {
                LOG.error("the batch cannot be written for a fault of the gateway itself", e);
                over(sinceNanos);
                throw new SQLException("a fault of the gateway itself", SqlFault.INTERNAL, e);
            }
            boolean stop = stopping.getAsBoolean();
            if (!givenUp && (stop || time.nanoTime() - sinceNanos > storeTimeout.toNanos())) {
                givenUp = true;
                LOG.error("the store has been away for too long, live runs are given up");
                giveUp.run();
            }
            if (stop) {
                return Settlement.LEFT;
            }
            pauseNanos = Math.min(pauseNanos * 2, RETRY_LONGEST.toNanos());
        }
    }

    /**
     * Finds out whether the batch was committed, and writes it where it was not. The connection's epoch is the proof that
     * nothing of the old one is still to come.
     */
    private static Settlement settle(BatchWriter writer, CommitBatch batch, boolean givenUp) throws SQLException {
        if (writer.holds(batch)) {
            return Settlement.WRITTEN;
        }
        if (givenUp) {
            return Settlement.GIVEN_UP;
        }
        writer.write(batch);
        return Settlement.WRITTEN;
    }

    private void over(long sinceNanos) {
        lasting = false;
        LOG.warnf(
                "the store takes commits again after %d ms",
                Duration.ofNanos(time.nanoTime() - sinceNanos).toMillis());
    }
}
