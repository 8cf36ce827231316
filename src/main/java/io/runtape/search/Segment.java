package io.runtape.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The terms of some runs of one owner.
 *
 * @param documents the runs, the newest first
 * @param postings for each term the places of its runs in that list, in their order
 */
record Segment(List<Document> documents, SortedMap<String, int[]> postings) {

    /** The terms of one run. */
    static Segment of(Document document, Collection<String> terms) {
        SortedMap<String, int[]> postings = new TreeMap<>();
        int[] it = {0};
        terms.forEach(term -> postings.put(term, it));
        return new Segment(List.of(document), postings);
    }

    /** All of these in one, without the runs that are gone. A run that is in several has the terms of all. */
    static Segment merged(List<Segment> segments, Set<Long> gone) {
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
        SortedMap<String, Gathered> gathered = new TreeMap<>();
        for (Segment segment : segments) {
            int[] place = segment.documents.stream()
                    .mapToInt(document -> places.getOrDefault(document, -1))
                    .toArray();
            segment.postings.forEach((term, runs) -> {
                for (int run : runs) {
                    if (place[run] >= 0) {
                        gathered.computeIfAbsent(term, key -> new Gathered()).add(place[run]);
                    }
                }
            });
        }
        SortedMap<String, int[]> postings = new TreeMap<>();
        gathered.forEach((term, runs) -> postings.put(term, runs.sorted()));
        return new Segment(documents, postings);
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
            return Arrays.stream(places, 0, count).sorted().distinct().toArray();
        }
    }

    /** The runs as bytes. */
    static byte[] written(List<Document> documents) {
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

    /** What {@link #written} wrote. */
    static List<Document> documents(byte[] written) {
        ByteReader bytes = new ByteReader(written);
        List<Document> documents = new ArrayList<>();
        long created = 0;
        long runPk = 0;
        while (bytes.hasMore()) {
            created += bytes.signed();
            runPk += bytes.signed();
            documents.add(new Document(created, runPk));
        }
        return documents;
    }
}
