package io.runtape.search;

import io.runtape.search.SearchQuery.Phrase;
import java.util.ArrayList;
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
    static Optional<List<Highlight>> of(SearchQuery query, List<Passage> passages, @Nullable String runId) {
        return of(query, passages, runId, chars -> {});
    }

    /** @param work takes how many characters were cut into words */
    static Optional<List<Highlight>> of(
            SearchQuery query, List<Passage> passages, @Nullable String runId, LongConsumer work) {
        List<Text> texts = new ArrayList<>(passages.size());
        for (Passage passage : passages) {
            texts.add(new Text(passage, query));
        }
        Optional<List<Highlight>> found = found(query, texts, runId);
        long cut = 0;
        for (Text text : texts) {
            cut += text.charsCut();
        }
        work.accept(cut);
        return found;
    }

    private static Optional<List<Highlight>> found(SearchQuery query, List<Text> texts, @Nullable String runId) {
        for (int phrase = 0; phrase < query.phrases().size(); phrase++) {
            boolean mustOccur = phrase < query.wantedCount();
            if (isIn(texts, phrase) != mustOccur) {
                return Optional.empty();
            }
        }
        List<Highlight> highlights = new ArrayList<>();
        for (Text text : texts) {
            if (highlights.size() < HIGHLIGHTS_MAX && text.hasAnyWanted()) {
                highlights.add(highlight(text.passage, found(query, text.words(), text.passage.text()), runId));
            }
        }
        return Optional.of(highlights);
    }

    private static boolean isIn(List<Text> texts, int phrase) {
        for (Text text : texts) {
            if (text.has(phrase)) {
                return true;
            }
        }
        return false;
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
                PlainText text = plain == null ? PlainText.of(passage) : plain;
                plain = text;
                known = query.phrases().get(phrase).placeIn(text);
                places[phrase] = known;
            }
            return known;
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
    }

    /** The beginnings and ends of the first matches, in their order: those that may be in a fragment with the first one. */
    private static List<int[]> found(SearchQuery query, Words words, String text) {
        List<int[]> found = new ArrayList<>();
        List<Phrase> wanted = query.wanted();
        @Nullable Word word = words.get(0);
        for (int i = 0; word != null && found.size() < MATCHES_MAX && mayBeShown(word, found); i++) {
            for (Phrase phrase : wanted) {
                if (phrase.isAt(words, i)) {
                    Word last =
                            Objects.requireNonNull(words.get(i + phrase.terms().size() - 1));
                    add(found, word.from(), end(phrase, last, text));
                }
            }
            word = words.get(i + 1);
        }
        return found;
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
