package io.runtape.search;

import io.runtape.search.Folding.Kind;
import io.runtape.search.Word.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a text into words, as far as they are asked for. A word is a run of letters and digits. Scripts that put no spaces between
 * words give pairs of neighbouring characters, and their last character alone, so that each character begins exactly one word.
 * Symbols, such as emoji, are words of their own; all else separates. Confined to one thread.
 */
final class Words {

    /** Of a longer word only so many characters count. */
    static final int TERM_CHARS_MAX = 64;

    /** More marks on one character than any script has. */
    private static final int MARKS_MAX = 32;

    private final String text;
    private final int from;
    private final List<Word> words = new ArrayList<>();

    /** Where the rest begins that is not cut yet; behind the text when all words are known. */
    private int at;

    private int skipped;

    private final StringBuilder letters = new StringBuilder();
    private int lettersFrom;
    private int lettersTo;
    private final List<Unspaced> unspaced = new ArrayList<>();

    /** A character of a script without spaces, and where it stands. */
    private record Unspaced(String folded, int from, int to) {}

    Words(String text) {
        this(text, 0);
    }

    /**
     * The words from a place on.
     *
     * @param from where a word begins, or none goes on
     */
    Words(String text, int from) {
        this.text = text;
        this.from = from;
        this.at = from;
    }

    /** The words of a text in their order. */
    static List<Word> of(String text) {
        Words cut = new Words(text);
        cut.cutTo(Integer.MAX_VALUE);
        return cut.words;
    }

    /** The word with this number, from 0 on; null if there are not so many. */
    @Nullable
    Word get(int number) {
        cutTo(number);
        return number < words.size() ? words.get(number) : null;
    }

    /**
     * Leaves out what begins before a place and is not cut yet. Whoever asks for words that follow each other must have done so before.
     *
     * @param place where a word begins, or none goes on
     */
    void skipTo(int place) {
        if (place > at && letters.isEmpty() && unspaced.isEmpty()) {
            skipped += place - at;
            at = place;
        }
    }

    /** How many characters have been cut into words. */
    int charsCut() {
        return Math.min(at, text.length()) - from - skipped;
    }

    private void cutTo(int number) {
        while (words.size() <= number && at <= text.length()) {
            if (at < text.length()) {
                if (!takePlainWord()) {
                    takeNext();
                }
            } else {
                endLetters();
                endUnspaced();
                at++;
            }
        }
    }

    /**
     * Takes the next word at once, with what separates it from the one before: most texts have words of plain letters and digits. False
     * where a character that is not plain may belong to it, or it is too long; then all but the last separator are taken.
     */
    private boolean takePlainWord() {
        if (!letters.isEmpty()) {
            return false;
        }
        int begin = at;
        while (begin < text.length() && isPlainSeparator(text.charAt(begin))) {
            begin++;
        }
        int end = begin;
        boolean capitals = false;
        while (end < text.length() && isPlainLetterOrDigit(text.charAt(end))) {
            capitals |= text.charAt(end) <= 'Z';
            end++;
        }
        boolean ends = end == text.length() || Folding.isPlain(text.charAt(end));
        if (end == begin || end - begin > TERM_CHARS_MAX || !ends) {
            if (begin - at > 1) {
                endUnspaced();
                at = begin - 1;
            }
            return false;
        }
        endUnspaced();
        String term = text.substring(begin, end);
        words.add(new Word(capitals ? term.toLowerCase(Locale.ROOT) : term, begin, end, Form.WHOLE));
        at = end;
        return true;
    }

    /** Whether a plain character is a part of a word. */
    static boolean isPlainLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z';
    }

    /** Whether a character is plain, and no part of a word. */
    static boolean isPlainSeparator(char c) {
        return Folding.isPlain(c) && !isPlainLetterOrDigit(c);
    }

    private void takeNext() {
        char c = text.charAt(at);
        if (Folding.isPlain(c) && !isMarkAt(text, at + 1)) {
            plain(c, at);
            at++;
        } else if (Folding.isItsOwnForm(c) && !isMarkAt(text, at + 1)) {
            take(c, at, at + 1);
            at++;
        } else {
            int end = endOfCharacter(text, at);
            String folded = Folding.folded(text.substring(at, end));
            for (int i = 0; i < folded.length(); ) {
                int next = folded.codePointAt(i);
                take(next, at, end);
                i += Character.charCount(next);
            }
            at = end;
        }
    }

    private static boolean isMarkAt(String text, int at) {
        return at < text.length() && text.charAt(at) >= 0x300 && Folding.isMark(text.codePointAt(at));
    }

    /** Where a character ends that begins here, with its marks. */
    static int endOfCharacter(String text, int at) {
        int end = at + Character.charCount(text.codePointAt(at));
        for (int marks = 0; marks < MARKS_MAX && isMarkAt(text, end); marks++) {
            end += Character.charCount(text.codePointAt(end));
        }
        return end;
    }

    private void plain(char c, int at) {
        if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
            letter(c, at, at + 1);
        } else if (c >= 'A' && c <= 'Z') {
            letter(c + ('a' - 'A'), at, at + 1);
        } else {
            endLetters();
            endUnspaced();
        }
    }

    private void take(int c, int from, int to) {
        Kind kind = Folding.kind(c);
        switch (kind) {
            case LETTER -> letter(c, from, to);
            case WITHOUT_SPACES -> {
                endLetters();
                unspaced.add(new Unspaced(Character.toString(c), from, to));
            }
            case SYMBOL -> {
                endLetters();
                endUnspaced();
                words.add(new Word(Character.toString(c), from, to, Form.WHOLE));
            }
            case SEPARATOR -> {
                endLetters();
                endUnspaced();
            }
            case NOTHING -> lettersTo = letters.isEmpty() ? lettersTo : to;
        }
    }

    private void letter(int c, int from, int to) {
        if (letters.isEmpty()) {
            endUnspaced();
            lettersFrom = from;
        }
        if (letters.length() + Character.charCount(c) <= TERM_CHARS_MAX) {
            letters.appendCodePoint(c);
        }
        lettersTo = to;
    }

    private void endLetters() {
        if (!letters.isEmpty()) {
            words.add(new Word(letters.toString(), lettersFrom, lettersTo, Form.WHOLE));
            letters.setLength(0);
        }
    }

    private void endUnspaced() {
        if (unspaced.isEmpty()) {
            return;
        }
        int last = unspaced.size() - 1;
        for (int i = 0; i <= last; i++) {
            Unspaced c = unspaced.get(i);
            if (i < last) {
                Unspaced next = unspaced.get(i + 1);
                words.add(new Word(c.folded + next.folded, c.from, next.to, Form.PAIR));
            } else {
                words.add(new Word(c.folded, c.from, c.to, last == 0 ? Form.SINGLE : Form.LAST));
            }
        }
        unspaced.clear();
    }
}
