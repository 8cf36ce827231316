package io.runtape.segment;

import java.util.BitSet;
import java.util.Map;
import java.util.Set;

/** What is looked for in segments: some terms, and which runs are found by them. Immutable. */
public interface TermQuery {

    /**
     * A term that is looked up.
     *
     * @param beginning whether all terms that begin with it count
     */
    record Wanted(String term, boolean beginning) {

        boolean is(String other) {
            return beginning ? other.startsWith(term) : other.equals(term);
        }

        /** Whether neither that term nor one before it counts. */
        boolean isBehind(String other) {
            return term.compareTo(other) > 0;
        }

        /** Whether neither that term nor a later one counts. */
        boolean isBefore(String other) {
            return term.compareTo(other) < 0 && !is(other);
        }
    }

    /** All terms that must be looked up, at least one. */
    Set<Wanted> terms();

    /**
     * The places of the runs that are found in one segment.
     *
     * @param found the places of the runs that have each of the terms; may be changed
     */
    BitSet runs(Map<Wanted, BitSet> found);
}
