package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.facet.Place;
import io.runtape.facet.RunOrder;
import io.runtape.history.ListSlice;
import io.runtape.run.Run;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads runs page by page, each page once there is room for it. Whoever waits for room holds no connection, which others may need
 * for a small response. Blocks; safe for any thread.
 */
@Singleton
public final class RunPages {

    /**
     * How much of a listing to read.
     *
     * @param runs the most runs
     * @param bytes the read ends with the run that reaches this many bytes of text, since prompts and results may be
     *     megabytes long
     */
    public record Bounds(int runs, long bytes) {

        private static final long PAGE_BYTES = 4 << 20;

        /** The bounds of a page with at most this many runs. */
        public static Bounds ofPage(int limit) {
            return new Bounds(limit, PAGE_BYTES);
        }
    }

    private final RunQueries runs;

    RunPages(RunQueries runs) {
        this.runs = runs;
    }

    /**
     * Runs that were found.
     *
     * @param runs the runs, in the listing's order
     * @param after where the listing goes on; null at its end
     */
    record Found(List<Run> runs, @Nullable Place after) {}

    /**
     * The next runs that are selected, in an order, from a place on.
     *
     * @param room takes how many bytes the read will bring; may wait until there is room for them, or throw
     */
    Found page(RunSelection selection, RunOrder order, Optional<Place> after, Bounds bounds, LongConsumer room)
            throws SQLException {
        return read(selection.owner(), runs.listed(selection, order, after, bounds), room);
    }

    /** The run at a place; empty if it was deleted. */
    Optional<Run> at(Owner owner, Place place, LongConsumer room) throws SQLException {
        RunQueries.Listed one = runs.listed(List.of(place), new Bounds(1, Long.MAX_VALUE));
        return read(owner, one, room).runs().stream().findFirst();
    }

    /**
     * The runs of a thread in their order, between two places.
     *
     * @param room takes how many bytes the read will bring; may wait until there is room for them, or throw
     */
    public ListSlice<Run> ofThread(
            Owner owner, String threadId, long afterOrdinal, long upToOrdinal, Bounds bounds, LongConsumer room)
            throws SQLException {
        Found found;
        do {
            // None, and more of them, where those were deleted meanwhile.
            found = read(owner, runs.listedOfThread(owner, threadId, afterOrdinal, upToOrdinal, bounds), room);
        } while (found.runs().isEmpty() && found.after() != null);
        return new ListSlice<>(found.runs(), found.after() != null);
    }

    /** The runs of a listing; without those that were deleted meanwhile. */
    Found read(Owner owner, RunQueries.Listed listed, LongConsumer room) {
        if (listed.keys().isEmpty()) {
            return new Found(List.of(), listed.after());
        }
        room.accept(listed.bytes());
        return new Found(runs.rows(owner, listed.keys()), listed.after());
    }
}
