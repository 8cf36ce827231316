package io.runtape.segment;

import io.runtape.store.SqlFault;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The runs of an owner that a query finds by their terms, the newest first: those that are asked for are among them. Reads
 * segments as far as they are asked for, the newest first. Plain SQL: it takes rows by their keys, however many there are.
 * Blocks; confined to one thread.
 */
public final class Candidates implements RunSource {

    /** Runs of the segments that are opened first: enough to fill a page with a word of many runs. */
    private static final int FIRST_RUNS = 1000;

    /** So many times more runs are looked at as long as nothing is found. */
    private static final int TIMES_MORE = 8;

    /**
     * Segments that are opened together, at least, and twice as many each time as long as none is found to go on with, since all of
     * what is found may be older than theirs. Most of what a few small ones cost is statements.
     */
    private static final int AT_ONCE_MIN = 4;

    /** Segments are merged while they are read, and then are read again; but not for ever. */
    private static final int ATTEMPTS = 20;

    private final SegmentReader reader;
    private final String owner;
    private final SegmentKind kind;
    private final TermQuery query;
    private final List<Document> others;
    private final DocumentRange all;

    /** What is left of it when the segments are read again. */
    private DocumentRange range;

    /** Those whose terms are not looked up yet, by their newest runs. */
    private final Deque<ListedSegment> closed = new ArrayDeque<>();

    private final PriorityQueue<Open> open =
            new PriorityQueue<>(Comparator.comparing(Open::next, Document.NEWEST_FIRST));

    /** About how many runs the opened segments have, and how many of them were found. */
    private long looked;

    private long found;
    private int atOnce;
    private boolean begun;

    /** The last one that was handed out, or the place right before the first that may be. */
    private @Nullable Document last;

    /** @param others runs that are in no segment, to be found as well */
    public Candidates(
            SegmentReader reader,
            String owner,
            SegmentKind kind,
            TermQuery query,
            DocumentRange range,
            List<Document> others) {
        this.reader = reader;
        this.owner = owner;
        this.kind = kind;
        this.query = query;
        this.all = range;
        this.range = range;
        this.others = others;
    }

    /** Runs that are found and not handed out yet, the newest first. */
    private static final class Open {

        private final Iterator<Document> documents;
        private final DocumentRange range;
        private @Nullable Document next;

        Open(Iterator<Document> documents, DocumentRange range) {
            this.documents = documents;
            this.range = range;
        }

        /** Goes to the next run in the range; false behind the last one. */
        boolean advance() {
            next = null;
            while (next == null && documents.hasNext()) {
                Document document = documents.next();
                next = range.has(document) ? document : null;
            }
            return next != null;
        }

        /** Goes to the first run in the range that does not come before this one; false if there is none. */
        boolean advanceTo(Document document) {
            while (advance()) {
                if (Document.NEWEST_FIRST.compare(next(), document) >= 0) {
                    return true;
                }
            }
            return false;
        }

        /** The run that it went to. */
        Document next() {
            return Objects.requireNonNull(next);
        }
    }

    @Override
    public List<Document> next(int max) throws SQLException {
        List<Document> next = new ArrayList<>();
        while (next.size() < max) {
            @Nullable Document document = following(max - next.size());
            if (document == null) {
                break;
            }
            next.add(document);
        }
        return next;
    }

    /**
     * The next one; null after the last.
     *
     * @param wanted about how many will be asked for, with this one
     */
    @Nullable
    Document following(int wanted) throws SQLException {
        while (true) {
            if (mustOpen()) {
                settle(wanted);
            }
            Open newest = open.poll();
            if (newest == null) {
                return null;
            }
            Document document = newest.next();
            if (newest.advance()) {
                open.add(newest);
            }
            // A run that was indexed anew is in two segments, and one that has just come into a segment may also be
            // among the others.
            if (!document.equals(last)) {
                last = document;
                return document;
            }
        }
    }

    /** Hands out again what it has handed out so far. */
    public void putBack(List<Document> documents) {
        range = all;
        last = null;
        take(documents.iterator());
    }

    /** Leaves out all that come before this one. */
    void skipTo(Document document) {
        last = document.justBefore();
        while (!open.isEmpty() && Document.NEWEST_FIRST.compare(open.peek().next(), document) < 0) {
            Open newest = open.remove();
            if (newest.advanceTo(document)) {
                open.add(newest);
            }
        }
    }

    /** Opens segments until none of the closed ones can have a newer run than the open ones. */
    private void settle(int wanted) throws SQLException {
        try (Connection connection = reader.connect()) {
            int attempts = 0;
            atOnce = AT_ONCE_MIN;
            while (mustOpen()) {
                if (!begun) {
                    begin(connection);
                } else if (!lookUp(connection, segments(wanted))) {
                    if (++attempts == ATTEMPTS) {
                        throw new SQLException("the segments change too fast", SqlFault.CONFLICT);
                    }
                    begun = false;
                }
            }
        }
    }

    /** Whether a segment must be opened before it is known which is the next one. */
    boolean mustOpen() {
        while (!closed.isEmpty() && isPassed(closed.peek())) {
            closed.remove();
        }
        boolean mayBeNewer = !closed.isEmpty()
                && (open.isEmpty()
                        || closed.peek().newest() >= open.peek().next().createdMicros());
        return !begun || mayBeNewer;
    }

    /** Whether all of its runs come before those that are to be handed out. */
    private boolean isPassed(ListedSegment segment) {
        return last != null && segment.oldest() > last.createdMicros();
    }

    /** About how many runs the opened segments have. */
    long lookedAt() {
        return looked;
    }

    private void begin(Connection connection) throws SQLException {
        range = last == null ? range : range.goingOnAfter(last);
        open.clear();
        take(others.stream().sorted(Document.NEWEST_FIRST).iterator());
        List<ListedSegment> segments = reader.list(connection, kind, owner).stream()
                .filter(segment -> range.meets(segment.newest(), segment.oldest()))
                .sorted(Comparator.comparingLong(ListedSegment::newest).reversed())
                .toList();
        closed.clear();
        closed.addAll(segments);
        begun = true;
    }

    private void take(Iterator<Document> documents) {
        Open opened = new Open(documents, range);
        if (opened.advance()) {
            open.add(opened);
        }
    }

    /** The next segments, as many as are likely to have so many hits, by what came of the ones before; by their keys. */
    private Map<Long, ListedSegment> segments(int wanted) {
        long runs = looked == 0 ? FIRST_RUNS : found == 0 ? looked * TIMES_MORE : wanted * looked / found;
        Map<Long, ListedSegment> next = new HashMap<>();
        while (!closed.isEmpty() && next.size() < kind.atOnce() && (next.size() < atOnce || runs > 0)) {
            ListedSegment segment = closed.remove();
            if (!isPassed(segment)) {
                next.put(segment.segmentPk(), segment);
                runs -= segment.runs();
                looked += segment.runs();
            }
        }
        atOnce = Math.min(2 * atOnce, kind.atOnce());
        return next;
    }

    /** Looks the terms up in some segments; returns false if one of them was merged meanwhile. */
    private boolean lookUp(Connection connection, Map<Long, ListedSegment> segments) throws SQLException {
        Optional<Map<Long, BitSet>> runsOf =
                TermSearch.in(reader, connection, kind, query, segments.values(), segments);
        if (runsOf.isEmpty()) {
            return false;
        }
        runsOf.get().values().forEach(runs -> found += runs.cardinality());
        Map<Long, Iterator<Document>> documents = Chunks.read(reader, connection, kind, runsOf.get(), segments);
        documents.values().forEach(this::take);
        return documents.size() == runsOf.get().size();
    }
}
