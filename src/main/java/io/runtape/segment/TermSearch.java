package io.runtape.segment;

import io.runtape.segment.SegmentReader.Part;
import io.runtape.segment.TermQuery.Wanted;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Looks the terms of a query up in one segment. Confined to one thread. */
public final class TermSearch {

    /** Blocks that are in memory at once, of some kilobytes each: beginnings of few letters are in most blocks of a segment. */
    private static final int BLOCKS_AT_ONCE = 512;

    private final TermQuery query;
    private final List<String> directory;

    private final Map<Wanted, BitSet> found =
            new TreeMap<>(Comparator.comparing(Wanted::term).thenComparing(Wanted::beginning));

    /** @param directory the first term of each block of the segment */
    public TermSearch(TermQuery query, List<String> directory) {
        this.query = query;
        this.directory = directory;
        query.terms().forEach(term -> found.put(term, new BitSet()));
    }

    /**
     * Looks the terms of a query up in some segments.
     *
     * @param segments these and maybe others, by their keys
     * @return the places of the runs that are found, by the keys of the segments that have any; empty if a segment was merged meanwhile
     */
    static Optional<Map<Long, BitSet>> in(
            SegmentReader reader,
            Connection connection,
            SegmentKind kind,
            TermQuery query,
            Collection<ListedSegment> some,
            Map<Long, ListedSegment> segments)
            throws SQLException {
        List<Long> keys = some.stream().map(ListedSegment::segmentPk).toList();
        Map<Long, byte[]> directories = reader.read(connection, kind, Part.DIRECTORY, keys, segments);
        Map<Long, TermSearch> bySegment = new HashMap<>();
        Map<Long, TermSearch> byBlock = new HashMap<>();
        directories.forEach((segmentPk, directory) -> {
            TermSearch search = new TermSearch(query, TermBlocks.directory(directory));
            bySegment.put(segmentPk, search);
            search.blocks().forEach(block -> byBlock.put(Segments.blockPk(segmentPk, block), search));
        });
        List<Long> blocks = List.copyOf(byBlock.keySet());
        for (int from = 0; from < blocks.size(); from += BLOCKS_AT_ONCE) {
            List<Long> next = blocks.subList(from, Math.min(from + BLOCKS_AT_ONCE, blocks.size()));
            Map<Long, byte[]> contents = reader.read(connection, kind, Part.BLOCK, next, segments);
            contents.forEach(
                    (pk, content) -> Objects.requireNonNull(byBlock.get(pk)).read(content));
            if (contents.size() < next.size()) {
                return Optional.empty();
            }
        }
        Map<Long, BitSet> found = new HashMap<>();
        bySegment.forEach((segmentPk, search) -> {
            BitSet runs = search.runs();
            if (!runs.isEmpty()) {
                found.put(segmentPk, runs);
            }
        });
        return directories.size() == keys.size() ? Optional.of(found) : Optional.empty();
    }

    /** The numbers of the blocks that may have the terms. */
    public Set<Integer> blocks() {
        Set<Integer> blocks = new LinkedHashSet<>();
        for (Wanted wanted : found.keySet()) {
            int first = blockOf(wanted.term());
            if (!wanted.beginning() && first >= 0) {
                blocks.add(first);
            }
            for (int i = Math.max(first, 0); wanted.beginning() && i < directory.size() && mayHave(i, wanted); i++) {
                blocks.add(i);
            }
        }
        return blocks;
    }

    private boolean mayHave(int block, Wanted wanted) {
        String first = directory.get(block);
        return first.compareTo(wanted.term()) <= 0 || wanted.is(first);
    }

    /** The last block whose first term is not behind this one; -1 if there is none. */
    private int blockOf(String term) {
        int at = Collections.binarySearch(directory, term);
        return at >= 0 ? at : -at - 2;
    }

    /** Reads a block. Both its terms and those of the query are in their order. */
    public void read(byte[] block) {
        List<Map.Entry<Wanted, BitSet>> wanted = List.copyOf(found.entrySet());
        TermBlocks.Reader terms = new TermBlocks.Reader(List.of(block));
        int from = 0;
        while (from < wanted.size() && terms.next()) {
            String term = terms.term();
            while (from < wanted.size() && wanted.get(from).getKey().isBefore(term)) {
                from++;
            }
            List<BitSet> having = new ArrayList<>();
            for (int i = from; i < wanted.size() && !wanted.get(i).getKey().isBehind(term); i++) {
                if (wanted.get(i).getKey().is(term)) {
                    having.add(wanted.get(i).getValue());
                }
            }
            if (having.size() == 1) {
                terms.addPlacesTo(having.get(0));
            } else if (having.size() > 1) {
                BitSet places = new BitSet();
                terms.addPlacesTo(places);
                having.forEach(runs -> runs.or(places));
            }
        }
    }

    /** The places of the runs that the query finds in the blocks that were read; to be called once. */
    public BitSet runs() {
        return query.runs(found);
    }
}
