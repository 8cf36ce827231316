package io.runtape.search;

import io.runtape.search.SearchQuery.Phrase;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Compares the texts of one run, or of one thread's title, with a query. Safe for any thread. */
final class Matching {

    /** Highlights of one hit at the most. */
    private static final int HIGHLIGHTS_MAX = 3;

    /** Characters of a fragment before its first match, and in all. */
    private static final int BEFORE = 60;

    private static final int FRAGMENT_CHARS = 200;

    /** Where the first match is a long phrase. */
    private static final int LONGEST_FRAGMENT_CHARS = 2 * FRAGMENT_CHARS;

    /** Matches of a fragment at the most. */
    private static final int MATCHES_MAX = 20;

    private Matching() {}

    /** Where the query was found; empty if the texts do not match it. */
    static Optional<List<Highlight>> of(SearchQuery query, Iterable<Passage> passages, @Nullable String runId) {
        return of(query, passages, runId, chars -> {});
    }

    /**
     * @param passages are read as far as it takes
     * @param work takes how many characters were cut into words
     */
    static Optional<List<Highlight>> of(
            SearchQuery query, Iterable<Passage> passages, @Nullable String runId, LongConsumer work) {
        Texts texts = new Texts(passages.iterator(), query);
        Optional<List<Highlight>> found = found(query, texts, runId);
        work.accept(texts.charsCut());
        return found;
    }

    private static Optional<List<Highlight>> found(SearchQuery query, Texts texts, @Nullable String runId) {
        for (int phrase = 0; phrase < query.phrases().size(); phrase++) {
            boolean mustOccur = phrase < query.wantedCount();
            if (texts.have(phrase) != mustOccur) {
                return Optional.empty();
            }
        }
        List<Highlight> highlights = new ArrayList<>();
        @Nullable Text text = texts.get(0);
        for (int i = 1; text != null && highlights.size() < HIGHLIGHTS_MAX; i++) {
            if (text.hasAnyWanted()) {
                highlights.add(highlight(text.passage, text.matches(), runId));
            }
            text = texts.get(i);
        }
        return Optional.of(highlights);
    }

    /** The texts of a run, as far as they are asked for: a word that many runs have mostly stands in one of the first. */
    private static final class Texts {

        private final Iterator<Passage> unread;
        private final SearchQuery query;
        private final List<Text> read = new ArrayList<>();

        Texts(Iterator<Passage> passages, SearchQuery query) {
            this.unread = passages;
            this.query = query;
        }

        /** The text with this number, from 0 on, whose predecessor was asked for; null if there are not so many. */
        @Nullable
        Text get(int number) {
            if (number == read.size()) {
                if (!unread.hasNext()) {
                    return null;
                }
                read.add(new Text(unread.next(), query));
            }
            return read.get(number);
        }

        /** Whether one of them has the phrase with this number. */
        boolean have(int phrase) {
            @Nullable Text text = get(0);
            for (int i = 1; text != null; i++) {
                if (text.has(phrase)) {
                    return true;
                }
                text = get(i);
            }
            return false;
        }

        long charsCut() {
            long cut = 0;
            for (Text text : read) {
                cut += text.charsCut();
            }
            return cut;
        }
    }

    /**
     * A text that is cut into words only where it may have a phrase: from the first place where it may, and as far as it takes to
     * tell. Compared with each phrase once.
     */
    private static final class Text {

        private final Passage passage;
        private final SearchQuery query;

        /** Where each phrase may be, and -1 if it is nowhere; null where that is not known yet. */
        private final @Nullable Integer[] places;

        /** Whether each phrase is there; null where that is not known yet. */
        private final @Nullable Boolean[] compared;

        private @Nullable PlainText plain;
        private @Nullable Words words;

        Text(Passage passage, SearchQuery query) {
            this.passage = passage;
            this.query = query;
            this.places = new Integer[query.phrases().size()];
            this.compared = new Boolean[query.phrases().size()];
        }

        /** Whether it has the phrase with this number. */
        boolean has(int phrase) {
            Boolean known = compared[phrase];
            if (known == null) {
                known = placeOf(phrase) >= 0 && query.phrases().get(phrase).isIn(words());
                compared[phrase] = known;
            }
            return known;
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

        long charsCut() {
            return words == null ? 0 : words.charsCut();
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
        Words words() {
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
            @Nullable Word word = cut.get(0);
            int place = 0;
            int taken = -1;
            for (int i = 0; word != null && found.size() < MATCHES_MAX && mayBeShown(word, found); i++) {
                // One character may be several words, as ½ is.
                if (word.from() >= place || word.from() == taken) {
                    take(word, i, cut, found);
                    taken = word.from();
                    place = placeBehind(word);
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
                    Word last = Objects.requireNonNull(
                            cut.get(number + phrase.terms().size() - 1));
                    add(found, word.from(), end(phrase, last, passage.text()));
                }
            }
        }

        /** Where the next phrase that must occur may be behind the beginning of a word; -1 if none is. Pairs of characters overlap. */
        private int placeBehind(Word word) {
            int next = Integer.MAX_VALUE;
            for (Phrase phrase : query.wanted()) {
                int place = phrase.placeIn(plain(), word.from() + 1);
                next = place < 0 ? next : Math.min(next, place);
            }
            return next == Integer.MAX_VALUE ? -1 : next;
        }
    }

    private static boolean mayBeShown(Word word, List<int[]> found) {
        if (found.isEmpty()) {
            return true;
        }
        int[] first = found.get(0);
        int end = Math.min(first[1], first[0] + LONGEST_FRAGMENT_CHARS);
        return word.from() <= Math.max(first[0] + FRAGMENT_CHARS, end);
    }

    /** A single character of a script without spaces finds pairs that begin with it. */
    private static int end(Phrase phrase, Word last, String text) {
        boolean half = phrase.beginning()
                && last.form() == Word.Form.PAIR
                && last.term().length()
                        > phrase.terms().get(phrase.terms().size() - 1).length();
        return half ? Math.min(last.to(), text.offsetByCodePoints(last.from(), 1)) : last.to();
    }

    private static void add(List<int[]> found, int from, int to) {
        int[] before = found.isEmpty() ? null : found.get(found.size() - 1);
        if (before != null && from <= before[1]) {
            before[1] = Math.max(before[1], to);
        } else {
            found.add(new int[] {from, to});
        }
    }

    private static Highlight highlight(Passage passage, List<int[]> found, @Nullable String runId) {
        String text = passage.text();
        int from = beginning(text, found.get(0)[0]);
        int to = whole(
                text,
                Math.min(
                        text.length(),
                        Math.max(from + FRAGMENT_CHARS, Math.min(found.get(0)[1], from + LONGEST_FRAGMENT_CHARS))));
        List<List<Integer>> matches = found.stream()
                .filter(match -> match[0] < to)
                .map(match -> List.of(match[0] - from, Math.min(match[1], to) - from))
                .toList();
        return new Highlight(
                passage.place(),
                runId,
                passage.sequence() == 0 ? null : passage.sequence(),
                text.substring(from, to),
                matches);
    }

    /** Begins with a word, if there is a space to begin behind. */
    private static int beginning(String text, int match) {
        int earliest = Math.max(0, match - BEFORE);
        if (earliest == 0) {
            return 0;
        }
        for (int i = earliest; i < match; i++) {
            if (Character.isWhitespace(text.charAt(i))) {
                return i + 1;
            }
        }
        return whole(text, earliest);
    }

    /** Not between the halves of a surrogate pair. */
    private static int whole(String text, int at) {
        boolean inside = at > 0
                && at < text.length()
                && Character.isHighSurrogate(text.charAt(at - 1))
                && Character.isLowSurrogate(text.charAt(at));
        return inside ? at - 1 : at;
    }
}
