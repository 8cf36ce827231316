package io.runtape.segment;

/**
 * What the terms of a segment are. Each kind has levels of its own, so that segments are merged with those of their kind only,
 * also by gateways of versions that know one kind less.
 */
public enum SegmentKind {
    /** The words that runs say; a segment begins with one run. */
    WORDS(0, 0, 3, 9),

    /** The traits that runs are found by; a segment begins with some hundred runs. */
    TRAITS(20, 22, 24, 29);

    /** The level of a segment with one run. */
    private final int base;

    private final int first;
    private final int last;
    private final int large;

    SegmentKind(int base, int first, int last, int large) {
        this.base = base;
        this.first = first;
        this.last = last;
        this.large = large;
    }

    /** The lowest of its levels, which new segments have. */
    public int first() {
        return first;
    }

    /** The level whose segments are not merged any more. */
    int last() {
        return last;
    }

    /** The level of segments that are too large to be merged; no level of its is higher. */
    int large() {
        return large;
    }

    /** About how many runs a segment of this level has. */
    public long runs(int level) {
        return (long) Math.pow(SegmentMerge.SEGMENTS, (level == large ? last - 1 : level) - base);
    }
}
