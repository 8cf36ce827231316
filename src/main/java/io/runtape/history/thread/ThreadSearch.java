package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.run.AgentThread;
import io.runtape.search.Candidates;
import io.runtape.search.Document;
import io.runtape.search.Highlight;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import io.runtape.search.SearchRange;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Lists the threads with a run in which words were found, and those with the words in their title. No index has the titles: a
 * page looks at as many as {@link #TITLES_MAX} threads for them, and the next page goes on behind these. Blocks; safe for any
 * thread.
 */
@Singleton
final class ThreadSearch {

    /** Titles that are looked at for one page. */
    private static final int TITLES_MAX = 2000;

    private static final int TITLES_AT_ONCE = 500;

    /** Runs, the newest first, whose threads are looked for: those of a word that more runs have are not all found. */
    private static final int RUNS_MAX = 5000;

    private static final int RUNS_AT_ONCE = 500;

    /** Runs that are compared with the query for one page. */
    private static final int COMPARED_MAX = 2000;

    private static final int COMPARED_AT_ONCE = 10;

    /** The order of the list. */
    private static final Comparator<ThreadQueries.StreamPosition> LATEST_FIRST = Comparator.comparing(
                    ThreadQueries.StreamPosition::updatedAt)
            .thenComparing(ThreadQueries.StreamPosition::id)
            .reversed();

    private final ThreadQueries threads;
    private final Search search;

    ThreadSearch(ThreadQueries threads, Search search) {
        this.threads = threads;
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
            List<AgentThread> rows,
            Map<String, List<Highlight>> highlights,
            ThreadQueries.@Nullable StreamPosition next) {}

    Hits page(
            Owner owner,
            ThreadFilter filter,
            SearchQuery query,
            Optional<ThreadQueries.StreamPosition> after,
            int limit)
            throws SQLException {
        Found found = new Found(owner, filter, query, after);
        found.titles();
        found.runs();
        return found.page(limit);
    }

    /** The threads that may be hits. Confined to one thread. */
    private final class Found {

        private final Owner owner;
        private final ThreadFilter filter;
        private final SearchQuery query;
        private final Optional<ThreadQueries.StreamPosition> after;

        /** Where the words were found in the titles, or which runs may have them. */
        private final Map<ThreadQueries.StreamPosition, Candidate> candidates = new TreeMap<>(LATEST_FIRST);

        private int compared;

        /** The last thread whose title was looked at; null if all were. */
        private ThreadQueries.@Nullable StreamPosition titlesUpTo;

        Found(Owner owner, ThreadFilter filter, SearchQuery query, Optional<ThreadQueries.StreamPosition> after) {
            this.owner = owner;
            this.filter = filter;
            this.query = query;
            this.after = after;
        }

        void titles() {
            Optional<ThreadQueries.StreamPosition> from = after;
            for (int read = 0; read < TITLES_MAX; read += TITLES_AT_ONCE) {
                List<ThreadQueries.Titled> some = threads.titles(owner, filter, from, TITLES_AT_ONCE);
                for (ThreadQueries.Titled thread : some) {
                    Search.inTitle(query, thread.title())
                            .ifPresent(highlights -> candidate(thread.place()).title = highlights);
                }
                if (some.size() < TITLES_AT_ONCE) {
                    titlesUpTo = null;
                    return;
                }
                titlesUpTo = some.get(some.size() - 1).place();
                from = Optional.of(titlesUpTo);
            }
        }

        private Candidate candidate(ThreadQueries.StreamPosition place) {
            return candidates.computeIfAbsent(place, key -> new Candidate());
        }

        void runs() throws SQLException {
            Candidates runs = search.candidates(owner, query, SearchRange.ALL);
            List<Document> some = runs.next(RUNS_AT_ONCE);
            for (int read = 0; !some.isEmpty() && read < RUNS_MAX; read += RUNS_AT_ONCE) {
                List<Long> pks = some.stream().map(Document::runPk).toList();
                Map<Long, ThreadQueries.OfRun> threadOf = new HashMap<>();
                threads.ofRuns(owner, filter, after, pks).forEach(of -> threadOf.put(of.runPk(), of));
                for (long runPk : pks) {
                    ThreadQueries.@Nullable OfRun of = threadOf.get(runPk);
                    if (of != null) {
                        candidate(new ThreadQueries.StreamPosition(of.updatedAt(), of.id()))
                                .runs
                                .add(runPk);
                    }
                }
                some = runs.next(RUNS_AT_ONCE);
            }
        }

        /** The first that are hits; the page ends where not all titles are known, or where enough runs are compared. */
        Hits page(int limit) throws SQLException {
            Map<String, List<Highlight>> highlights = new HashMap<>();
            List<String> ids = new ArrayList<>();
            Iterator<Map.Entry<ThreadQueries.StreamPosition, Candidate>> left =
                    candidates.entrySet().iterator();
            Deque<Map.Entry<ThreadQueries.StreamPosition, Candidate>> some = new ArrayDeque<>();
            Map<Long, List<Highlight>> newest = Map.of();
            ThreadQueries.@Nullable StreamPosition last = null;
            ThreadQueries.@Nullable StreamPosition next = titlesUpTo;
            while (left.hasNext() || !some.isEmpty()) {
                if (some.isEmpty()) {
                    for (int i = ids.size(); i <= limit && left.hasNext(); i++) {
                        some.add(left.next());
                    }
                    newest = newestOf(some);
                }
                ThreadQueries.StreamPosition place = some.element().getKey();
                Candidate candidate = some.remove().getValue();
                if (titlesUpTo != null && LATEST_FIRST.compare(place, titlesUpTo) > 0) {
                    break;
                }
                if (compared >= COMPARED_MAX) {
                    next = last;
                    break;
                }
                Optional<List<Highlight>> found =
                        candidate.title == null ? first(candidate.runs, newest) : Optional.of(candidate.title);
                if (found.isPresent()) {
                    if (ids.size() == limit) {
                        next = last;
                        break;
                    }
                    ids.add(place.id());
                    highlights.put(place.id(), found.get());
                }
                last = place;
            }
            return new Hits(inOrder(ids), highlights, next);
        }

        /** Where the newest runs of those without a title that matches do so: mostly they do, and are compared together. */
        private Map<Long, List<Highlight>> newestOf(Collection<Map.Entry<ThreadQueries.StreamPosition, Candidate>> some)
                throws SQLException {
            List<Long> runs = some.stream()
                    .map(Map.Entry::getValue)
                    .filter(candidate -> candidate.title == null)
                    .map(candidate -> candidate.runs.get(0))
                    .toList();
            return search.matching(query, runs);
        }

        /** Where the newest of these runs that matches does so. */
        private Optional<List<Highlight>> first(List<Long> runs, Map<Long, List<Highlight>> newest)
                throws SQLException {
            compared++;
            @Nullable List<Highlight> ofNewest = newest.get(runs.get(0));
            if (ofNewest != null) {
                return Optional.of(ofNewest);
            }
            for (int from = 1; from < runs.size(); from += COMPARED_AT_ONCE) {
                List<Long> some = runs.subList(from, Math.min(from + COMPARED_AT_ONCE, runs.size()));
                compared += some.size();
                Map<Long, List<Highlight>> matching = search.matching(query, some);
                for (long runPk : some) {
                    @Nullable List<Highlight> highlights = matching.get(runPk);
                    if (highlights != null) {
                        return Optional.of(highlights);
                    }
                }
            }
            return Optional.empty();
        }

        private List<AgentThread> inOrder(List<String> ids) {
            Map<String, AgentThread> rows = new HashMap<>();
            threads.these(owner, ids).forEach(thread -> rows.put(thread.id, thread));
            return ids.stream().map(rows::get).filter(Objects::nonNull).toList();
        }
    }

    /** A thread that may be a hit. */
    private static final class Candidate {

        private @Nullable List<Highlight> title;
        private final List<Long> runs = new ArrayList<>();
    }
}
