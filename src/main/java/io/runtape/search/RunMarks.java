package io.runtape.search;

/**
 * Terms of the index that tell how a run was indexed. They begin with a character that no word has, and are stored: what they are
 * must never change.
 */
final class RunMarks {

    /** The run has terms for its pairs of words, see {@link WordPairs}. */
    static final String PAIRS = "\u0002";

    /** Instead, an earlier version has given it such terms; runs of still earlier ones have neither. */
    static final String EARLIER_PAIRS = "\u0001";

    /** It was indexed before: there may be terms of words that its texts have no longer. Earlier versions give no such mark. */
    static final String AGAIN = "\u0003";

    private RunMarks() {}
}
