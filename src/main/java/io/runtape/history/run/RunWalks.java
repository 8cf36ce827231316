package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.history.Cursor;
import io.runtape.history.ListSlice;
import io.runtape.history.PageParameters;
import io.runtape.run.AgentThread;
import io.runtape.run.Run;
import jakarta.inject.Singleton;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Makes walks over the listings of runs. Safe for any thread. */
@Singleton
public final class RunWalks {

    private static final RunQueries.Bounds ONE = new RunQueries.Bounds(1, Long.MAX_VALUE);

    private final RunQueries runs;

    RunWalks(RunQueries runs) {
        this.runs = runs;
    }

    /** Makes a walk; its argument takes how many bytes a read will bring, and may wait until there is room for them. */
    @FunctionalInterface
    public interface Beginning {
        RunWalk begin(LongConsumer room);
    }

    /**
     * The newest runs first, from the cursor on.
     *
     * @throws io.runtape.error.ApiException 400 if the cursor is of another listing
     */
    public Beginning newest(Owner owner, RunFilter filter, PageParameters page) {
        Optional<RunQueries.StreamPosition> from =
                page.cursor(RunHistoryResource.LISTING, 2).map(RunQueries.StreamPosition::of);
        return room -> new Newest(owner, filter, from, room);
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

        private final Owner owner;
        private final RunFilter filter;
        private final LongConsumer room;
        private Optional<RunQueries.StreamPosition> after;

        Newest(Owner owner, RunFilter filter, Optional<RunQueries.StreamPosition> after, LongConsumer room) {
            this.owner = owner;
            this.filter = filter;
            this.after = after;
            this.room = room;
        }

        @Override
        public @Nullable Run next() {
            ListSlice<Run> one = runs.newest(owner, filter, after, ONE, room);
            if (one.rows().isEmpty()) {
                return null;
            }
            after = Optional.of(RunQueries.StreamPosition.of(one.last()));
            return one.last();
        }

        @Override
        public String cursor() {
            return after.orElseThrow().cursor(RunHistoryResource.LISTING);
        }
    }

    private final class OfThread implements RunWalk {

        private final Owner owner;
        private final String threadId;
        private final long upTo;
        private final LongConsumer room;
        private long after;

        OfThread(Owner owner, AgentThread thread, long after, LongConsumer room) {
            this.owner = owner;
            this.threadId = thread.id;
            this.upTo = thread.lastOrdinal;
            this.after = after;
            this.room = room;
        }

        @Override
        public @Nullable Run next() {
            ListSlice<Run> one = runs.ofThread(owner, threadId, after, upTo, ONE, room);
            if (one.rows().isEmpty()) {
                return null;
            }
            after = Objects.requireNonNull(one.last().threadOrdinal);
            return one.last();
        }

        @Override
        public String cursor() {
            return Cursor.write(listingOf(threadId), after);
        }
    }
}
