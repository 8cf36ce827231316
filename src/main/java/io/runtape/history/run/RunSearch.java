package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.history.ListSlice;
import io.runtape.run.Run;
import io.runtape.search.Candidates;
import io.runtape.search.Document;
import io.runtape.search.Highlight;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import io.runtape.search.SearchRange;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Lists the runs in which words were found, with the other filters of the list. Blocks; safe for any thread. */
@Singleton
final class RunSearch {

    /** Runs that are looked at together. */
    private static final int AT_ONCE = 100;

    /**
     * Runs that are looked at for one page: it ends there, however few of them match. The next page goes on. Comparing one
     * with its texts takes some ten microseconds.
     */
    private static final int LOOKED_AT_MAX = 2000;

    private final RunQueries runs;
    private final Search search;

    RunSearch(RunQueries runs, Search search) {
        this.runs = runs;
        this.search = search;
    }

    /**
     * A page of hits.
     *
     * @param rows the runs, the newest first
     * @param highlights where the words were found, by the keys of the runs
     * @param next where the list goes on; null if it does not
     */
    record Hits(List<Run> rows, Map<Long, List<Highlight>> highlights, RunQueries.@Nullable StreamPosition next) {}

    Hits page(
            Owner owner,
            RunFilter filter,
            SearchQuery query,
            Optional<RunQueries.StreamPosition> after,
            int limit,
            LongConsumer room)
            throws SQLException {
        SearchRange range = new SearchRange(
                filter.common().since(),
                filter.common().end(),
                after.map(place -> Document.of(place.createdAt(), place.runPk())));
        Candidates candidates = search.candidates(owner, query, range);
        Gathering gathering = new Gathering(owner, filter, query, limit);
        List<Document> some = candidates.next(AT_ONCE);
        while (!some.isEmpty() && !gathering.take(some)) {
            some = candidates.next(AT_ONCE);
        }
        RunQueries.@Nullable StreamPosition next = some.isEmpty() ? null : gathering.last;
        ListSlice<Run> read =
                runs.these(owner, List.copyOf(gathering.found.keySet()), RunQueries.Bounds.ofPage(limit), room);
        return new Hits(read.rows(), gathering.found, read.more() ? RunQueries.StreamPosition.of(read.last()) : next);
    }

    /** The hits of one page. Confined to one thread. */
    private final class Gathering {

        private final Owner owner;
        private final RunFilter filter;
        private final SearchQuery query;
        private final int limit;
        private final Map<Long, List<Highlight>> found = new HashMap<>();
        private int lookedAt;

        /** The last place that was looked at, or that of the last hit of a full page. */
        private RunQueries.@Nullable StreamPosition last;

        Gathering(Owner owner, RunFilter filter, SearchQuery query, int limit) {
            this.owner = owner;
            this.filter = filter;
            this.query = query;
            this.limit = limit;
        }

        /** Takes the hits among these; returns true when the page ends, though more may follow. */
        boolean take(List<Document> some) throws SQLException {
            List<RunQueries.StreamPosition> fitting = runs.places(
                    owner, filter, some.stream().map(Document::runPk).toList());
            Map<Long, List<Highlight>> matching = search.matching(
                    query,
                    fitting.stream().map(RunQueries.StreamPosition::runPk).toList());
            for (RunQueries.StreamPosition place : fitting) {
                @Nullable List<Highlight> highlights = matching.get(place.runPk());
                if (highlights != null) {
                    if (found.size() == limit) {
                        return true;
                    }
                    found.put(place.runPk(), highlights);
                    last = place;
                }
            }
            lookedAt += some.size();
            if (found.size() < limit) {
                Document end = some.get(some.size() - 1);
                last = new RunQueries.StreamPosition(end.createdAt(), end.runPk());
            }
            return lookedAt >= LOOKED_AT_MAX;
        }
    }
}
