package io.runtape.journal;

import io.runtape.journal.sql.BatchWriter;
import io.runtape.journal.sql.CommitBatch;
import io.runtape.store.SqlFault;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Handles outages of the database. Waits for the database with the current batch, whose outcome is unknown. Once the
 * database is back, the tables decide whether the batch was committed, so that no batch is written twice or skipped.
 * Past {@code RUNTAPE_STORE_TIMEOUT} the live runs are given up.
 *
 * <p>Confined to the committer's thread, except for {@link #isLasting()}, which is safe for any thread.
 */
final class StoreOutage {

    private static final Logger LOG = Logger.getLogger(StoreOutage.class);

    private static final Duration RETRY_FIRST = Duration.ofMillis(50);
    private static final Duration RETRY_LONGEST = Duration.ofSeconds(1);

    /** The outcome of the batch. */
    enum Settlement {
        /** The batch is durable. */
        WRITTEN,
        /** The batch is not durable and never will be: its runs were given up before the database was back. */
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
     * @param time the clock and the pauses of its waits
     * @param stopping whether the gateway stops, so that it must not wait any longer
     * @param giveUp called when the database has been away for too long: gives the live runs up
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
     * Waits until the outcome of the batch is settled.
     *
     * @param sinceNanos when the commit began, by the committer's time
     * @throws SQLException if the database is back and refuses the batch or the node
     */
    Settlement rideOut(StoreLink link, CommitBatch batch, Exception cause, long sinceNanos) throws SQLException {
        lasting = true;
        // Messages may quote the values that were to be stored.
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
                LOG.debugf("the database is still away: %s", SqlFault.named(e));
            } catch (RuntimeException e) {
                LOG.error("a fault of the gateway itself prevents the write of a batch", e);
                over(sinceNanos);
                throw new SQLException("a fault of the gateway itself", SqlFault.INTERNAL, e);
            }
            boolean stop = stopping.getAsBoolean();
            if (!givenUp && (stop || time.nanoTime() - sinceNanos > storeTimeout.toNanos())) {
                givenUp = true;
                LOG.error("the database has been away for too long, live runs are given up");
                giveUp.run();
            }
            if (stop) {
                return Settlement.LEFT;
            }
            pauseNanos = Math.min(pauseNanos * 2, RETRY_LONGEST.toNanos());
        }
    }

    /**
     * Finds out whether the batch was committed, and writes it if it was not. The connection's epoch proves that no
     * write of the old connection can still come.
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
