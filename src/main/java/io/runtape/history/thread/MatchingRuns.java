package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import io.runtape.segment.Candidates;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The runs of an owner that may match a query, by their threads. Where they are few, all are known at once; where they are many, as
 * many of the newest are known as the threads need that are looked at. Confined to one thread.
 */
final class MatchingRuns {

    /** As many runs that may match are looked up with their threads; where more may, the threads are, with their runs. */
    private static final int FEW = 1000;

    /** Of the runs that may match only the newest are known, where there are more; older ones are compared. */
    private static final int KNOWN_MAX = 5000;

    private static final int AT_ONCE = 500;

    /** As many of the newest are looked up with their threads first, and four times as many each time as these are not enough. */
    private static final int FIRST_WITH_THREADS = 150;

    private static final int TIMES_MORE = 4;

    /**
     * A thread begins with the run that joins it first. One that began earlier may join it later: it waits for its response, for half
     * an hour at most, and the clocks of gateways differ.
     */
    private static final Duration JOINS_WITHIN = Duration.ofHours(1);

    private final Owner owner;
    private final ThreadRuns runs;

    /** By their threads, the newest first; where they are few. */
    private final Map<String, List<Long>> few = new HashMap<>();

    /** Where they are many; as far as they are known, the newest first. */
    private final List<Document> many = new ArrayList<>();

    /** The keys of these. */
    private final Set<Long> manyKeys = new HashSet<>();

    /** The threads of the first of these, and how many these are. */
    private final Set<String> threadsOfFirst = new HashSet<>();

    private int withThreads;

    /** The same by their threads, once they are needed so. */
    private @Nullable Map<String, List<Long>> manyOf;

    /** Threads that have older runs than the newest of them that are looked at first. */
    private final Set<String> older = new HashSet<>();

    /** Those that come behind these; null if no more are to be known. */
    private @Nullable Candidates others;

    /** Runs that began then or earlier may match too, in microseconds since 1970. */
    private long unknownBefore = Long.MIN_VALUE;

    private MatchingRuns(Owner owner, ThreadRuns runs) {
        this.owner = owner;
        this.runs = runs;
    }

    static MatchingRuns of(Owner owner, SearchQuery query, Search search, ThreadRuns runs) throws SQLException {
        MatchingRuns matching = new MatchingRuns(owner, runs);
        matching.begin(
                search.candidates(owner, query, DocumentRange.ALL, search.live(owner, query, DocumentRange.ALL)));
        return matching;
    }

    private void begin(Candidates candidates) throws SQLException {
        List<Document> first = candidates.next(FEW + 1);
        if (first.size() > FEW) {
            others = candidates;
            know(first);
            return;
        }
        List<Long> pks = first.stream().map(Document::runPk).toList();
        Map<Long, String> threadOf = runs.threadsOf(owner, pks);
        for (long runPk : pks) {
            @Nullable String thread = threadOf.get(runPk);
            if (thread != null) {
                few.computeIfAbsent(thread, id -> new ArrayList<>()).add(runPk);
            }
        }
    }

    private void know(List<Document> next) {
        many.addAll(next);
        next.forEach(run -> manyKeys.add(run.runPk()));
        unknownBefore =
                next.isEmpty() ? Long.MIN_VALUE : next.get(next.size() - 1).createdMicros();
        if (next.isEmpty() || many.size() >= KNOWN_MAX) {
            others = null;
        }
    }

    /** Has the runs known that began no earlier than the oldest of these, if that are not too many. */
    private void knowDownTo(List<ThreadRuns.RunOf> these) throws SQLException {
        long oldest =
                these.stream().mapToLong(ThreadRuns.RunOf::createdMicros).min().orElse(Long.MAX_VALUE);
        while (others != null && unknownBefore >= oldest) {
            know(others.next(AT_ONCE));
        }
    }

    /** Whether they are so many that the threads of all of them are not known. */
    boolean areMany() {
        return !many.isEmpty();
    }

    /**
     * Where they are many, threads that have one of them, and maybe others: those of the newest, more of these each time, and those
     * that began before. A thread that began later has none.
     */
    ThreadWalk.Wanted threadsToLookAt() throws SQLException {
        int upTo = Math.min(many.size(), withThreads == 0 ? FIRST_WITH_THREADS : TIMES_MORE * withThreads);
        List<Long> next =
                many.subList(withThreads, upTo).stream().map(Document::runPk).toList();
        threadsOfFirst.addAll(runs.threadsOf(owner, next).values());
        withThreads = upTo;
        long older = upTo < many.size() ? many.get(upTo).createdMicros() : Math.max(0, unknownBefore);
        return new ThreadWalk.Wanted(
                Set.copyOf(threadsOfFirst),
                Instant.EPOCH.plus(older, ChronoUnit.MICROS).plus(JOINS_WITHIN));
    }

    /** All threads that have one of them, where they are few. */
    Set<String> threads() {
        return few.keySet();
    }

    /** Those of these threads, by the threads, the newest first; where they are many, those among the newest runs of each thread. */
    Map<String, List<Long>> of(List<String> threads) throws SQLException {
        if (!areMany()) {
            return few;
        }
        List<ThreadRuns.RunOf> newest = runs.newestOf(owner, threads);
        knowDownTo(newest);
        Map<String, List<Long>> runsOf = new HashMap<>();
        Map<String, Integer> seen = new HashMap<>();
        for (ThreadRuns.RunOf run : newest) {
            if (seen.merge(run.threadId(), 1, Integer::sum) == ThreadRuns.NEWEST) {
                older.add(run.threadId());
            }
            if (manyKeys.contains(run.runPk()) || run.createdMicros() <= unknownBefore) {
                runsOf.computeIfAbsent(run.threadId(), id -> new ArrayList<>()).add(run.runPk());
            }
        }
        return runsOf;
    }

    /** Whether the thread may have some behind those that {@link #of} has told. */
    boolean mayHaveOlder(String thread) {
        return older.contains(thread);
    }

    /** Those of a thread that are known, without these; the newest first. */
    List<Long> olderOf(String thread, List<Long> without, int max) throws SQLException {
        Map<String, List<Long>> byThread = manyOf;
        if (byThread == null) {
            while (others != null) {
                know(others.next(AT_ONCE));
            }
            Map<Long, String> threadOf = runs.threadsOf(owner, manyKeys);
            byThread = many.stream()
                    .map(Document::runPk)
                    .filter(threadOf::containsKey)
                    .collect(Collectors.groupingBy(threadOf::get));
            manyOf = byThread;
        }
        List<Long> known = new ArrayList<>(byThread.getOrDefault(thread, List.of()));
        known.removeAll(Set.copyOf(without));
        return known.subList(0, Math.min(known.size(), max));
    }
}
