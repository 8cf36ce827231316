package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.facet.Place;
import io.runtape.facet.RunOrder;
import io.runtape.history.Cursor;
import io.runtape.history.ListSlice;
import io.runtape.history.PageParameters;
import io.runtape.run.AgentThread;
import io.runtape.run.Run;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Makes walks over the listings of runs. Safe for any thread. */
@Singleton
public final class RunWalks {

    private static final RunPages.Bounds ONE = new RunPages.Bounds(1, Long.MAX_VALUE);

    /** Places of one read. */
    private static final int PLACES = 100;

    private final RunQueries runs;
    private final RunPages pages;
    private final RunCursors cursors;

    RunWalks(RunQueries runs, RunPages pages, RunCursors cursors) {
        this.runs = runs;
        this.pages = pages;
        this.cursors = cursors;
    }

    /** Makes a walk; its argument takes how many bytes a read will bring, and may wait until there is room for them. */
    @FunctionalInterface
    public interface Beginning {
        RunWalk begin(LongConsumer room);
    }

    /**
     * The newest runs first, from the cursor on, of those that are selected and have their frames.
     *
     * @throws io.runtape.error.ApiException 400 if the cursor is of another listing
     */
    public Beginning newest(RunSelection selection, PageParameters page) {
        Optional<Place> from = cursors.after(selection.owner(), page, RunOrder.NEWEST);
        return room -> new Newest(selection, from, room);
    }

    /**
     * The runs of a thread in their order, from the cursor on.
     *
     * @throws io.runtape.error.ApiException 400 if the cursor is of another listing
     */
    public Beginning ofThread(Owner owner, AgentThread thread, PageParameters page) {
        String listing = listingOf(thread.id);
        long from = page.cursor(listing, 1).map(cursor -> cursor.number(0)).orElse(0L);
        return room -> new OfThread(owner, thread, from, room);
    }

    /** Names the listing of a thread's runs. */
    public static String listingOf(String threadId) {
        return "runs " + threadId;
    }

    private final class Newest implements RunWalk {

        private final RunSelection selection;
        private final LongConsumer room;
        private final Queue<Place> places = new ArrayDeque<>();

        /** Behind the last run that was returned, and behind the last place that was read. */
        private Optional<Place> after;

        private Optional<Place> read;
        private boolean over;
        private long withoutFrames;

        Newest(RunSelection selection, Optional<Place> after, LongConsumer room) {
            this.selection = selection;
            this.after = after;
            this.read = after;
            this.room = room;
        }

        @Override
        public @Nullable Run next() throws SQLException {
            if (places.isEmpty()) {
                List<Place> some = runs.places(selection, RunOrder.NEWEST, read, PLACES);
                over = some.isEmpty();
                if (!over) {
                    read = Optional.of(some.get(some.size() - 1));
                    places.addAll(runs.withFrames(some));
                    withoutFrames += some.size() - places.size();
                }
            }
            Place place = places.poll();
            if (place == null) {
                return null;
            }
            after = Optional.of(place);
            return pages.at(selection.owner(), place, room).orElse(null);
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public long withoutFrames() {
            return withoutFrames;
        }

        @Override
        public String cursor() {
            return cursors.leadingBehind(selection.owner(), after.orElseThrow(), RunOrder.NEWEST);
        }
    }

    private final class OfThread implements RunWalk {

        private final Owner owner;
        private final String threadId;
        private final long upTo;
        private final LongConsumer room;
        private long after;
        private boolean over;

        OfThread(Owner owner, AgentThread thread, long after, LongConsumer room) {
            this.owner = owner;
            this.threadId = thread.id;
            this.upTo = thread.lastOrdinal;
            this.after = after;
            this.room = room;
        }

        @Override
        public @Nullable Run next() throws SQLException {
            ListSlice<Run> one = pages.ofThread(owner, threadId, after, upTo, ONE, room);
            if (one.rows().isEmpty()) {
                over = true;
                return null;
            }
            after = Objects.requireNonNull(one.last().threadOrdinal);
            return one.last();
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public long withoutFrames() {
            return 0;
        }

        @Override
        public String cursor() {
            return Cursor.write(listingOf(threadId), after);
        }
    }
}
