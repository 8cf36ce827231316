package io.runtape.history;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.store.Pace;
import io.runtape.store.Store;
import io.runtape.store.StoreFailures;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Deletes what a listing shows: counts it, compares the count with the one that the caller was told, and then deletes one
 * after the other, each in small transactions of its own. It walks the places of the listing, and holds no more than one piece of
 * them and, for a deletion, which were counted. What joins the listing meanwhile stays, and so does what the database cannot read,
 * which keeps none of the others. Blocks; safe for any thread.
 */
@Singleton
public final class FilteredDeletion {

    private static final Logger LOG = Logger.getLogger(FilteredDeletion.class);

    /** Places of one read. */
    private static final int PLACES = 500;

    /**
     * Deletions at once at this gateway: each holds a thread and a connection of the history until its end, which may be
     * minutes away. Further ones get 503.
     */
    private static final int AT_ONCE = 2;

    private static final Duration AGAIN_AFTER = Duration.ofSeconds(5);

    private final DataSource database;
    private final Store store;
    private final Semaphore turns = new Semaphore(AT_ONCE);

    FilteredDeletion(DataSource database, Store store) {
        this.database = database;
        this.store = store;
    }

    /**
     * A listing, and how to delete what it shows.
     *
     * @param <P> a place in the listing
     */
    public interface Target<P> {

        /** The next places, from a place on, which is not among them; empty for the beginning. */
        List<P> next(Optional<P> after, int limit) throws SQLException;

        /** Tells the entry at a place from all others. */
        long key(P place);

        /** How the log names the entry at a place. Blocks. */
        String name(Connection connection, P place);

        /** How many of these go on. */
        long running(List<P> places) throws SQLException;

        /**
         * Deletes what is there. The caller sees to it that this is durable.
         *
         * @param connection in auto-commit mode
         * @param pace rests between pieces of a long deletion
         * @return false if it goes on, or is deleted already
         */
        boolean delete(Connection connection, P place, Pace pace) throws SQLException;
    }

    /**
     * Does what the caller asked for.
     *
     * @throws ApiException 409 if the count is another one, or something of it goes on; 503 if too many deletions are under
     *     way; 500 if some of it cannot be deleted, and all of the others are
     */
    public <P> Deleted of(DeletionParameters asked, Target<P> target) throws SQLException {
        if (!turns.tryAcquire()) {
            throw ApiException.of(
                            ErrorCode.OVERLOADED,
                            "A gateway makes " + AT_ONCE
                                    + " deletions by filter at once, and as many go on. Nothing was deleted; try again later.")
                    .retryAfter(AGAIN_AFTER);
        }
        try {
            CountedEntries counted = new CountedEntries();
            Deleted found = count(target, asked.isDry() ? key -> {} : counted::add);
            if (asked.isDry()) {
                return found;
            }
            if (found.count() != asked.expect().orElseThrow()) {
                throw ApiException.of(
                        ErrorCode.UNEXPECTED_COUNT,
                        "The filter selects " + found.count() + " now, and expect is "
                                + asked.expect().orElseThrow() + ". Nothing was deleted; ask with dryRun=true again.");
            }
            if (found.running() > 0) {
                throw ApiException.of(
                        ErrorCode.RUN_ACTIVE,
                        found.running() + " of the selected runs or threads " + (found.running() == 1 ? "is" : "are")
                                + " still running. Nothing was deleted; cancel what is running, wait for its end, or leave"
                                + " it out with a narrower filter.");
            }
            return new Deleted(delete(target, counted), 0);
        } finally {
            turns.release();
        }
    }

    private static <P> Deleted count(Target<P> target, LongConsumer counted) throws SQLException {
        Pace pace = Pace.ofHalfTheTime();
        long count = 0;
        long running = 0;
        List<P> places = target.next(Optional.empty(), PLACES);
        while (!places.isEmpty()) {
            places.forEach(place -> counted.accept(target.key(place)));
            count += places.size();
            running += target.running(places);
            places = places.size() < PLACES ? List.of() : target.next(last(places), PLACES);
            pace.rest();
        }
        return new Deleted(count, running);
    }

    private static <P> Optional<P> last(List<P> places) {
        return Optional.of(places.get(places.size() - 1));
    }

    private <P> long delete(Target<P> target, CountedEntries counted) throws SQLException {
        Pace pace = Pace.ofHalfTheTime();
        long deleted = 0;
        long left = 0;
        try (Connection connection = database.getConnection()) {
            List<P> places = target.next(Optional.empty(), PLACES);
            while (!places.isEmpty()) {
                for (P place : places) {
                    try {
                        if (counted.has(target.key(place)) && target.delete(connection, place, pace)) {
                            deleted++;
                        }
                    } catch (SQLException | RuntimeException e) {
                        if (!StoreFailures.staysWithTheRow(e)) {
                            throw e;
                        }
                        LOG.errorf(e, "%s cannot be deleted, and stays", target.name(connection, place));
                        left++;
                    }
                    pace.rest();
                }
                places = places.size() < PLACES ? List.of() : target.next(last(places), PLACES);
            }
            store.makeDurable(connection);
        }
        if (left > 0) {
            throw someStay(left, counted.count(), deleted);
        }
        return deleted;
    }

    private static ApiException someStay(long left, long count, long deleted) {
        return ApiException.of(
                ErrorCode.INTERNAL_ERROR,
                left + " of the " + count
                        + " selected runs or threads cannot be deleted: the database cannot read what it has of"
                        + " them, and the log names them. " + deleted + " of the others "
                        + (deleted == 1 ? "is" : "are")
                        + " deleted.");
    }
}
