package io.runtape.search;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares runs with a query, for one page of hits. Blocks; confined to one thread. */
public final class Comparison {

    /**
     * Characters that are cut into words for one page: some seconds of work. Latin texts are cut only around what is looked for,
     * others from their beginning on; what is looked at without being cut counts a little, see {@link ComparedText#work}.
     */
    private static final long CHARS_MAX = 8 << 20;

    private final Search search;
    private final SearchQuery query;
    private final Map<Long, List<Highlight>> hits = new HashMap<>();
    private final Map<Long, Long> sizes = new HashMap<>();
    private long charsOfWork;

    Comparison(Search search, SearchQuery query) {
        this.search = search;
        this.query = query;
    }

    /** Compares these runs; returns {@link #hits}. */
    public Map<Long, List<Highlight>> with(List<Long> runs) throws SQLException {
        search.compare(query, runs, this);
        return hits;
    }

    /** Where the query was found in those of the runs so far that match, by their keys. */
    public Map<Long, List<Highlight>> hits() {
        return hits;
    }

    /** How many bytes the texts of the rows of those runs have that were compared, by their keys. */
    public Map<Long, Long> sizes() {
        return sizes;
    }

    /** Lets as much be compared as a page may have, whatever was compared before. */
    public void renew() {
        charsOfWork = 0;
    }

    /** Whether the page is to end here, however few hits it has. */
    public boolean isExhausted() {
        return charsOfWork >= CHARS_MAX;
    }

    void hit(long runPk, List<Highlight> where) {
        hits.put(runPk, where);
    }

    /** @param chars how many were cut into words, or as many as take the same time */
    void work(long chars) {
        charsOfWork += chars;
    }

    void size(long runPk, long bytes) {
        sizes.put(runPk, bytes);
    }
}
