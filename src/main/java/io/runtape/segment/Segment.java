package io.runtape.segment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The terms of some runs of one owner.
 *
 * @param documents the runs, the newest first
 * @param terms the terms, each with the places of its runs in that list, in their order
 * @param columns values of the runs, a byte each, in their order; as many as the kind has, or none where they are not known
 */
public record Segment(List<Document> documents, TermBlocks terms, List<byte[]> columns) {

    /** About what a run takes among others: the distance of its time in microseconds, and that of its key. */
    private static final int BYTES_OF_A_RUN = 6;

    /** Runs that take about as much memory as the bytes of all runs of a large segment. */
    private static final int FEW = 1000;

    /** The terms of some runs of one owner. */
    public static Segment of(Map<Document, Set<String>> termsOfRuns, SegmentKind kind) {
        List<Map.Entry<Document, Set<String>>> runs = termsOfRuns.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(Document.NEWEST_FIRST))
                .toList();
        Map<String, Gathered> places = new HashMap<>();
        for (int i = 0; i < runs.size(); i++) {
            for (String term : runs.get(i).getValue()) {
                places.computeIfAbsent(term, none -> new Gathered()).add(i);
            }
        }
        TermBlocks.Writer terms = new TermBlocks.Writer(kind.hasBits());
        places.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(each -> terms.add(each.getKey(), each.getValue().sorted()));
        return new Segment(runs.stream().map(Map.Entry::getKey).toList(), terms.written(), List.of());
    }

    /** The same with columns. */
    public Segment with(List<byte[]> values) {
        return new Segment(documents, terms, values);
    }

    /** All of these in one, without the runs that are gone. A run that is in several has the terms of all. */
    public static Segment merged(List<Segment> segments, Set<Long> gone, SegmentKind kind) {
        List<Document> documents = segments.stream()
                .flatMap(segment -> segment.documents.stream())
                .filter(document -> !gone.contains(document.runPk()))
                .distinct()
                .sorted(Document.NEWEST_FIRST)
                .toList();
        Map<Document, Integer> places = new HashMap<>();
        for (int i = 0; i < documents.size(); i++) {
            places.put(documents.get(i), i);
        }
        PriorityQueue<Merging> next = new PriorityQueue<>(Comparator.comparing(Merging::term));
        List<Merging> all =
                segments.stream().map(segment -> new Merging(segment, places)).toList();
        for (Merging merging : all) {
            if (merging.terms.next()) {
                next.add(merging);
            }
        }
        TermBlocks.Writer terms = new TermBlocks.Writer(kind.hasBits());
        while (!next.isEmpty()) {
            String term = next.element().term();
            Gathered runs = new Gathered();
            while (!next.isEmpty() && next.element().term().equals(term)) {
                Merging merging = next.remove();
                merging.addTo(runs);
                if (merging.terms.next()) {
                    next.add(merging);
                }
            }
            if (runs.count > 0) {
                terms.add(term, runs.sorted());
            }
        }
        return new Segment(documents, terms.written(), mergedColumns(all, documents.size()));
    }

    /** The columns of all, if each has some; see {@link Columns#UNSURE}. */
    private static List<byte[]> mergedColumns(List<Merging> segments, int runs) {
        int count =
                segments.stream().mapToInt(each -> each.columns.size()).min().orElse(0);
        List<byte[]> columns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] column = new byte[runs];
            BitSet known = new BitSet();
            for (Merging each : segments) {
                each.addTo(column, i, known);
            }
            columns.add(column);
        }
        return columns;
    }

    /** A segment of which the next term is to be merged. Its terms are read one after the other: they may be many. */
    private static final class Merging {

        private final TermBlocks.Reader terms;
        private final List<byte[]> columns;

        /** The new places of its runs, -1 for one that is gone. */
        private final int[] places;

        Merging(Segment segment, Map<Document, Integer> places) {
            this.terms = new TermBlocks.Reader(segment.terms.contents());
            this.columns = segment.columns;
            this.places = segment.documents.stream()
                    .mapToInt(document -> places.getOrDefault(document, -1))
                    .toArray();
        }

        String term() {
            return terms.term();
        }

        /** @param known the places whose values are there already: a run that was indexed anew is in several segments */
        void addTo(byte[] column, int number, BitSet known) {
            byte[] values = columns.get(number);
            for (int i = 0; i < values.length; i++) {
                int place = places[i];
                if (place >= 0) {
                    boolean differs = known.get(place) && column[place] != values[i];
                    column[place] = differs ? (byte) Columns.UNSURE : values[i];
                    known.set(place);
                }
            }
        }

        void addTo(Gathered runs) {
            for (int run : terms.places()) {
                if (places[run] >= 0) {
                    runs.add(places[run]);
                }
            }
        }
    }

    /** Places that come in any order. */
    private static final class Gathered {

        private int[] places = new int[1];
        private int count;

        void add(int place) {
            if (count == places.length) {
                places = Arrays.copyOf(places, 2 * count);
            }
            places[count++] = place;
        }

        int[] sorted() {
            int[] sorted = Arrays.copyOf(places, count);
            Arrays.sort(sorted);
            int distinct = 0;
            for (int place : sorted) {
                if (distinct == 0 || sorted[distinct - 1] != place) {
                    sorted[distinct++] = place;
                }
            }
            return distinct == count ? sorted : Arrays.copyOf(sorted, distinct);
        }
    }

    /** The runs as bytes. */
    public static byte[] written(List<Document> documents) {
        ByteWriter bytes = new ByteWriter();
        long created = 0;
        long runPk = 0;
        for (Document document : documents) {
            bytes.signed(document.createdMicros() - created).signed(document.runPk() - runPk);
            created = document.createdMicros();
            runPk = document.runPk();
        }
        return bytes.written();
    }

    /** About how many runs are written in so many bytes. */
    static long runs(int bytes) {
        return Math.max(1, bytes / BYTES_OF_A_RUN);
    }

    /** What {@link #written} wrote. */
    public static List<Document> documents(byte[] written) {
        DocumentReader reader = new DocumentReader(written);
        List<Document> documents = new ArrayList<>();
        while (reader.bytes.hasMore()) {
            reader.read();
            documents.add(reader.document());
        }
        return documents;
    }

    /**
     * Those at some places of what {@link #written} wrote. Many are read as far as they are asked for; few are read at once, so
     * that the bytes need not be kept for them.
     */
    public static Iterator<Document> documents(byte[] written, BitSet places) {
        DocumentReader reader = new DocumentReader(written);
        Stream<Document> documents = places.stream().mapToObj(place -> {
            while (reader.place < place) {
                reader.read();
            }
            return reader.document();
        });
        return places.cardinality() > FEW
                ? documents.iterator()
                : documents.toList().iterator();
    }

    /** The places of the runs in a range, of what {@link #written} wrote. */
    static BitSet places(byte[] written, DocumentRange range) {
        DocumentReader reader = new DocumentReader(written);
        BitSet places = new BitSet();
        while (reader.bytes.hasMore()) {
            reader.read();
            places.set(reader.place, range.has(reader.document()));
        }
        return places;
    }

    /** Reads runs one after the other. Confined to one thread. */
    private static final class DocumentReader {

        private final ByteReader bytes;
        private long created;
        private long runPk;

        /** Of the run that was read last. */
        private int place = -1;

        DocumentReader(byte[] written) {
            this.bytes = new ByteReader(written);
        }

        void read() {
            created += bytes.signed();
            runPk += bytes.signed();
            place++;
        }

        Document document() {
            return new Document(created, runPk);
        }
    }
}
