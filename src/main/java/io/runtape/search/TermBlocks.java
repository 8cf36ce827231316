package io.runtape.search;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * The terms of a segment with their postings, in blocks of some kilobytes, so that a search reads only the block that has its
 * term. Within a block a term is stored as what differs from the one before it. Which block has a term tells the directory: the
 * first term of each.
 *
 * @param directory the first term of each block
 * @param contents the blocks
 */
record TermBlocks(List<String> directory, List<byte[]> contents) {

    /** A block is full with so many bytes. */
    private static final int BLOCK_BYTES = 4096;

    /** Takes the terms of a block in their order. */
    interface Visitor {
        /** Whether the runs of this term are to be read. */
        boolean wants(String term);

        /** The places of the runs of a term that is wanted. */
        void found(String term, int[] places);
    }

    static TermBlocks of(SortedMap<String, int[]> postings) {
        List<String> directory = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        ByteWriter block = new ByteWriter();
        String before = "";
        for (var entry : postings.entrySet()) {
            if (block.size() >= BLOCK_BYTES) {
                contents.add(block.written());
                block = new ByteWriter();
                before = "";
            }
            if (block.size() == 0) {
                directory.add(entry.getKey());
            }
            int shared = shared(before, entry.getKey());
            block.number(shared).text(entry.getKey().substring(shared));
            write(entry.getValue(), block);
            before = entry.getKey();
        }
        if (block.size() > 0) {
            contents.add(block.written());
        }
        return new TermBlocks(directory, contents);
    }

    /** How many characters both begin with, whole surrogate pairs only. */
    private static int shared(String before, String term) {
        int most = Math.min(before.length(), term.length());
        int shared = 0;
        while (shared < most && before.charAt(shared) == term.charAt(shared)) {
            shared++;
        }
        return shared > 0 && Character.isHighSurrogate(term.charAt(shared - 1)) ? shared - 1 : shared;
    }

    /** A single place is one number with the lowest bit set; else the count follows, and the distances. */
    private static void write(int[] places, ByteWriter to) {
        if (places.length == 1) {
            to.number((long) places[0] << 1 | 1);
            return;
        }
        to.number((long) places.length << 1);
        int before = 0;
        for (int place : places) {
            to.number(place - before);
            before = place;
        }
    }

    static void read(byte[] block, Visitor visitor) {
        ByteReader bytes = new ByteReader(block);
        String before = "";
        while (bytes.hasMore()) {
            String term = before.substring(0, (int) bytes.number()) + bytes.text();
            if (visitor.wants(term)) {
                visitor.found(term, places(bytes));
            } else {
                skipPlaces(bytes);
            }
            before = term;
        }
    }

    private static int[] places(ByteReader bytes) {
        long first = bytes.number();
        if ((first & 1) == 1) {
            return new int[] {(int) (first >> 1)};
        }
        int[] places = new int[(int) (first >> 1)];
        int before = 0;
        for (int i = 0; i < places.length; i++) {
            before += (int) bytes.number();
            places[i] = before;
        }
        return places;
    }

    private static void skipPlaces(ByteReader bytes) {
        long first = bytes.number();
        for (long i = (first & 1) == 1 ? 0 : first >> 1; i > 0; i--) {
            bytes.number();
        }
    }

    /** The directory as bytes. */
    byte[] writtenDirectory() {
        ByteWriter bytes = new ByteWriter();
        directory.forEach(bytes::text);
        return bytes.written();
    }

    /** What {@link #writtenDirectory} wrote. */
    static List<String> directory(byte[] written) {
        ByteReader bytes = new ByteReader(written);
        List<String> directory = new ArrayList<>();
        while (bytes.hasMore()) {
            directory.add(bytes.text());
        }
        return directory;
    }

    /** The number of bytes of all blocks. */
    int size() {
        return contents.stream().mapToInt(block -> block.length).sum();
    }
}
