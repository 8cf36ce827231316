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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Lists the threads with a run in which words were found, and those with the words in their title. No index has the titles: a
 * page looks at as many as {@link #THREADS_MAX} threads for them, and the next page goes on behind these. Blocks; safe for any
 * thread.
 */
@Singleton
final class ThreadSearch {

    /** Threads that are looked at for one page. */
    private static final int THREADS_MAX = 2000;

    /** Most pages are full with the first of them. */
    private static final int FIRST_THREADS = 100;

    private static final int THREADS_AT_ONCE = 500;

    /** As many runs that may match are looked up with their threads; where more may, the threads are, with their runs. */
    private static final int FEW_RUNS = 200;

    /** Of the runs that may match only the newest are known, where there are more; older ones are compared. */
    private static final int RUNS_MAX = 5000;

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
        return new Found(owner, filter, query, after).page(limit);
    }

    /** The threads that may be hits. Confined to one thread. */
    private final class Found {

        private final Owner owner;
        private final ThreadFilter filter;
        private final SearchQuery query;
        private final Optional<ThreadQueries.StreamPosition> after;

        /** Where the words were found in the titles, or which runs may have them. */
        private final NavigableMap<ThreadQueries.StreamPosition, Candidate> candidates = new TreeMap<>(LATEST_FIRST);

        /** The runs that may have them, as far as they are known; empty where their threads are. */
        private final Set<Long> known = new HashSet<>();

        /** Runs that began earlier may have them too, in microseconds since 1970. */
        private long unknownBefore = Long.MIN_VALUE;

        /** How many threads were looked at. */
        private int seen;

        /** The last of them; null once all were. */
        private ThreadQueries.@Nullable StreamPosition upTo;

        private int compared;

        Found(Owner owner, ThreadFilter filter, SearchQuery query, Optional<ThreadQueries.StreamPosition> after) {
            this.owner = owner;
            this.filter = filter;
            this.query = query;
            this.after = after;
        }

        private void findRuns() throws SQLException {
            Candidates runs = search.candidates(owner, query, SearchRange.ALL);
            List<Document> few = runs.next(FEW_RUNS + 1);
            if (few.size() <= FEW_RUNS) {
                List<Long> pks = few.stream().map(Document::runPk).toList();
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
                return;
            }
            few.forEach(run -> known.add(run.runPk()));
            List<Document> more = runs.next(RUNS_MAX);
            more.forEach(run -> known.add(run.runPk()));
            if (more.size() == RUNS_MAX) {
                unknownBefore = more.get(RUNS_MAX - 1).createdMicros();
            }
        }

        private Candidate candidate(ThreadQueries.StreamPosition place) {
            return candidates.computeIfAbsent(place, key -> new Candidate());
        }

        /** Looks at the next threads of the list. */
        private void look() {
            int count = seen == 0 ? FIRST_THREADS : THREADS_AT_ONCE;
            List<ThreadQueries.Titled> some =
                    threads.titles(owner, filter, seen == 0 ? after : Optional.ofNullable(upTo), count);
            Map<String, ThreadQueries.StreamPosition> untitled = new HashMap<>();
            for (ThreadQueries.Titled thread : some) {
                Optional<List<Highlight>> found = Search.inTitle(query, thread.title());
                if (found.isPresent()) {
                    candidate(thread.place()).title = found.get();
                } else {
                    untitled.put(thread.id(), thread.place());
                }
            }
            if (!known.isEmpty()) {
                for (ThreadQueries.RunOf run : threads.newestRuns(owner, List.copyOf(untitled.keySet()))) {
                    if (known.contains(run.runPk())
                            || ChronoUnit.MICROS.between(Instant.EPOCH, run.createdAt()) < unknownBefore) {
                        candidate(Objects.requireNonNull(untitled.get(run.id())))
                                .runs
                                .add(run.runPk());
                    }
                }
            }
            seen += some.size();
            upTo = some.size() < count ? null : some.get(some.size() - 1).place();
        }

        /** The first that are hits; the page ends where enough threads or runs were looked at. */
        Hits page(int limit) throws SQLException {
            findRuns();
            Map<String, List<Highlight>> highlights = new LinkedHashMap<>();
            ThreadQueries.@Nullable StreamPosition last = null;
            do {
                look();
                NavigableMap<ThreadQueries.StreamPosition, Candidate> within =
                        upTo == null ? candidates : candidates.headMap(upTo, true);
                Deque<Map.Entry<ThreadQueries.StreamPosition, Candidate>> left = new ArrayDeque<>(within.entrySet());
                Map<Long, List<Highlight>> newest = Map.of();
                for (int ahead = 0; !left.isEmpty(); ahead--) {
                    if (ahead == 0) {
                        ahead = Math.min(left.size(), limit + 1 - highlights.size());
                        newest = newestOf(left.stream().limit(ahead).toList());
                    }
                    ThreadQueries.StreamPosition place = left.element().getKey();
                    Candidate candidate = left.remove().getValue();
                    if (compared >= COMPARED_MAX) {
                        return hits(highlights, last);
                    }
                    Optional<List<Highlight>> found =
                            candidate.title == null ? first(candidate.runs, newest) : Optional.of(candidate.title);
                    if (found.isPresent()) {
                        if (highlights.size() == limit) {
                            return hits(highlights, last);
                        }
                        highlights.put(place.id(), found.get());
                    }
                    last = place;
                }
                within.clear();
            } while (upTo != null && seen < THREADS_MAX);
            return hits(highlights, upTo);
        }

        private Hits hits(Map<String, List<Highlight>> highlights, ThreadQueries.@Nullable StreamPosition next) {
            return new Hits(inOrder(List.copyOf(highlights.keySet())), highlights, next);
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
