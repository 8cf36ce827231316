package io.runtape.search;

import java.util.Collection;
import java.util.List;

/**
 * Terms of the index for words that follow each other: without them a phrase of common words would be looked for in most runs. As
 * many as there are pairs would be more than all words are, so pairs share {@value #TERMS} terms by a hash: a run with a few
 * hundred pairs has one in thirty of these. The terms begin with a character that no word has.
 */
final class WordPairs {

    /** What all runs have whose pairs are in the index; earlier versions put none there. */
    static final String INDEXED = "\u0001";

    private static final int TERMS = 1 << 14;
    private static final int CHAR_BITS = 7;

    private WordPairs() {}

    /** Adds the terms of all pairs of a text. */
    static void add(List<Word> words, Collection<String> terms) {
        for (int i = 1; i < words.size(); i++) {
            terms.add(term(words.get(i - 1).term(), words.get(i).term()));
        }
    }

    /** The term of two words that follow each other. What it is must never change: it is stored. */
    static String term(String first, String second) {
        int hash = (31 * first.hashCode() + second.hashCode()) * 0x9E3779B1 >>> 32 - 2 * CHAR_BITS;
        return INDEXED + (char) (hash >> CHAR_BITS) + (char) (hash & (1 << CHAR_BITS) - 1);
    }
}
