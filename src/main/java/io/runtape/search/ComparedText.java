package io.runtape.search;

import io.runtape.search.SearchQuery.Phrase;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A text that is cut into words only where it may have a phrase: from the first place where it may, and as far as it takes to tell.
 * Compared with each phrase once. Confined to one thread.
 */
final class ComparedText {

    /** Matches of a fragment at the most. */
    private static final int MATCHES_MAX = 20;

    /** So many characters that are looked at take no more time than one that is cut, whatever they are; most take far less. */
    private static final int LOOKS_OF_A_CUT = 32;

    private final Passage passage;
    private final SearchQuery query;

    /** Where each phrase may be, and -1 if it is nowhere; null where that is not known yet. */
    private final @Nullable Integer[] places;

    /** Whether each phrase is there; null where that is not known yet. */
    private final @Nullable Boolean[] compared;

    private @Nullable PlainText plain;
    private @Nullable Words words;

    /** How many characters were cut into words that are not kept. */
    private long cutBefore;

    ComparedText(Passage passage, SearchQuery query) {
        this.passage = passage;
        this.query = query;
        this.places = new Integer[query.phrases().size()];
        this.compared = new Boolean[query.phrases().size()];
    }

    Passage passage() {
        return passage;
    }

    /** Whether it has the phrase with this number. */
    boolean has(int phrase) {
        Boolean known = compared[phrase];
        if (known == null) {
            known = isIn(phrase);
            compared[phrase] = known;
            if (!known && words != null) {
                compareWithOthers();
            }
        }
        return known;
    }

    private boolean isIn(int phrase) {
        return placeOf(phrase) >= 0 && query.phrases().get(phrase).isIn(words());
    }

    /**
     * Compares it with the other phrases at once and lets its words go, when all of it is cut: a run has several long texts, and
     * words take many times the memory of their text. Highlights have some of them cut again.
     */
    private void compareWithOthers() {
        for (int phrase = 0; phrase < compared.length; phrase++) {
            if (compared[phrase] == null) {
                compared[phrase] = isIn(phrase);
            }
        }
        cutBefore += words().charsCut();
        words = null;
    }

    private int placeOf(int phrase) {
        Integer known = places[phrase];
        if (known == null) {
            known = query.phrases().get(phrase).placeIn(plain());
            places[phrase] = known;
        }
        return known;
    }

    private PlainText plain() {
        PlainText text = plain == null ? PlainText.of(passage) : plain;
        plain = text;
        return text;
    }

    /** What it took so far: how many characters were cut into words, or as many as take the same time. */
    long work() {
        long looks = plain == null ? 0 : plain.looks();
        return cutBefore + (words == null ? 0 : words.charsCut()) + looks / LOOKS_OF_A_CUT;
    }

    /** Whether it has a phrase that must occur. */
    boolean hasAnyWanted() {
        for (int phrase = 0; phrase < query.wantedCount(); phrase++) {
            if (has(phrase)) {
                return true;
            }
        }
        return false;
    }

    /** The words from the first place on where a phrase of the query may be. */
    private Words words() {
        Words cut = words;
        if (cut == null) {
            int from = Integer.MAX_VALUE;
            for (int phrase = 0; phrase < places.length; phrase++) {
                int place = placeOf(phrase);
                from = place < 0 ? from : Math.min(from, place);
            }
            from = from == Integer.MAX_VALUE ? 0 : from;
            cut = new Words(passage.text(), from);
            words = cut;
        }
        return cut;
    }

    /**
     * The beginnings and ends of the first matches, in their order: those that may be in a fragment with the first one. To be
     * asked for last: words are cut only where there may be a match.
     */
    List<int[]> matches() {
        List<int[]> found = new ArrayList<>();
        Words cut = words();
        int[] next = firstPlaces();
        @Nullable Word word = cut.get(0);
        int place = 0;
        int taken = -1;
        for (int i = 0; word != null && found.size() < MATCHES_MAX && mayBeShown(word, found); i++) {
            // One character may be several words, as ½ is.
            if (word.from() >= place || word.from() == taken) {
                take(word, i, cut, found);
                taken = word.from();
                place = placeBehind(word, next);
                if (place < 0) {
                    break;
                }
                cut.skipTo(place);
            }
            word = cut.get(i + 1);
        }
        return found;
    }

    private void take(Word word, int number, Words cut, List<int[]> found) {
        for (Phrase phrase : query.wanted()) {
            if (phrase.isAt(cut, number)) {
                Word last =
                        Objects.requireNonNull(cut.get(number + phrase.terms().size() - 1));
                add(found, word.from(), end(phrase, last, passage.text()));
            }
        }
    }

    /** Where each phrase that must occur may be first; -1 for those that are nowhere. */
    private int[] firstPlaces() {
        int[] first = new int[query.wantedCount()];
        for (int phrase = 0; phrase < first.length; phrase++) {
            first[phrase] = placeOf(phrase);
        }
        return first;
    }

    /**
     * Where the next phrase that must occur may be behind the beginning of a word; -1 if none is. Pairs of characters overlap.
     *
     * @param next where each of them may be next, as it was told for the word before: those that are still ahead are not looked for
     *     again, so that all words together take one look through the text for each phrase
     */
    private int placeBehind(Word word, int[] next) {
        int nearest = Integer.MAX_VALUE;
        for (int phrase = 0; phrase < next.length; phrase++) {
            if (next[phrase] >= 0 && next[phrase] <= word.from()) {
                next[phrase] = query.phrases().get(phrase).placeIn(plain(), word.from() + 1);
            }
            nearest = next[phrase] < 0 ? nearest : Math.min(nearest, next[phrase]);
        }
        return nearest == Integer.MAX_VALUE ? -1 : nearest;
    }

    private static boolean mayBeShown(Word word, List<int[]> found) {
        if (found.isEmpty()) {
            return true;
        }
        int[] first = found.get(0);
        int end = Math.min(first[1], first[0] + Matching.LONGEST_FRAGMENT_CHARS);
        return word.from() <= Math.max(first[0] + Matching.FRAGMENT_CHARS, end);
    }

    /** A single character of a script without spaces finds pairs that begin with it. */
    private static int end(Phrase phrase, Word last, String text) {
        boolean half = phrase.beginning()
                && last.form() == Word.Form.PAIR
                && last.term().length()
                        > phrase.terms().get(phrase.terms().size() - 1).length();
        return half ? Math.min(last.to(), Words.endOfCharacter(text, last.from())) : last.to();
    }

    private static void add(List<int[]> found, int from, int to) {
        int[] before = found.isEmpty() ? null : found.get(found.size() - 1);
        if (before != null && from <= before[1]) {
            before[1] = Math.max(before[1], to);
        } else {
            found.add(new int[] {from, to});
        }
    }
}
