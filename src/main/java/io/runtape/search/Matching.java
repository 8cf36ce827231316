package io.runtape.search;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Compares the texts of one run, or of one thread's title, with a query. Safe for any thread. */
final class Matching {

    /** Highlights of one hit at the most. */
    private static final int HIGHLIGHTS_MAX = 3;

    /** Characters of a fragment before its first match, and in all. */
    private static final int BEFORE = 60;

    static final int FRAGMENT_CHARS = 200;

    /** Where the first match is a long phrase. */
    static final int LONGEST_FRAGMENT_CHARS = 2 * FRAGMENT_CHARS;

    private Matching() {}

    /** Where the query was found; empty if the texts do not match it. */
    static Optional<List<Highlight>> of(SearchQuery query, Iterable<Passage> passages, @Nullable String runId) {
        return of(query, passages, runId, chars -> {});
    }

    /**
     * @param passages are read as far as it takes
     * @param work takes how many characters were cut into words, or as many as take the time that was taken
     */
    static Optional<List<Highlight>> of(
            SearchQuery query, Iterable<Passage> passages, @Nullable String runId, LongConsumer work) {
        Texts texts = new Texts(passages.iterator(), query);
        Optional<List<Highlight>> found = found(query, texts, runId);
        work.accept(texts.work());
        return found;
    }

    /** Whether the texts match the query; no words are cut for highlights. */
    static boolean matches(SearchQuery query, Iterable<Passage> passages, LongConsumer work) {
        Texts texts = new Texts(passages.iterator(), query);
        boolean matching = matches(query, texts);
        work.accept(texts.work());
        return matching;
    }

    private static boolean matches(SearchQuery query, Texts texts) {
        for (int phrase = 0; phrase < query.phrases().size(); phrase++) {
            boolean mustOccur = phrase < query.wantedCount();
            if (texts.have(phrase) != mustOccur) {
                return false;
            }
        }
        return true;
    }

    private static Optional<List<Highlight>> found(SearchQuery query, Texts texts, @Nullable String runId) {
        if (!matches(query, texts)) {
            return Optional.empty();
        }
        List<Highlight> highlights = new ArrayList<>();
        @Nullable ComparedText text = texts.get(0);
        for (int i = 1; text != null && highlights.size() < HIGHLIGHTS_MAX; i++) {
            if (text.hasAnyWanted()) {
                highlights.add(highlight(text.passage(), text.matches(), runId));
            }
            text = texts.get(i);
        }
        return Optional.of(highlights);
    }

    /** The texts of a run, as far as they are asked for: a word that many runs have mostly stands in one of the first. */
    private static final class Texts {

        private final Iterator<Passage> unread;
        private final SearchQuery query;
        private final List<ComparedText> read = new ArrayList<>();

        Texts(Iterator<Passage> passages, SearchQuery query) {
            this.unread = passages;
            this.query = query;
        }

        /** The text with this number, from 0 on, whose predecessor was asked for; null if there are not so many. */
        @Nullable
        ComparedText get(int number) {
            if (number == read.size()) {
                if (!unread.hasNext()) {
                    return null;
                }
                read.add(new ComparedText(unread.next(), query));
            }
            return read.get(number);
        }

        /** Whether one of them has the phrase with this number. */
        boolean have(int phrase) {
            @Nullable ComparedText text = get(0);
            for (int i = 1; text != null; i++) {
                if (text.has(phrase)) {
                    return true;
                }
                text = get(i);
            }
            return false;
        }

        long work() {
            long work = 0;
            for (ComparedText text : read) {
                work += text.work();
            }
            return work;
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
