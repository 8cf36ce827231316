package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.search.Highlight;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lists the threads with a run in which words were found, and those that were named with the words. A title that is not a name is
 * a line of a prompt. Where the runs that may match are few, and the names too, their threads are looked up; else all threads are
 * walked, but for those that have none of the newest runs that may match and began later than the others, as many as {@link #THREADS_MAX} for a page, and the next
 * page goes on behind these. Blocks; safe for any thread.
 */
@Singleton
final class ThreadSearch {

    /** Threads that are looked at for one page. */
    private static final int THREADS_MAX = 2000;

    private static final int THREADS_AT_ONCE = 300;

    /** Parts of the list that are walked for one page. */
    private static final int STRETCHES_MAX = 8;

    /** As many names are compared for each page; an owner with more of them has all threads walked. */
    private static final int FEW_NAMES = 2000;

    private final ThreadWalk walk;
    private final ThreadsById byId;
    private final ThreadRuns runs;
    private final Search search;

    ThreadSearch(ThreadWalk walk, ThreadsById byId, ThreadRuns runs, Search search) {
        this.walk = walk;
        this.byId = byId;
        this.runs = runs;
        this.search = search;
    }

    /**
     * A page of hits.
     *
     * @param rows the threads, the latest activity first
     * @param highlights where the words were found, by the ids of the threads
     * @param next where the list goes on; null if it does not
     */
    record Hits(
            List<ListedThread> rows,
            Map<String, List<Highlight>> highlights,
            ThreadQueries.@Nullable StreamPosition next) {}

    /** The first threads that are hits; the page ends where enough threads or runs were looked at. */
    Hits page(
            Owner owner,
            ThreadFilter filter,
            SearchQuery query,
            Optional<ThreadQueries.StreamPosition> after,
            int limit)
            throws SQLException {
        MatchingRuns matching = MatchingRuns.of(owner, query, search, runs);
        ThreadGathering gathering = new ThreadGathering(query, search, matching, limit);
        Optional<Set<String>> names = names(owner);
        if (names.isPresent() && !matching.areMany()) {
            Set<String> ids = new HashSet<>(matching.threads());
            ids.addAll(names.get());
            List<ListedThread> all = byId.of(owner, filter, ids, after);
            boolean ends = gathering.take(all, titles(owner, query, all, names));
            return hits(gathering, ends ? gathering.last() : null);
        }
        return walked(owner, filter, query, gathering, matching, names, after, threadsOfPage(limit));
    }

    private Hits walked(
            Owner owner,
            ThreadFilter filter,
            SearchQuery query,
            ThreadGathering gathering,
            MatchingRuns matching,
            Optional<Set<String>> names,
            Optional<ThreadQueries.StreamPosition> after,
            int first)
            throws SQLException {
        Optional<ThreadQueries.StreamPosition> from = after;
        ThreadWalk.Wanted wanted = ThreadWalk.Wanted.ALL;
        int seen = 0;
        for (int stretches = 0; stretches < STRETCHES_MAX && seen < THREADS_MAX; stretches++) {
            if (names.isPresent()) {
                wanted = matching.threadsToLookAt().and(names.get());
            }
            ThreadWalk.Stretch stretch =
                    walk.next(owner, filter, wanted, from, stretches == 0 ? first : THREADS_AT_ONCE);
            List<ListedThread> some = stretch.threads();
            if (gathering.take(some, titles(owner, query, some, names))) {
                return hits(gathering, gathering.last());
            }
            if (stretch.next() == null) {
                return hits(gathering, null);
            }
            seen += some.size();
            from = Optional.of(stretch.next());
        }
        return hits(gathering, from.orElse(null));
    }

    /** As many threads as fill most pages: nearly all that the index tells of match. */
    private static int threadsOfPage(int limit) {
        return limit + 1 + limit / 4;
    }

    private static Hits hits(ThreadGathering gathering, ThreadQueries.@Nullable StreamPosition next) {
        return new Hits(gathering.found(), gathering.highlights(), next);
    }

    /** The owner's threads that were named; empty where these are not few, or not known. */
    private Optional<Set<String>> names(Owner owner) throws SQLException {
        return byId.named(owner, FEW_NAMES + 1).filter(named -> named.size() <= FEW_NAMES);
    }

    /**
     * Those titles of these threads that count, by their ids. A line of a prompt counts with the prompt, in which words may stand
     * that must not occur.
     *
     * @param names the threads that were named, where they are known
     */
    private Map<String, String> titles(
            Owner owner, SearchQuery query, List<ListedThread> some, Optional<Set<String>> names) throws SQLException {
        Set<String> counting = counting(owner, query, some, names);
        Map<String, String> titles = new HashMap<>();
        for (ListedThread thread : some) {
            @Nullable String title = thread.title();
            if (title != null && counting.contains(thread.id())) {
                titles.put(thread.id(), title);
            }
        }
        return titles;
    }

    private Set<String> counting(Owner owner, SearchQuery query, List<ListedThread> some, Optional<Set<String>> names)
            throws SQLException {
        boolean allCount = query.unwanted().isEmpty();
        if (!allCount && names.isPresent()) {
            return names.get();
        }
        List<String> ids = some.stream().map(ListedThread::id).toList();
        return allCount || byId.mayHaveUntoldNames(owner) ? Set.copyOf(ids) : byId.namedOf(owner, ids);
    }
}
