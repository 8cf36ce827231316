package io.runtape.search;

/**
 * A text of a run: a phrase stands in one, the words of a query in any of them.
 *
 * @param place what it is
 * @param sequence the event that it began with; 0 if that is not known
 * @param text the text
 * @param ascii whether it is known to have characters of ASCII alone
 */
record Passage(Place place, long sequence, String text, boolean ascii) {

    Passage(Place place, long sequence, String text) {
        this(place, sequence, text, false);
    }
}
