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

/**
 * Chooses the recording that answers a call of which there may be several: where all calls are answered from recordings,
 * equal calls get them in the order in which they were recorded, and the last one again from then on. Safe for any thread.
 */
@Singleton
final class Matches {

    private final Recordings recordings;

    /** How many equal calls there were, by owner and key. */
    private final Map<String, Integer> calls = new HashMap<>();

    private final Set<Long> used = new HashSet<>();

    Matches(Recordings recordings) {
        this.recordings = recordings;
    }

    /** The newest recording that has completed. */
    Optional<Long> newest(String owner, CanonicalRequest asked, BudgetShare room) throws SQLException {
        return recordings.newest(owner, asked, room);
    }

    /** The next one in turn, however it ended. */
    Optional<Long> next(String owner, CanonicalRequest asked, BudgetShare room) throws SQLException {
        List<Long> found = recordings.of(owner, asked, room);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        synchronized (this) {
            int call = calls.merge(owner + ' ' + asked.key(), 1, Integer::sum);
            return Optional.of(found.get(Math.min(call, found.size()) - 1));
        }
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
