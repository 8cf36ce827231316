package io.runtape.search;

import java.util.Locale;

/**
 * A text, with its beginning of plain characters, in which words are looked for without cutting them. Counts what is looked at: at
 * each place of a text may stand nearly all of what is looked for. Confined to one thread.
 */
final class PlainText {

    private final String text;
    private final String beginning;
    private long looks;

    private PlainText(String text, String beginning) {
        this.text = text;
        this.beginning = beginning;
    }

    static PlainText of(Passage passage) {
        String text = passage.text();
        return passage.ascii() ? new PlainText(text, text.toLowerCase(Locale.ROOT)) : of(text);
    }

    static PlainText of(String text) {
        int end = 0;
        while (end < text.length() && Folding.isPlain(text.charAt(end))) {
            end++;
        }
        return new PlainText(text, text.substring(0, end).toLowerCase(Locale.ROOT));
    }

    String text() {
        return text;
    }

    /** Its characters before the first one that is not plain, with small letters. */
    String beginning() {
        return beginning;
    }

    /** Where the beginning has this from a place on; -1 if it has not. */
    int find(String wanted, int from) {
        int at = beginning.indexOf(wanted, from);
        look(Math.max(0, (at < 0 ? beginning.length() : at) - from));
        return at;
    }

    /** Counts that so many characters were looked at. */
    void look(int chars) {
        looks += chars;
    }

    /** How many characters were looked at, each as often as it was. */
    long looks() {
        return looks;
    }
}
