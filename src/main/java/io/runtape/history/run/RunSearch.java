package io.runtape.history.run;

import io.runtape.facet.Place;
import io.runtape.facet.RunOrder;
import io.runtape.search.Comparison;
import io.runtape.search.Highlight;
import io.runtape.search.Search;
import io.runtape.search.SearchQuery;
import io.runtape.segment.Candidates;
import io.runtape.segment.CommonRuns;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import io.runtape.segment.RunSource;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lists the runs in which words were found, with the other filters of the list. Blocks; safe for any thread. */
@Singleton
final class RunSearch {

    /** Runs that are looked at together, at least and at most. */
    private static final int AT_ONCE_MIN = 25;

    private static final int AT_ONCE_MAX = 500;

    /**
     * Runs that are looked at for one page: it ends there, however few of them match. The next page goes on. Comparing one
     * with its texts takes some ten microseconds.
     */
    private static final int LOOKED_AT_MAX = 2000;

    /** Runs that are compared together. */
    private static final int COMPARED_AT_ONCE = 52;

    /** So many runs are compared with a query without asking the index of words. */
    private static final int FEW = 100;

    private final RunQueries runs;
    private final Search search;

    RunSearch(RunQueries runs, Search search) {
        this.runs = runs;
        this.search = search;
    }

    /**
     * A page of hits.
     *
     * @param runs the runs, the newest first
     * @param highlights where the words were found, by the keys of the runs
     */
    record Hits(RunQueries.Listed runs, Map<Long, List<Highlight>> highlights) {}

    Hits page(RunSelection selection, SearchQuery query, Optional<Place> after, int limit) throws SQLException {
        DocumentRange range = DocumentRange.of(
                selection.filter().common().since(), selection.filter().common().end(), after.map(Place::document));
        // What has other filters asks the database so often that one transaction takes less than one for each look. It
        // ends before texts are compared, which may take seconds: a transaction holds a connection until its end.
        List<Document> live = search.live(selection.owner(), query, range);
        Source from = selection.criteria().isOfTimeAlone()
                ? source(selection, query, range, after, live)
                : runs.together(() -> source(selection, query, range, after, live));
        RunSource source = from.runs;
        Gathering gathering = new Gathering(selection, query, from.areSelected, limit);
        List<Document> some = source.next(gathering.atOnce());
        while (!some.isEmpty() && !gathering.take(some)) {
            some = source.next(gathering.atOnce());
        }
        RunQueries.Listed listed =
                RunQueries.Listed.of(gathering.hits, gathering.comparison.sizes(), RunPages.Bounds.ofPage(limit));
        @Nullable
        Place last = some.isEmpty() ? source.reached().map(RunSearch::place).orElse(null) : gathering.last;
        return new Hits(listed.after() == null ? listed.goingOnAfter(last) : listed, gathering.comparison.hits());
    }

    /**
     * Where the runs come from that are compared with the query: from its words; where these are in more than a few runs, from
     * the other filters, if only a few runs meet them; else from both.
     *
     * @param live those that are not indexed yet and may match
     */
    private Source source(
            RunSelection selection, SearchQuery query, DocumentRange range, Optional<Place> after, List<Document> live)
            throws SQLException {
        Candidates words = search.candidates(selection.owner(), query, range, live);
        if (selection.criteria().isOfTimeAlone()) {
            return new Source(words, false);
        }
        List<Document> first = words.next(FEW + 1);
        if (first.size() <= FEW) {
            return new Source(new FewRuns(first), false);
        }
        if (!runs.areMoreThan(FEW, selection)) {
            List<Place> selected = runs.places(selection, RunOrder.NEWEST, after, FEW + 1);
            if (selected.size() <= FEW) {
                List<Document> few = selected.stream().map(Place::document).toList();
                return new Source(new FewRuns(few), true);
            }
        }
        words.putBack(first);
        Optional<Candidates> traits = runs.candidates(selection, range, live);
        return new Source(traits.isPresent() ? new CommonRuns(words, traits.get(), CommonRuns.RUNS_MAX) : words, false);
    }

    /**
     * Where the runs come from.
     *
     * @param areSelected whether it is known that they meet the other filters
     */
    private record Source(RunSource runs, boolean areSelected) {}

    private static Place place(Document document) {
        return new Place(document.createdMicros(), document.runPk());
    }

    /** Runs that are known at once. */
    private static final class FewRuns implements RunSource {

        private List<Document> left;

        FewRuns(List<Document> runs) {
            this.left = runs;
        }

        @Override
        public List<Document> next(int max) {
            List<Document> next = left.subList(0, Math.min(max, left.size()));
            left = left.subList(next.size(), left.size());
            return next;
        }
    }

    /** The hits of one page. Confined to one thread. */
    private final class Gathering {

        private final RunSelection selection;

        /** Whether all that are looked at are known to meet the other filters. */
        private final boolean areSelected;

        private final Comparison comparison;
        private final int limit;
        private final List<Place> hits = new ArrayList<>();
        private int lookedAt;

        /** The last place that was looked at, or that of the last hit of a full page. */
        private @Nullable Place last;

        Gathering(RunSelection selection, SearchQuery query, boolean areSelected, int limit) {
            this.selection = selection;
            this.areSelected = areSelected;
            this.comparison = search.comparing(query);
            this.limit = limit;
        }

        /**
         * As many as the page has room for, and one to tell whether more follow; then as many as are likely to have those hits,
         * by what came of the ones before. Most of what a look costs is its statements.
         */
        int atOnce() {
            int wanted = limit + 1 - hits.size();
            int likely =
                    hits.isEmpty() ? lookedAt : (int) Math.min(AT_ONCE_MAX, (long) wanted * lookedAt / hits.size());
            return Math.min(AT_ONCE_MAX, Math.max(AT_ONCE_MIN, Math.max(wanted, likely)));
        }

        /** Takes the hits among these; returns true when the page ends, though more may follow. */
        boolean take(List<Document> some) throws SQLException {
            List<Place> places = some.stream().map(RunSearch::place).toList();
            List<Place> fitting = areSelected ? places : runs.among(selection, places);
            for (int from = 0; from < fitting.size(); from += COMPARED_AT_ONCE) {
                if (takeMatching(fitting.subList(from, Math.min(from + COMPARED_AT_ONCE, fitting.size())))) {
                    return true;
                }
            }
            lookedAt += some.size();
            if (hits.size() < limit) {
                last = place(some.get(some.size() - 1));
            }
            return lookedAt >= LOOKED_AT_MAX;
        }

        private boolean takeMatching(List<Place> some) throws SQLException {
            Map<Long, List<Highlight>> matching =
                    comparison.with(some.stream().map(Place::runPk).toList());
            for (Place place : some) {
                if (matching.containsKey(place.runPk())) {
                    if (hits.size() == limit) {
                        return true;
                    }
                    hits.add(place);
                    last = place;
                }
            }
            if (hits.size() < limit) {
                last = some.get(some.size() - 1);
            }
            return comparison.isExhausted();
        }
    }
}
