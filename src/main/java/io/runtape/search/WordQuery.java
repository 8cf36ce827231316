package io.runtape.search;

import io.runtape.search.SearchQuery.Phrase;
import io.runtape.segment.TermQuery;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The terms of the words that a query wants, and of those that it does not: the runs that match it are among those that it finds. */
final class WordQuery implements TermQuery {

    private static final Wanted WITH_PAIRS = new Wanted(RunMarks.PAIRS, false);

    private static final Wanted WITH_EARLIER_PAIRS = new Wanted(RunMarks.EARLIER_PAIRS, false);

    private static final Wanted INDEXED_AGAIN = new Wanted(RunMarks.AGAIN, false);

    private final Set<Wanted> words = new LinkedHashSet<>();

    private final Set<Pair> pairs = new LinkedHashSet<>();

    /** Words of which none must occur. Phrases and beginnings are left to the comparison. */
    private final Set<Wanted> unwanted = new LinkedHashSet<>();

    /** Two words that follow each other: a run has one of the terms, or none of any pair, and then it may have the words, too. */
    private record Pair(Wanted term, Wanted earlierTerm) {

        static Pair of(String first, String second) {
            return new Pair(
                    new Wanted(WordPairs.term(first, second), false),
                    new Wanted(WordPairs.earlierTerm(first, second), false));
        }
    }

    WordQuery(SearchQuery query) {
        for (Phrase phrase : query.unwanted()) {
            if (phrase.terms().size() == 1 && !phrase.beginning()) {
                unwanted.add(new Wanted(phrase.terms().get(0), false));
            }
        }
        for (Phrase phrase : query.wanted()) {
            int last = phrase.terms().size() - 1;
            // Such a phrase has words before the letter, which tell more than that and are looked up faster.
            int lookedUp = phrase.endsWithALetter() ? last - 1 : last;
            for (int i = 0; i <= lookedUp; i++) {
                boolean beginning = phrase.beginning() && i == last;
                words.add(new Wanted(phrase.terms().get(i), beginning));
                if (i > 0 && !beginning) {
                    pairs.add(Pair.of(phrase.terms().get(i - 1), phrase.terms().get(i)));
                }
            }
        }
    }

    @Override
    public Set<Wanted> terms() {
        Set<Wanted> terms = new LinkedHashSet<>(words);
        if (!pairs.isEmpty()) {
            for (Pair pair : pairs) {
                terms.add(pair.term);
                terms.add(pair.earlierTerm);
            }
        }
        terms.addAll(unwanted);
        if (!pairs.isEmpty() || !unwanted.isEmpty()) {
            terms.add(WITH_PAIRS);
            terms.add(WITH_EARLIER_PAIRS);
        }
        if (!unwanted.isEmpty()) {
            terms.add(INDEXED_AGAIN);
        }
        return terms;
    }

    @Override
    public BitSet runs(Map<Wanted, BitSet> found) {
        List<BitSet> each = new ArrayList<>();
        words.forEach(word -> each.add(placesOf(word, found)));
        if (!pairs.isEmpty()) {
            // No run has a higher place than those of a word.
            BitSet without = new BitSet();
            found.values().forEach(without::or);
            without.andNot(placesOf(WITH_PAIRS, found));
            without.andNot(placesOf(WITH_EARLIER_PAIRS, found));
            for (Pair pair : pairs) {
                BitSet with = placesOf(pair.term, found);
                with.or(placesOf(pair.earlierTerm, found));
                with.or(without);
                each.add(with);
            }
        }
        BitSet all = new BitSet();
        all.or(each.get(0));
        each.forEach(all::and);
        unwanted.forEach(word -> all.andNot(certain(word, found)));
        return all;
    }

    /** The runs that have the word for sure: all terms are those of their texts, since they were indexed once, by this version. */
    private static BitSet certain(Wanted word, Map<Wanted, BitSet> found) {
        BitSet runs = new BitSet();
        runs.or(placesOf(word, found));
        runs.and(placesOf(WITH_PAIRS, found));
        runs.andNot(placesOf(WITH_EARLIER_PAIRS, found));
        runs.andNot(placesOf(INDEXED_AGAIN, found));
        return runs;
    }

    private static BitSet placesOf(Wanted term, Map<Wanted, BitSet> found) {
        return Objects.requireNonNull(found.get(term));
    }
}
