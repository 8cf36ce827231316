package io.runtape.journal;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The runs that this gateway records now, and how many they may be. Safe for any thread. */
final class LiveRuns {

    private final int max;
    private final int maxPerOwner;
    private final Map<Long, RunJournal> runs = new ConcurrentHashMap<>();
    private final AtomicInteger places = new AtomicInteger();
    private final Map<String, Integer> placesOfOwners = new ConcurrentHashMap<>();

    LiveRuns(int max, int maxPerOwner) {
        this.max = max;
        this.maxPerOwner = maxPerOwner;
    }

    /**
     * Takes a place for a run of this owner, which is added next.
     *
     * @throws TooManyRunsException if there is none
     */
    void takePlace(String owner) {
        if (places.incrementAndGet() > max) {
            places.decrementAndGet();
            throw new TooManyRunsException(false);
        }
        if (!takePlaceOf(owner)) {
            places.decrementAndGet();
            throw new TooManyRunsException(true);
        }
    }

    /** Adds a run, which has a place. */
    void add(RunJournal run) {
        runs.put(run.pk(), run);
    }

    private boolean takePlaceOf(String owner) {
        boolean[] taken = {false};
        placesOfOwners.compute(owner, (o, before) -> {
            int live = before == null ? 0 : before;
            taken[0] = live < maxPerOwner;
            return taken[0] ? Integer.valueOf(live + 1) : before;
        });
        return taken[0];
    }

    /** Removes a run, if it is there. */
    void remove(RunJournal run) {
        if (runs.remove(run.pk(), run)) {
            placesOfOwners.computeIfPresent(
                    run.key().owner(), (o, live) -> live == 1 ? null : Integer.valueOf(live - 1));
            places.decrementAndGet();
        }
    }

    @Nullable
    RunJournal get(long pk) {
        return runs.get(pk);
    }

    Collection<RunJournal> all() {
        return runs.values();
    }

    int count() {
        return runs.size();
    }
}
