package io.runtape.search;

import io.runtape.search.SearchQuery.Phrase;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which runs of one segment have all terms of a query. Confined to one thread. */
final class SegmentSearch {

    /**
     * A term of the query.
     *
     * @param beginning whether all terms that begin with it count
     */
    private record Wanted(String term, boolean beginning) {

        boolean is(String other) {
            return beginning ? other.startsWith(term) : other.equals(term);
        }

        /** Whether neither this term nor a later one counts. */
        boolean isBefore(String other) {
            return term.compareTo(other) < 0 && !is(other);
        }
    }

    private static final Wanted WITH_PAIRS = new Wanted(WordPairs.INDEXED, false);

    private final List<String> directory;

    /** Terms of pairs: a run without any such term may have them too. */
    private final Set<Wanted> pairs = new LinkedHashSet<>();

    private final Map<Wanted, BitSet> found =
            new TreeMap<>(Comparator.comparing(Wanted::term).thenComparing(Wanted::beginning));

    SegmentSearch(SearchQuery query, List<String> directory) {
        this.directory = directory;
        for (Phrase phrase : query.wanted()) {
            int last = phrase.terms().size() - 1;
            for (int i = 0; i <= last; i++) {
                boolean beginning = phrase.beginning() && i == last;
                found.put(new Wanted(phrase.terms().get(i), beginning), new BitSet());
                if (i > 0 && !beginning) {
                    pair(WordPairs.term(
                            phrase.terms().get(i - 1), phrase.terms().get(i)));
                }
            }
        }
    }

    private void pair(String term) {
        pairs.add(new Wanted(term, false));
        found.put(new Wanted(term, false), new BitSet());
        found.put(WITH_PAIRS, new BitSet());
    }

    /** The numbers of the blocks that may have the terms. */
    Set<Integer> blocks() {
        Set<Integer> blocks = new LinkedHashSet<>();
        for (Wanted wanted : found.keySet()) {
            int first = blockOf(wanted.term);
            if (!wanted.beginning && first >= 0) {
                blocks.add(first);
            }
            for (int i = Math.max(first, 0); wanted.beginning && i < directory.size() && mayHave(i, wanted); i++) {
                blocks.add(i);
            }
        }
        return blocks;
    }

    private boolean mayHave(int block, Wanted wanted) {
        String first = directory.get(block);
        return first.compareTo(wanted.term) <= 0 || wanted.is(first);
    }

    /** The last block whose first term is not behind this one; -1 if there is none. */
    private int blockOf(String term) {
        int at = Collections.binarySearch(directory, term);
        return at >= 0 ? at : -at - 2;
    }

    /** Both the terms of a block and those of the query are in their order. */
    void read(byte[] block) {
        List<Map.Entry<Wanted, BitSet>> wanted = List.copyOf(found.entrySet());
        TermBlocks.Reader terms = new TermBlocks.Reader(List.of(block));
        int from = 0;
        while (from < wanted.size() && terms.next()) {
            int @Nullable [] places = null;
            while (from < wanted.size() && wanted.get(from).getKey().isBefore(terms.term())) {
                from++;
            }
            for (Map.Entry<Wanted, BitSet> each : wanted.subList(from, wanted.size())) {
                if (each.getKey().is(terms.term())) {
                    places = places == null ? terms.places() : places;
                    for (int place : places) {
                        each.getValue().set(place);
                    }
                }
            }
        }
    }

    /** The places of the runs that have all terms, of the blocks that were read. */
    BitSet runs() {
        BitSet without = new BitSet();
        if (!pairs.isEmpty()) {
            // No run has a higher place than those of a word.
            found.values().forEach(without::or);
            without.andNot(Objects.requireNonNull(found.remove(WITH_PAIRS)));
            pairs.forEach(pair -> Objects.requireNonNull(found.get(pair)).or(without));
        }
        List<BitSet> each = new ArrayList<>(found.values());
        BitSet all = each.get(0);
        each.forEach(all::and);
        return all;
    }
}
