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

/** The terms of the words that a query wants: the runs that match it are among those that have all of them. */
final class WordQuery implements TermQuery {

    private static final Wanted WITH_PAIRS = new Wanted(WordPairs.INDEXED, false);

    private final Set<Wanted> words = new LinkedHashSet<>();

    /** Terms of pairs: a run without any such term may have them too. */
    private final Set<Wanted> pairs = new LinkedHashSet<>();

    WordQuery(SearchQuery query) {
        for (Phrase phrase : query.wanted()) {
            int last = phrase.terms().size() - 1;
            for (int i = 0; i <= last; i++) {
                boolean beginning = phrase.beginning() && i == last;
                words.add(new Wanted(phrase.terms().get(i), beginning));
                if (i > 0 && !beginning) {
                    String pair = WordPairs.term(
                            phrase.terms().get(i - 1), phrase.terms().get(i));
                    pairs.add(new Wanted(pair, false));
                }
            }
        }
    }

    @Override
    public Set<Wanted> terms() {
        Set<Wanted> terms = new LinkedHashSet<>(words);
        if (!pairs.isEmpty()) {
            terms.addAll(pairs);
            terms.add(WITH_PAIRS);
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
            for (Wanted pair : pairs) {
                BitSet with = placesOf(pair, found);
                with.or(without);
                each.add(with);
            }
        }
        BitSet all = each.get(0);
        each.forEach(all::and);
        return all;
    }

    private static BitSet placesOf(Wanted term, Map<Wanted, BitSet> found) {
        return Objects.requireNonNull(found.get(term));
    }
}
