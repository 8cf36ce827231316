package io.runtape.search;

import java.util.Collection;
import java.util.List;

/**
 * Terms of the index for words that follow each other: without them a phrase of common words would be looked for in most runs. As
 * many as there are pairs would be more than all words are, so pairs share {@value #TERMS} terms by a hash: a run with a few
 * hundred pairs has one in more than a hundred of these. The terms begin with a character that no word has. What they are must never
 * change: they are stored.
 */
final class WordPairs {

    private static final int BITS = 16;
    private static final int TERMS = 1 << BITS;
    private static final int CHAR_BITS = 6;

    private static final int EARLIER_CHAR_BITS = 7;

    private WordPairs() {}

    /** Adds the terms of all pairs of a text. */
    static void add(List<Word> words, Collection<String> terms) {
        for (int i = 1; i < words.size(); i++) {
            terms.add(term(words.get(i - 1).term(), words.get(i).term()));
        }
    }

    /** The term of two words that follow each other. */
    static String term(String first, String second) {
        int hash = hash(first, second) >>> Integer.SIZE - BITS;
        int mask = (1 << CHAR_BITS) - 1;
        return RunMarks.PAIRS
                + (char) (hash >> 2 * CHAR_BITS)
                + (char) (hash >> CHAR_BITS & mask)
                + (char) (hash & mask);
    }

    /** The same of an earlier version, which had a quarter as many. */
    static String earlierTerm(String first, String second) {
        int hash = hash(first, second) >>> Integer.SIZE - 2 * EARLIER_CHAR_BITS;
        return RunMarks.EARLIER_PAIRS
                + (char) (hash >> EARLIER_CHAR_BITS)
                + (char) (hash & (1 << EARLIER_CHAR_BITS) - 1);
    }

    private static int hash(String first, String second) {
        return (31 * first.hashCode() + second.hashCode()) * 0x9E3779B1;
    }
}
