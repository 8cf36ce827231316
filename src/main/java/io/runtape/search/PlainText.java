package io.runtape.search;

import java.util.Locale;

/**
 * A text, with its beginning of plain characters, in which words are looked for without cutting them.
 *
 * @param text the text
 * @param beginning its characters before the first one that is not plain, with small letters
 */
record PlainText(String text, String beginning) {

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
}
