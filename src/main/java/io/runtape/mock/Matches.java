package io.runtape.mock;

import io.runtape.server.memory.BudgetShare;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Chooses the recording that answers a call of which there may be several: where all calls are answered from recordings,
 * equal calls get them in the order in which they were recorded, and the last one again from then on. Safe for any thread.
 */
@Singleton
final class Matches {

    /** So often a run that was deleted just then is followed by a look for an older one. */
    private static final int LOOKS_MAX = 10;

    private final Recordings recordings;

    /** How many equal calls there were, by owner and key. */
    private final Map<String, Integer> calls = new HashMap<>();

    private final Set<Long> used = new HashSet<>();

    Matches(Recordings recordings) {
        this.recordings = recordings;
    }

    /**
     * The newest recording that has completed.
     *
     * @param run the run with a key; empty if it was deleted since the look, and then an older one is looked for
     */
    <T> Optional<T> newest(String owner, CanonicalRequest asked, BudgetShare room, LongFunction<Optional<T>> run)
            throws SQLException {
        for (int looks = 0; looks < LOOKS_MAX; looks++) {
            Optional<Long> newest = recordings.newest(owner, asked, room);
            Optional<T> found = newest.flatMap(run::apply);
            if (found.isPresent() || newest.isEmpty()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /**
     * The next one in turn, however it ended.
     *
     * @param run the run with a key; empty if it was deleted since the look, and then the one behind it is next
     */
    <T> Optional<T> next(String owner, CanonicalRequest asked, BudgetShare room, LongFunction<Optional<T>> run)
            throws SQLException {
        List<Long> recorded = recordings.of(owner, asked, room);
        if (recorded.isEmpty()) {
            return Optional.empty();
        }
        int turn = Math.min(turn(owner, asked), recorded.size() - 1);
        Optional<T> found = Optional.empty();
        for (int at = turn; at < recorded.size() && found.isEmpty(); at++) {
            found = run.apply(recorded.get(at));
        }
        for (int at = turn - 1; at >= 0 && found.isEmpty(); at--) {
            found = run.apply(recorded.get(at));
        }
        return found;
    }

    /** How many equal calls there were before this one. */
    private synchronized int turn(String owner, CanonicalRequest asked) {
        return calls.merge(owner + ' ' + asked.key(), 1, Integer::sum) - 1;
    }

    /** Notes that the run answers a call, however it was found. */
    synchronized void use(long runPk) {
        used.add(runPk);
    }

    /** Whether the run has answered a call. */
    synchronized boolean isUsed(long runPk) {
        return used.contains(runPk);
    }
}
