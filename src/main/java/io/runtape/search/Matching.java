package io.runtape.search;

import io.runtape.search.SearchQuery.Phrase;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
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
        List<Text> texts =
                passages.stream().map(passage -> new Text(passage, query)).toList();
        Optional<List<Highlight>> found = found(query, texts, runId);
        work.accept(texts.stream().mapToLong(Text::charsCut).sum());
        return found;
    }

    private static Optional<List<Highlight>> found(SearchQuery query, List<Text> texts, @Nullable String runId) {
        for (Phrase phrase : query.wanted()) {
            if (!isIn(texts, phrase)) {
                return Optional.empty();
            }
        }
        for (Phrase phrase : query.unwanted()) {
            if (isIn(texts, phrase)) {
                return Optional.empty();
            }
        }
        List<Highlight> highlights = new ArrayList<>();
        for (Text text : texts) {
            if (highlights.size() < HIGHLIGHTS_MAX && text.hasAny(query.wanted())) {
                highlights.add(highlight(text.passage, found(query, text.words(), text.passage.text()), runId));
            }
        }
        return Optional.of(highlights);
    }

    private static boolean isIn(List<Text> texts, Phrase phrase) {
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
        private final Map<Phrase, Integer> places = new IdentityHashMap<>();
        private final Map<Phrase, Boolean> compared = new IdentityHashMap<>();
        private @Nullable PlainText plain;
        private @Nullable Words words;

        Text(Passage passage, SearchQuery query) {
            this.passage = passage;
            this.query = query;
        }

        boolean has(Phrase phrase) {
            return compared.computeIfAbsent(phrase, each -> placeOf(each) >= 0 && each.isIn(words()));
        }

        private int placeOf(Phrase phrase) {
            PlainText text = plain == null ? PlainText.of(passage) : plain;
            plain = text;
            return places.computeIfAbsent(phrase, each -> each.placeIn(text));
        }

        long charsCut() {
            return words == null ? 0 : words.charsCut();
        }

        boolean hasAny(List<Phrase> phrases) {
            for (Phrase phrase : phrases) {
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
                int from = Stream.concat(query.wanted().stream(), query.unwanted().stream())
                        .mapToInt(this::placeOf)
                        .filter(place -> place >= 0)
                        .min()
                        .orElse(0);
                cut = new Words(passage.text(), from);
                words = cut;
            }
            return cut;
        }
    }

    /** The beginnings and ends of the first matches, in their order: those that may be in a fragment with the first one. */
    private static List<int[]> found(SearchQuery query, Words words, String text) {
        List<int[]> found = new ArrayList<>();
        @Nullable Word word = words.get(0);
        for (int i = 0; word != null && found.size() < MATCHES_MAX && mayBeShown(word, found); i++) {
            for (Phrase phrase : query.wanted()) {
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
        return found.isEmpty() || word.from() < found.get(0)[0] + LONGEST_FRAGMENT_CHARS;
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
