package io.runtape.search;

import io.runtape.error.ApiException;
import io.runtape.search.Word.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a caller searches for.
 *
 * @param phrases what must occur, at least one, and behind it what must not
 * @param wantedCount how many of these must occur
 */
public record SearchQuery(List<Phrase> phrases, int wantedCount) {

    static final int CHARS_MAX = 500;
    static final int PHRASES_MAX = 20;
    static final int WORDS_MAX = 60;

    /** A beginning has so many characters at least, in all of the words that it makes. */
    private static final int BEGINNING_MIN = 2;

    /** What must occur. */
    List<Phrase> wanted() {
        return phrases.subList(0, wantedCount);
    }

    /** What must not occur. */
    public List<Phrase> unwanted() {
        return phrases.subList(wantedCount, phrases.size());
    }

    /**
     * Words that follow each other, mostly one.
     *
     * @param terms their folded forms
     * @param beginning whether the last one is only the beginning of a word
     */
    record Phrase(List<String> terms, boolean beginning) {

        /** Whether its last term is only the beginning of a word, and of a single letter: nearly all runs have such a word. */
        boolean endsWithALetter() {
            String last = terms.get(terms.size() - 1);
            return beginning
                    && last.codePointCount(0, last.length()) == 1
                    && Folding.kind(last.codePointAt(0)) == Folding.Kind.LETTER;
        }

        /** Whether the words at this place begin with the phrase. */
        boolean isAt(Words words, int at) {
            for (int i = 0; i < terms.size(); i++) {
                @Nullable Word word = words.get(at + i);
                if (word == null) {
                    return false;
                }
                boolean open = beginning && i == terms.size() - 1;
                if (open ? !word.term().startsWith(terms.get(i)) : !word.term().equals(terms.get(i))) {
                    return false;
                }
            }
            return true;
        }

        /**
         * Where a word begins before which the phrase does not; -1 if it is not in this text. This tells texts apart without
         * cutting them into words, which takes many times as long. Where other characters than plain ones come before it, a
         * word before the first of these.
         */
        int placeIn(PlainText text) {
            return placeIn(text, 0);
        }

        /** The same from a place on, which is returned where a word goes on there that may be one of the phrase. */
        int placeIn(PlainText text, int from) {
            String first = terms.get(0);
            if (hasCutTerm()) {
                return from;
            }
            String plain = text.beginning();
            for (int at = text.find(first, from); at >= 0; at = text.find(first, at + 1)) {
                if (isBeginning(plain, at) && goesOn(text, at, 0)) {
                    return at;
                }
            }
            int length = plain.length();
            return length == text.text().length() ? -1 : Math.max(from, beginningBefore(text.text(), length, from));
        }

        private boolean hasCutTerm() {
            for (String term : terms) {
                if (term.length() >= Words.TERM_CHARS_MAX) {
                    return true;
                }
            }
            return false;
        }

        /**
         * A mark changes the character before it, so that one must not be what ends the word before.
         *
         * @param from no place before it is asked for
         */
        private static int beginningBefore(String text, int end, int from) {
            int at = Math.max(0, end - 1);
            while (at > from && !isBeginning(text, at)) {
                at--;
            }
            return at;
        }

        private static boolean isBeginning(String text, int at) {
            return at == 0 || !Words.isPlainLetterOrDigit(text.charAt(at - 1));
        }

        /** Whether the phrase goes on here with one of its terms; true where a character that is not plain may be a part of it. */
        private boolean goesOn(PlainText in, int from, int term) {
            String text = in.text();
            String wanted = terms.get(term);
            in.look(wanted.length());
            for (int i = 0; i < wanted.length(); i++) {
                if (from + i == text.length()) {
                    return false;
                }
                char c = text.charAt(from + i);
                if (!Folding.isPlain(c)) {
                    return true;
                }
                if ((c | 0x20) != wanted.charAt(i)) {
                    return false;
                }
            }
            if (term == terms.size() - 1) {
                return true;
            }
            int end = from + wanted.length();
            int next = end;
            while (next < text.length() && Words.isPlainSeparator(text.charAt(next))) {
                next++;
            }
            in.look(next - end);
            return next < text.length()
                    && (next > end || !Folding.isPlain(text.charAt(next)))
                    && goesOn(in, next, term + 1);
        }

        boolean isIn(Words words) {
            for (int i = 0; words.get(i) != null; i++) {
                if (isAt(words, i)) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Reads a query: words, {@code "phrases"}, {@code beginnings*}, and all of these with a minus before them.
     *
     * @throws ApiException 400 if nothing can be searched for with it, or it is too long
     */
    public static SearchQuery of(String q) {
        if (q.length() > CHARS_MAX) {
            throw ApiException.invalid("q is longer than " + CHARS_MAX + " characters.");
        }
        List<Phrase> wanted = new ArrayList<>();
        List<Phrase> unwanted = new ArrayList<>();
        int at = 0;
        while (at < q.length()) {
            if (isSpace(q.charAt(at))) {
                at++;
                continue;
            }
            boolean minus = q.charAt(at) == '-';
            int from = minus ? at + 1 : at;
            boolean quoted = from < q.length() && q.charAt(from) == '"';
            int end = quoted ? q.indexOf('"', from + 1) : endOfWord(q, from);
            if (end < 0) {
                throw ApiException.invalid("q has a quotation mark without a second one: write \"a phrase\".");
            }
            phrase(q.substring(quoted ? from + 1 : from, end), quoted).ifPresent((minus ? unwanted : wanted)::add);
            at = quoted ? end + 1 : end;
        }
        List<Phrase> phrases = new ArrayList<>(wanted);
        phrases.addAll(unwanted);
        return checked(new SearchQuery(List.copyOf(phrases), wanted.size()));
    }

    private static SearchQuery checked(SearchQuery query) {
        if (query.wantedCount == 0) {
            throw ApiException.invalid("q has no word that must occur. Allowed are words, \"a phrase\", beginnings as"
                    + " in wor*, and any of these with a minus before it that must not occur.");
        }
        int phrases = query.phrases.size();
        int words =
                query.phrases.stream().mapToInt(phrase -> phrase.terms.size()).sum();
        if (phrases > PHRASES_MAX || words > WORDS_MAX) {
            throw ApiException.invalid("q has " + phrases + " words and phrases, of " + words
                    + " words. Allowed are " + PHRASES_MAX + " words and phrases, of " + WORDS_MAX
                    + " words; two neighbours of a script without spaces count as a word.");
        }
        return query;
    }

    private static int endOfWord(String q, int from) {
        int end = from;
        while (end < q.length() && !isSpace(q.charAt(end)) && q.charAt(end) != '"') {
            end++;
        }
        return end;
    }

    /** Also one that does not break a line, as text that was pasted from a page has. */
    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** Empty if it has no word, such as a lone sign. */
    private static Optional<Phrase> phrase(String text, boolean quoted) {
        List<Word> words = Words.of(text);
        if (words.isEmpty()) {
            return Optional.empty();
        }
        boolean beginning = !quoted && text.endsWith("*");
        Word last = words.get(words.size() - 1);
        if (last.form() == Form.LAST) {
            // The pair before it has it; in the text other characters may follow.
            words.remove(words.size() - 1);
        } else if (last.form() == Form.SINGLE) {
            beginning = true;
        } else if (beginning && characters(words) < BEGINNING_MIN) {
            throw ApiException.invalid("q has the beginning " + text + ": before the asterisk stand " + BEGINNING_MIN
                    + " letters or digits at least.");
        }
        return Optional.of(new Phrase(words.stream().map(Word::term).toList(), beginning));
    }

    private static long characters(List<Word> words) {
        return words.stream()
                .mapToLong(word -> word.term().codePoints().count())
                .sum();
    }
}
