package io.runtape.segment;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.stream.IntStream;

/**
 * The terms of a segment with their postings, in blocks of some kilobytes, so that a search reads only the block that has its
 * term. Within a block a term is stored as what differs from the one before it. Which block has a term tells the directory: the
 * first term of each.
 *
 * @param directory the first term of each block
 * @param contents the blocks
 */
public record TermBlocks(List<String> directory, List<byte[]> contents) {

    /** A block is full with so many bytes. */
    private static final int BLOCK_BYTES = 4096;

    /** No segment has so many runs. */
    private static final int PLACES_MAX = 1 << 20;

    /** Blocks that were read, the directory made anew. */
    static TermBlocks of(List<byte[]> contents) {
        List<String> directory = new ArrayList<>();
        for (byte[] block : contents) {
            Reader first = new Reader(List.of(block));
            first.next();
            directory.add(first.term());
        }
        return new TermBlocks(directory, contents);
    }

    /** Makes blocks of terms that come in their order, each once. Confined to one thread. */
    public static final class Writer {

        private final List<String> directory = new ArrayList<>();
        private final List<byte[]> contents = new ArrayList<>();
        private ByteWriter block = new ByteWriter();
        private final boolean bits;
        private String before = "";

        /** @param bits whether the places of many runs are written as bits, where that is shorter */
        public Writer(boolean bits) {
            this.bits = bits;
        }

        /** Adds a term with the places of its runs, in their order. */
        public void add(String term, int[] places) {
            byte[] written = TermBlocks.written(places, bits);
            // A term of many runs has a block of its own: who looks for it reads nothing else.
            if (block.size() >= BLOCK_BYTES || block.size() > 0 && written.length >= BLOCK_BYTES) {
                endBlock();
            }
            if (block.size() == 0) {
                directory.add(term);
            }
            int shared = shared(before, term);
            block.number(shared).text(term.substring(shared));
            block.bytes(written);
            before = term;
        }

        private void endBlock() {
            contents.add(block.written());
            block = new ByteWriter();
            before = "";
        }

        /** The blocks of all terms. */
        public TermBlocks written() {
            if (block.size() > 0) {
                endBlock();
            }
            return new TermBlocks(directory, contents);
        }
    }

    /** Reads all terms in their order, and the places of the runs of those that are asked for. Confined to one thread. */
    public static final class Reader {

        private final Iterator<byte[]> blocks;
        private ByteReader block = new ByteReader(new byte[0]);
        private String term = "";
        private boolean placesFollow;

        /** @param contents the blocks */
        public Reader(List<byte[]> contents) {
            this.blocks = contents.iterator();
        }

        /** Goes to the next term; false behind the last one. */
        public boolean next() {
            if (placesFollow) {
                skipPlaces(block);
                placesFollow = false;
            }
            if (!block.hasMore()) {
                if (!blocks.hasNext()) {
                    return false;
                }
                block = new ByteReader(blocks.next());
                term = "";
            }
            term = term.substring(0, (int) block.number()) + block.text();
            placesFollow = true;
            return true;
        }

        /** The term that it went to. */
        public String term() {
            return term;
        }

        /** The places of the runs of the term; either this or the other is to be called once. */
        public int[] places() {
            placesFollow = false;
            return TermBlocks.places(block);
        }

        /** Adds the places of the runs of the term to those that are there. */
        void addPlacesTo(BitSet runs) {
            placesFollow = false;
            TermBlocks.addPlaces(block, runs);
        }
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

    /**
     * A single place is one number with the lowest bit set; else the count follows, and the distances. A 0 leads places that are
     * written as bits, and the number of their bytes.
     */
    private static byte[] written(int[] places, boolean bits) {
        ByteWriter to = new ByteWriter();
        if (places.length == 1) {
            to.number((long) places[0] << 1 | 1);
        } else if (bits && places.length > places[places.length - 1] / Byte.SIZE + 1) {
            BitSet set = new BitSet();
            Arrays.stream(places).forEach(set::set);
            byte[] bytes = set.toByteArray();
            to.number(0).number(bytes.length).bytes(bytes);
        } else {
            to.number((long) places.length << 1);
            int before = 0;
            for (int place : places) {
                to.number(place - before);
                before = place;
            }
        }
        return to.written();
    }

    private static int[] places(ByteReader bytes) {
        long first = bytes.number();
        if (first == 0) {
            return BitSet.valueOf(bytes.bytes((int) bytes.number())).stream().toArray();
        }
        if ((first & 1) == 1) {
            return new int[] {(int) (first >> 1)};
        }
        // Each has a byte at the least; damaged bytes may tell of any number.
        int[] places = new int[(int) Objects.checkIndex(first >> 1, bytes.left() + 1L)];
        int before = 0;
        for (int i = 0; i < places.length; i++) {
            before += (int) bytes.number();
            places[i] = before;
        }
        return places;
    }

    private static void addPlaces(ByteReader bytes, BitSet to) {
        long first = bytes.number();
        if (first == 0) {
            to.or(BitSet.valueOf(bytes.bytes((int) bytes.number())));
        } else if ((first & 1) == 1) {
            to.set(place(first >> 1));
        } else {
            int place = 0;
            for (long left = first >> 1; left > 0; left--) {
                place = place(place + bytes.number());
                to.set(place);
            }
        }
    }

    /** Damaged bytes may tell of any place: a set of all before it would not fit the memory. */
    private static int place(long place) {
        return (int) Objects.checkIndex(place, PLACES_MAX);
    }

    private static void skipPlaces(ByteReader bytes) {
        long first = bytes.number();
        if (first == 0) {
            bytes.bytes((int) bytes.number());
            return;
        }
        for (long i = (first & 1) == 1 ? 0 : first >> 1; i > 0; i--) {
            bytes.number();
        }
    }

    /** The directory as bytes. */
    public byte[] writtenDirectory() {
        ByteWriter bytes = new ByteWriter();
        directory.forEach(bytes::text);
        return bytes.written();
    }

    /** What {@link #writtenDirectory} wrote. */
    public static List<String> directory(byte[] written) {
        return new Directory(written);
    }

    /** A directory as it is stored: a search looks at a few of its terms, and there are thousands. */
    private static final class Directory extends AbstractList<String> implements RandomAccess {

        private final byte[] written;

        /** Where each term begins. */
        private final int[] from;

        Directory(byte[] written) {
            this.written = written;
            IntStream.Builder begin = IntStream.builder();
            ByteReader bytes = new ByteReader(written);
            while (bytes.hasMore()) {
                begin.add(bytes.at());
                bytes.skipText();
            }
            this.from = begin.build().toArray();
        }

        @Override
        public String get(int index) {
            return new ByteReader(written, from[index]).text();
        }

        @Override
        public int size() {
            return from.length;
        }
    }

    /** The number of bytes of all blocks. */
    int size() {
        return contents.stream().mapToInt(block -> block.length).sum();
    }
}
