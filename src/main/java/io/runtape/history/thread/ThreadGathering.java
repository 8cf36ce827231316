package io.runtape.history.thread;

import io.runtape.search.Comparison;
import io.runtape.search.Highlight;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the threads of one page that match a query: by their titles, or by one of their runs. Confined to one thread.
 */
final class ThreadGathering {

    /** Runs that are compared with the query for one page. */
    private static final int COMPARED_MAX = 2000;

    private static final int COMPARED_AT_ONCE = 10;

    /** Threads whose newest runs are compared together. */
    private static final int THREADS_AT_ONCE = 52;

    private final SearchQuery query;
    private final Comparison comparison;
    private final MatchingRuns runs;
    private final int limit;
    private final List<ListedThread> found = new ArrayList<>();
    private final Map<String, List<Highlight>> highlights = new HashMap<>();
    private int compared;

    /** Whether runs of the thread that was looked at last are left that were not compared. */
    private boolean cutShort;

    /** The last thread that was looked at. */
    private ThreadQueries.@Nullable StreamPosition last;

    ThreadGathering(SearchQuery query, Search search, MatchingRuns runs, int limit) {
        this.query = query;
        this.comparison = search.comparing(query);
        this.runs = runs;
        this.limit = limit;
    }

    /** The threads that match, in the order in which they came. */
    List<ListedThread> found() {
        return found;
    }

    /** Where the words were found, by the ids of the threads. */
    Map<String, List<Highlight>> highlights() {
        return highlights;
    }

    /** The place of the last thread that was looked at. */
    ThreadQueries.@Nullable StreamPosition last() {
        return last;
    }

    /**
     * Takes the hits among some threads, in their order.
     *
     * @param titles those of their titles that count, by their ids
     * @return whether the page ends, though more may follow
     */
    boolean take(List<ListedThread> some, Map<String, String> titles) throws SQLException {
        Deque<Candidate> left = candidates(some, titles);
        Map<Long, List<Highlight>> newest = Map.of();
        for (int ahead = 0; !left.isEmpty(); ahead--) {
            if (ahead == 0) {
                ahead = Math.min(Math.min(left.size(), THREADS_AT_ONCE), limit + 1 - found.size());
                newest = newestOf(left.stream().limit(ahead).toList());
            }
            Candidate candidate = left.remove();
            Optional<List<Highlight>> where =
                    candidate.title == null ? inRuns(candidate, newest) : Optional.of(candidate.title);
            if (cutShort && last != null) {
                // The next page begins with it, and compares as much of it as one page can.
                return true;
            }
            if (where.isPresent()) {
                if (found.size() == limit) {
                    return true;
                }
                found.add(candidate.thread);
                highlights.put(candidate.thread.id(), where.get());
            }
            last = candidate.thread.place();
            if (isExhausted()) {
                return true;
            }
        }
        return false;
    }

    private boolean isExhausted() {
        return compared >= COMPARED_MAX || comparison.isExhausted();
    }

    /** Those of some threads that have the words in their title, or runs that may have them. */
    private Deque<Candidate> candidates(List<ListedThread> some, Map<String, String> titles) throws SQLException {
        Map<String, List<Highlight>> inTitles = new HashMap<>();
        for (ListedThread thread : some) {
            Search.inTitle(query, titles.get(thread.id())).ifPresent(where -> inTitles.put(thread.id(), where));
        }
        Map<String, List<Long>> runsOf = runs.of(some.stream()
                .map(ListedThread::id)
                .filter(id -> !inTitles.containsKey(id))
                .toList());
        Deque<Candidate> candidates = new ArrayDeque<>();
        for (ListedThread thread : some) {
            Candidate each =
                    new Candidate(thread, inTitles.get(thread.id()), runsOf.getOrDefault(thread.id(), List.of()));
            if (each.title != null || !each.runs.isEmpty() || runs.mayHaveOlder(thread.id())) {
                candidates.add(each);
            }
        }
        return candidates;
    }

    /** Where the newest runs of those without a title that matches do so: mostly they do, and are compared together. */
    private Map<Long, List<Highlight>> newestOf(List<Candidate> some) throws SQLException {
        List<Long> newest = some.stream()
                .filter(candidate -> candidate.title == null && !candidate.runs.isEmpty())
                .map(candidate -> candidate.runs.get(0))
                .toList();
        return comparison.with(newest);
    }

    /** Where the newest run of the thread that matches does so; those of many runs that are older and not known are not compared. */
    private Optional<List<Highlight>> inRuns(Candidate candidate, Map<Long, List<Highlight>> newest)
            throws SQLException {
        if (last == null) {
            // The first thread of a page is compared with as much as a page may have, whatever its neighbours took.
            comparison.renew();
            compared = 0;
        }
        compared++;
        List<Long> ofThread = candidate.runs;
        if (!ofThread.isEmpty()) {
            @Nullable List<Highlight> ofNewest = newest.get(ofThread.get(0));
            Optional<List<Highlight>> where =
                    ofNewest == null ? first(ofThread.subList(1, ofThread.size())) : Optional.of(ofNewest);
            if (where.isPresent()) {
                return where;
            }
        }
        String thread = candidate.thread.id();
        return !cutShort && runs.mayHaveOlder(thread)
                ? first(runs.olderOf(thread, ofThread, COMPARED_MAX))
                : Optional.empty();
    }

    /** Where the first of these runs that matches does so, of as many as a page compares. */
    private Optional<List<Highlight>> first(List<Long> some) throws SQLException {
        for (int from = 0; from < some.size(); from += COMPARED_AT_ONCE) {
            if (isExhausted()) {
                cutShort = true;
                return Optional.empty();
            }
            List<Long> next = some.subList(from, Math.min(from + COMPARED_AT_ONCE, some.size()));
            compared += next.size();
            Map<Long, List<Highlight>> matching = comparison.with(next);
            for (long runPk : next) {
                @Nullable List<Highlight> where = matching.get(runPk);
                if (where != null) {
                    return Optional.of(where);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * A thread that may be a hit.
     *
     * @param title where the words were found in the title; null if it does not match
     * @param runs those that may match, the newest first
     */
    private record Candidate(ListedThread thread, @Nullable List<Highlight> title, List<Long> runs) {}
}
