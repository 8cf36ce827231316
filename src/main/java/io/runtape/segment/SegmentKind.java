package io.runtape.segment;

/** What the terms of a segment are. Each kind has tables of its own. */
public enum SegmentKind {
    /** The words that runs say; a segment begins with the runs that are indexed together. */
    WORDS("search_", 0, 3, 4096, 64, 0),

    /** The traits that runs are found by; a segment begins with some hundred runs. */
    TRAITS("trait_", 2, 4, 65_536, 8, 2);

    private static final int LARGE = 9;

    private final String tables;
    private final int first;
    private final int last;
    private final int runsMax;
    private final int atOnce;
    private final int columns;

    SegmentKind(String tables, int first, int last, int runsMax, int atOnce, int columns) {
        this.tables = tables;
        this.first = first;
        this.last = last;
        this.runsMax = runsMax;
        this.atOnce = atOnce;
        this.columns = columns;
    }

    /** A statement over segments of this kind, of one that names the tables of words. */
    public String in(String sql) {
        return sql.replace(WORDS.tables, tables);
    }

    /** The level of new segments, unless they have as many runs as some of them. */
    public int first() {
        return first;
    }

    /** The level whose segments are not merged any more. */
    int last() {
        return last;
    }

    /** Segments that a search opens together at the most: what their runs take in memory is some megabytes. */
    int atOnce() {
        return atOnce;
    }

    /** The level of segments that are too large to be merged. */
    int large() {
        return LARGE;
    }

    /** Whether the places of many runs are written as bits. Those of words are not: versions that cannot read bits read them. */
    boolean hasBits() {
        return this == TRAITS;
    }

    /** How many columns of values its segments have. */
    int columns() {
        return columns;
    }

    /** Whether the lists of large segments are stored in parts as well. */
    boolean hasChunks() {
        return this == TRAITS;
    }

    /** A segment has no more runs, or is not merged. */
    int runsMax() {
        return runsMax;
    }
}
