package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.search.Highlight;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import io.runtape.segment.Candidates;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lists the threads with a run in which words were found, and those that were named with the words. A title that is not a name is
 * a line of a prompt. Where the runs that may match are few, and the names too, their threads are looked up; else all threads are
 * walked, as many as {@link #THREADS_MAX} for a page, and the next page goes on behind these. Blocks; safe for any thread.
 */
@Singleton
final class ThreadSearch {

    /** Threads that are looked at for one page. */
    private static final int THREADS_MAX = 2000;

    /** Most pages are full with the first of them. */
    private static final int FIRST_THREADS = 100;

    private static final int THREADS_AT_ONCE = 300;

    /** As many runs that may match are looked up with their threads; where more may, the threads are, with their runs. */
    private static final int FEW_RUNS = 1000;

    /** As many names are compared for each page; an owner with more of them has all threads walked. */
    private static final int FEW_NAMES = 2000;

    /** Of the runs that may match only the newest are known, where there are more; older ones are compared. */
    private static final int RUNS_MAX = 5000;

    private static final int RUNS_AT_ONCE = 500;

    /** Runs that are compared with the query for one page. */
    private static final int COMPARED_MAX = 2000;

    private static final int COMPARED_AT_ONCE = 10;

    private final ThreadQueries threads;
    private final ThreadsById byId;
    private final ThreadRuns runs;
    private final Search search;

    ThreadSearch(ThreadQueries threads, ThreadsById byId, ThreadRuns runs, Search search) {
        this.threads = threads;
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

        /** The runs that may match, by their threads, the newest first; where they are few. */
        private final Map<String, List<Long>> few = new HashMap<>();

        /** The threads that were named, where they are few and known. */
        private @Nullable Set<String> names;

        /** The runs that may match, where they are many; as far as they are known. */
        private final Set<Long> many = new LinkedHashSet<>();

        /** The same by their threads, once they are needed so. */
        private @Nullable Map<String, List<Long>> manyOf;

        /** Threads that have older runs than the newest of them that are looked at first. */
        private final Set<String> older = new HashSet<>();

        /** Those that come behind these; null if no more are to be known. */
        private @Nullable Candidates others;

        /** Runs that began then or earlier may match too, in microseconds since 1970. */
        private long unknownBefore = Long.MIN_VALUE;

        private int compared;

        private final List<ListedThread> found = new ArrayList<>();
        private final Map<String, List<Highlight>> highlights = new HashMap<>();

        /** The last thread that was looked at. */
        private ThreadQueries.@Nullable StreamPosition last;

        Found(Owner owner, ThreadFilter filter, SearchQuery query, Optional<ThreadQueries.StreamPosition> after) {
            this.owner = owner;
            this.filter = filter;
            this.query = query;
            this.after = after;
        }

        private void findRuns() throws SQLException {
            Candidates candidates = search.candidates(owner, query, DocumentRange.ALL, search.live(owner, query));
            List<Document> first = candidates.next(FEW_RUNS + 1);
            List<Long> pks = first.stream().map(Document::runPk).toList();
            if (pks.size() <= FEW_RUNS) {
                Map<Long, String> threadOf = runs.threadsOf(owner, pks);
                for (long runPk : pks) {
                    @Nullable String thread = threadOf.get(runPk);
                    if (thread != null) {
                        few.computeIfAbsent(thread, id -> new ArrayList<>()).add(runPk);
                    }
                }
                return;
            }
            others = candidates;
            know(first);
        }

        private void know(List<Document> next) {
            next.forEach(run -> many.add(run.runPk()));
            unknownBefore =
                    next.isEmpty() ? Long.MIN_VALUE : next.get(next.size() - 1).createdMicros();
            if (next.isEmpty() || many.size() >= RUNS_MAX) {
                others = null;
            }
        }

        /** Has the runs known that began no earlier than the oldest of these, if that are not too many. */
        private void knowDownTo(List<ThreadRuns.RunOf> these) throws SQLException {
            long oldest = these.stream()
                    .mapToLong(ThreadRuns.RunOf::createdMicros)
                    .min()
                    .orElse(Long.MAX_VALUE);
            while (others != null && unknownBefore >= oldest) {
                know(others.next(RUNS_AT_ONCE));
            }
        }

        /** The threads that may be hits, where they are few; empty where they are not. */
        private Optional<List<ListedThread>> known() throws SQLException {
            if (!many.isEmpty() || byId.mayHaveUntoldNames(owner)) {
                return Optional.empty();
            }
            Set<String> named = byId.named(owner, FEW_NAMES + 1);
            if (named.size() > FEW_NAMES) {
                return Optional.empty();
            }
            names = named;
            Set<String> ids = new HashSet<>(few.keySet());
            ids.addAll(named);
            return Optional.of(byId.of(owner, filter, ids, after));
        }

        /**
         * Those of these threads whose titles count. A line of a prompt counts with the prompt, in which words may stand that must
         * not occur.
         */
        private Set<String> titled(List<ListedThread> some) throws SQLException {
            boolean allCount = query.unwanted().isEmpty();
            if (!allCount && names != null) {
                return names;
            }
            List<String> ids = some.stream().map(ListedThread::id).toList();
            return allCount || byId.mayHaveUntoldNames(owner) ? Set.copyOf(ids) : byId.namedOf(owner, ids);
        }

        /** Those of some threads that have the words in their title, or runs that may have them. */
        private Deque<Candidate> candidates(List<ListedThread> some) throws SQLException {
            List<Candidate> all = new ArrayList<>();
            Map<String, List<Long>> runsOf = few;
            Set<String> titled = titled(some);
            for (ListedThread thread : some) {
                @Nullable String title = titled.contains(thread.id()) ? thread.title() : null;
                all.add(new Candidate(thread, Search.inTitle(query, title).orElse(null)));
            }
            if (!many.isEmpty()) {
                List<String> untitled = all.stream()
                        .filter(candidate -> candidate.title == null)
                        .map(candidate -> candidate.thread.id())
                        .toList();
                runsOf = candidatesOf(untitled);
            }
            Deque<Candidate> candidates = new ArrayDeque<>();
            for (Candidate each : all) {
                each.runs = runsOf.getOrDefault(each.thread.id(), List.of());
                if (each.title != null || !each.runs.isEmpty() || older.contains(each.thread.id())) {
                    candidates.add(each);
                }
            }
            return candidates;
        }

        /** The runs of these threads that may match, by the threads, the newest first: of their newest ones. */
        private Map<String, List<Long>> candidatesOf(List<String> threads) throws SQLException {
            List<ThreadRuns.RunOf> newest = runs.newestOf(owner, threads);
            knowDownTo(newest);
            Map<String, List<Long>> runsOf = new HashMap<>();
            Map<String, Integer> seen = new HashMap<>();
            for (ThreadRuns.RunOf run : newest) {
                if (seen.merge(run.threadId(), 1, Integer::sum) == ThreadRuns.NEWEST) {
                    older.add(run.threadId());
                }
                if (many.contains(run.runPk()) || run.createdMicros() <= unknownBefore) {
                    runsOf.computeIfAbsent(run.threadId(), id -> new ArrayList<>())
                            .add(run.runPk());
                }
            }
            return runsOf;
        }

        /** The runs of a thread that may match, those that are known, without these; the newest first. */
        private List<Long> knownOf(String thread, List<Long> without) throws SQLException {
            if (manyOf == null) {
                while (others != null) {
                    know(others.next(RUNS_AT_ONCE));
                }
                Map<Long, String> threadOf = runs.threadsOf(owner, many);
                manyOf = many.stream().filter(threadOf::containsKey).collect(Collectors.groupingBy(threadOf::get));
            }
            List<Long> known = new ArrayList<>(manyOf.getOrDefault(thread, List.of()));
            known.removeAll(Set.copyOf(without));
            return known.subList(0, Math.min(known.size(), COMPARED_MAX));
        }

        /** The first that are hits; the page ends where enough threads or runs were looked at. */
        Hits page(int limit) throws SQLException {
            findRuns();
            Optional<List<ListedThread>> known = known();
            if (known.isPresent()) {
                return hits(take(known.get(), limit) ? last : null);
            }
            Optional<ThreadQueries.StreamPosition> from = after;
            int count = FIRST_THREADS;
            for (int seen = 0; seen < THREADS_MAX; seen += count) {
                count = seen == 0 ? FIRST_THREADS : THREADS_AT_ONCE;
                List<ListedThread> some = threads.first(owner, filter, from, count);
                if (take(some, limit)) {
                    return hits(last);
                }
                if (some.size() < count) {
                    return hits(null);
                }
                from = Optional.of(some.get(some.size() - 1).place());
            }
            return hits(from.orElse(null));
        }

        /** Takes the hits among some threads; returns true when the page ends, though more may follow. */
        private boolean take(List<ListedThread> some, int limit) throws SQLException {
            Deque<Candidate> left = candidates(some);
            Map<Long, List<Highlight>> newest = Map.of();
            for (int ahead = 0; !left.isEmpty(); ahead--) {
                if (ahead == 0) {
                    ahead = Math.min(left.size(), limit + 1 - found.size());
                    newest = newestOf(left.stream().limit(ahead).toList());
                }
                Candidate candidate = left.remove();
                if (compared >= COMPARED_MAX) {
                    return true;
                }
                Optional<List<Highlight>> where =
                        candidate.title == null ? inRuns(candidate, newest) : Optional.of(candidate.title);
                if (where.isPresent()) {
                    if (found.size() == limit) {
                        return true;
                    }
                    found.add(candidate.thread);
                    highlights.put(candidate.thread.id(), where.get());
                }
                last = candidate.thread.place();
            }
            return false;
        }

        private Hits hits(ThreadQueries.@Nullable StreamPosition next) {
            return new Hits(found, highlights, next);
        }

        /** Where the newest runs of those without a title that matches do so: mostly they do, and are compared together. */
        private Map<Long, List<Highlight>> newestOf(List<Candidate> some) throws SQLException {
            List<Long> newest = some.stream()
                    .filter(candidate -> candidate.title == null && !candidate.runs.isEmpty())
                    .map(candidate -> candidate.runs.get(0))
                    .toList();
            return search.matching(query, newest);
        }

        /** Where the newest run of the thread that matches does so; those of many runs that are older and not known are not compared. */
        private Optional<List<Highlight>> inRuns(Candidate candidate, Map<Long, List<Highlight>> newest)
                throws SQLException {
            compared++;
            List<Long> runs = candidate.runs;
            if (!runs.isEmpty()) {
                @Nullable List<Highlight> ofNewest = newest.get(runs.get(0));
                Optional<List<Highlight>> found =
                        ofNewest == null ? first(runs.subList(1, runs.size())) : Optional.of(ofNewest);
                if (found.isPresent()) {
                    return found;
                }
            }
            String thread = candidate.thread.id();
            return older.contains(thread) ? first(knownOf(thread, runs)) : Optional.empty();
        }

        /** Where the first of these runs that matches does so. */
        private Optional<List<Highlight>> first(List<Long> runs) throws SQLException {
            for (int from = 0; from < runs.size(); from += COMPARED_AT_ONCE) {
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
    }

    /** A thread that may be a hit. */
    private static final class Candidate {

        private final ListedThread thread;
        private final @Nullable List<Highlight> title;

        /** The runs that may match, the newest first. */
        private List<Long> runs = List.of();

        /** @param title where the words were found in the title; null if it does not match */
        Candidate(ListedThread thread, @Nullable List<Highlight> title) {
            this.thread = thread;
            this.title = title;
        }
    }
}
