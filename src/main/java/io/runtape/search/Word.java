package io.runtape.search;

/**
 * A word of a text, as it is compared.
 *
 * @param term its folded form, at most {@link Words#TERM_CHARS_MAX} characters
 * @param from where it begins in the text
 * @param to where it ends
 * @param form what kind of word it is
 */
record Word(String term, int from, int to, Form form) {

    /** Kinds of words. */
    enum Form {
        /** A word between others, or a symbol. */
        WHOLE,
        /** Two neighbours of a script that puts no spaces between words. */
        PAIR,
        /** The last character of several in such a script. */
        LAST,
        /** A single character in such a script. */
        SINGLE
    }
}
