package io.runtape.run;

import io.runtape.run.StoredRows.Bounds;
import io.runtape.run.StoredRows.Numbered;
import io.runtape.run.StoredRows.Span;
import io.runtape.sse.FrameKind;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames back. A page is also bounded in bytes, so that a run of 8 MiB frames costs no more memory than one of
 * small frames. Every method blocks: call it on a worker thread. Safe for any thread.
 */
@ApplicationScoped
public class FrameReader implements StreamedFrames {

    /** Rows of one read on behalf of a stream. */
    private static final int BLOCK_FRAMES = 1000;

    /** Rows of the first read, when the length of the run's frames is still unknown. */
    public static final int FIRST_BLOCK_FRAMES = 32;

    /** The most frames of one look; bytes bound it too. All rows with these are visited, which may be as many. */
    private static final int LOOKED_FRAMES_MAX = 2000;

    /** The most frames that the first piece of a scan is to have, while nothing is known of their length. */
    private static final int SCANNED_FRAMES_FIRST = 256;

    /**
     * A read for a stream ends with the frame that reaches this many bytes: few enough that a turn at the database or
     * on an event loop is short, and that thousands of clients may each hold one block unread.
     */
    private static final long BLOCK_BYTES = 64 << 10;

    /** The same for a page of history, whose frames also become JSON. */
    private static final long PAGE_BYTES = 4 << 20;

    /** Whatever comes next. */
    private static final Bounds ANY = new Bounds(Integer.MAX_VALUE, BLOCK_BYTES);

    /**
     * The number of concurrent reads of an embedded database. It holds each row that it visits in this process's heap,
     * long rows several times over, even if a statement asks only for their sizes. Further reads wait, without a
     * connection.
     */
    private static final int EMBEDDED_READS_AT_ONCE = 2;

    private final DataSource database;
    private final Store store;
    private final Semaphore embeddedReads = new Semaphore(EMBEDDED_READS_AT_ONCE, true);

    FrameReader(DataSource database, Store store) {
        this.database = database;
        this.store = store;
    }

    /** A read over a connection. */
    @FunctionalInterface
    private interface Reading<T> {
        T over(Connection connection) throws SQLException;
    }

    private <T> T read(Reading<T> reading) throws SQLException {
        if (store.engine() == Engine.POSTGRESQL) {
            try (Connection connection = database.getConnection()) {
                return reading.over(connection);
            }
        }
        embeddedReads.acquireUninterruptibly();
        try (Connection connection = database.getConnection()) {
            return reading.over(connection);
        } finally {
            embeddedReads.release();
        }
    }

    @Override
    public FrameBlock block(long runPk, long after, long upTo, int limit) throws SQLException {
        Span span = new Span(after, upTo, false);
        return read(connection -> {
            Bounds bounds = new Bounds(limit, BLOCK_BYTES);
            FrameBlock block = block(connection, runPk, span, bounds);
            // Whoever looks again finds the frames of a run that was packed between the look and the read.
            return block.count() > 0 ? block : block(connection, runPk, span, bounds);
        });
    }

    private FrameBlock block(Connection connection, long runPk, Span span, Bounds bounds) throws SQLException {
        Optional<StoredRows> rows = StoredRows.next(connection, store.engine(), runPk, span, bounds);
        return rows.isEmpty()
                ? new FrameBlock(span.after() + 1, 1, 0)
                : rows.get().block(connection, span, false);
    }

    /** Adds all frames of a run to a digest, and returns how many they are. */
    public static long addTo(BodyDigest digest, Connection connection, Engine engine, long runPk) throws SQLException {
        for (FrameTable table : FrameTable.LOOKS) {
            FrameWalk walk = new FrameWalk(connection, engine, table, runPk);
            FrameBlock next = walk.next(BLOCK_BYTES);
            while (next.count() > 0) {
                digest.add(next);
                next = walk.next(BLOCK_BYTES);
            }
            if (walk.last() > 0) {
                return walk.last();
            }
        }
        return 0;
    }

    /**
     * How many frames to ask for after a block of a run: twice as many as it has. The database visits all rows with
     * these, which may be as many.
     */
    public static int limitAfter(FrameBlock block) {
        return Math.max(FIRST_BLOCK_FRAMES, Math.min(BLOCK_FRAMES, 2 * block.count()));
    }

    /**
     * Reads a page of history. It may hold fewer frames than the limit although more exist, but at least one if one
     * exists.
     *
     * @param room gets the number of bytes that will be read, and may wait until there is room for them, or throw
     */
    public List<RecordedFrame> page(long runPk, FrameQuery query, LongConsumer room) throws SQLException {
        return read(runPk, query, PAGE_BYTES, room);
    }

    /** The same for a stream: the page is no longer than a {@link #block}. */
    public List<RecordedFrame> shortPage(long runPk, FrameQuery query, LongConsumer room) throws SQLException {
        return read(runPk, query, BLOCK_BYTES, room);
    }

    /**
     * What a read of frames brought.
     *
     * @param frames those that pass: perhaps none, although others do
     * @param through the sequence of the last frame that was looked at; 0 if there was none, and so none is left
     */
    public record Looked(List<RecordedFrame> frames, long through) {

        /** What a page brought: none is left where it is empty. */
        public static Looked at(List<RecordedFrame> page) {
            return new Looked(
                    page, page.isEmpty() ? 0 : page.get(page.size() - 1).sequence());
        }

        /** Whether no frame is left. */
        public boolean isOver() {
            return through == 0;
        }
    }

    /** The same as a {@link #shortPage}, but it looks at no more than that either, however few frames pass. */
    public Looked look(long runPk, FrameQuery query, LongConsumer room) throws SQLException {
        Span span = new Span(query.after(), query.upTo(), query.descending());
        Bounds bounds = new Bounds(query.passesAll() ? query.limit() : LOOKED_FRAMES_MAX, BLOCK_BYTES);
        List<RecordedFrame> passing = new ArrayList<>();
        long through = 0;
        for (Numbered each : span.isEmpty() ? List.<Numbered>of() : piece(runPk, span, bounds, room)) {
            if (query.passes(each.frame())) {
                if (passing.size() == query.limit()) {
                    break;
                }
                room.accept(each.frame().lengthWithId());
                passing.add(recorded(each.sequence(), each.frame()));
            }
            through = each.sequence();
        }
        return new Looked(passing, through);
    }

    private List<RecordedFrame> read(long runPk, FrameQuery query, long bytesMax, LongConsumer room)
            throws SQLException {
        List<RecordedFrame> page = new ArrayList<>();
        long[] bytes = {0};
        Span span = new Span(query.after(), query.upTo(), query.descending());
        // No piece stays: what is read of it is copied, and counted by itself.
        scan(runPk, span, new Bounds(query.limit(), BLOCK_BYTES), ofTheLongest(room), piece -> {
            for (Numbered each : piece) {
                if (page.size() < query.limit() && query.passes(each.frame())) {
                    room.accept(each.frame().lengthWithId());
                    page.add(recorded(each.sequence(), each.frame()));
                    bytes[0] += each.frame().lengthWithId();
                }
            }
            return page.size() == query.limit() || bytes[0] >= bytesMax
                    ? null
                    : new Bounds(
                            query.passesAll() ? query.limit() - page.size() : ANY.frames(),
                            Math.min(BLOCK_BYTES, bytesMax - bytes[0]));
        });
        return page;
    }

    /** Takes room for the longest of some pieces that follow each other in memory. */
    private static LongConsumer ofTheLongest(LongConsumer room) {
        long[] longest = {0};
        return bytes -> {
            if (bytes > longest[0]) {
                room.accept(bytes - longest[0]);
                longest[0] = bytes;
            }
        };
    }

    private static RecordedFrame recorded(long sequence, ArrivedFrame frame) {
        String storedId = frame.lastEventId();
        long idSetBy = LastEventIds.setBy(storedId);
        return new RecordedFrame(
                sequence,
                frame.kind(),
                frame.offsetMicros(),
                frame.type(),
                idSetBy > 0 ? "" : storedId,
                idSetBy,
                frame.parts(),
                Arrays.copyOfRange(frame.source(), frame.from(), frame.to()));
    }

    /** Takes the pieces of a scan one after the other. */
    @FunctionalInterface
    private interface Scanning {
        /** Returns what is still wanted; null to end the scan. */
        @Nullable
        Bounds takes(List<Numbered> piece);
    }

    /**
     * Goes over frames of a run in pieces, without a connection in between. The first one is small: whoever wants one frame
     * mostly finds it in the first row.
     *
     * @param wanted about how many frames are wanted at first
     * @param room gets the number of bytes of each long piece before it is read
     */
    private void scan(long runPk, Span span, Bounds wanted, LongConsumer room, Scanning scanning) throws SQLException {
        LikelyFrames likely = new LikelyFrames(Math.min(wanted.frames(), SCANNED_FRAMES_FIRST));
        Span left = span;
        @Nullable Bounds next = wanted;
        while (next != null && !left.isEmpty()) {
            Bounds bounds = new Bounds(Math.min(next.frames(), likely.with(next.bytes())), next.bytes());
            List<Numbered> piece = piece(runPk, left, bounds, room);
            if (piece.isEmpty()) {
                return;
            }
            likely.read(
                    piece.size(),
                    piece.stream()
                            .mapToLong(each -> each.frame().lengthWithId())
                            .sum());
            left = left.behind(piece.get(piece.size() - 1).sequence());
            next = scanning.takes(piece);
        }
    }

    /** The first frames of a span; empty if there are none, or the run was deleted meanwhile. */
    private List<Numbered> piece(long runPk, Span span, Bounds bounds, LongConsumer room) throws SQLException {
        // Whoever looks again finds the frames of a run that was packed between the look and the read.
        for (int looks = 0; looks < FrameTable.values().length; looks++) {
            Optional<StoredRows> rows =
                    read(connection -> StoredRows.next(connection, store.engine(), runPk, span, bounds));
            if (rows.isEmpty()) {
                break;
            }
            if (rows.get().bytes() > 2 * BLOCK_BYTES) {
                room.accept(rows.get().bytes());
            }
            List<Numbered> frames = rows.get().areRead()
                    ? rows.get().frames(span)
                    : read(connection -> rows.get().frames(connection, span));
            if (!frames.isEmpty()) {
                return frames;
            }
        }
        return List.of();
    }

    /** The last event ID that the frame with this sequence set; empty if the frame is gone. */
    public String lastEventId(long runPk, long sequence) throws SQLException {
        return found(runPk, new Span(sequence - 1, sequence, false), 1, frame -> true)
                .map(found -> found.frame().lastEventId())
                .orElse("");
    }

    /**
     * The sequence of the frame that set this last event ID; the newest if several did.
     *
     * @param upTo the last sequence that may be read
     */
    public OptionalLong sequenceOf(long runPk, String lastEventId, long upTo) throws SQLException {
        if (lastEventId.isEmpty() || lastEventId.indexOf('\n') >= 0 || lastEventId.indexOf('\0') >= 0) {
            return OptionalLong.empty();
        }
        Span newestFirst = new Span(0, upTo, true);
        return found(
                        runPk,
                        newestFirst,
                        FIRST_BLOCK_FRAMES,
                        frame -> frame.lastEventId().equals(lastEventId))
                .map(found -> OptionalLong.of(found.sequence()))
                .orElseGet(OptionalLong::empty);
    }

    /** The first frame of a span that meets a condition; about so many are looked at first. */
    private Optional<Numbered> found(long runPk, Span span, int wanted, Predicate<ArrivedFrame> condition)
            throws SQLException {
        List<Numbered> found = new ArrayList<>(1);
        scan(runPk, span, new Bounds(wanted, BLOCK_BYTES), bytes -> {}, piece -> {
            piece.stream()
                    .filter(each -> condition.test(each.frame()))
                    .findFirst()
                    .ifPresent(found::add);
            return found.isEmpty() ? ANY : null;
        });
        return found.stream().findFirst();
    }

    /**
     * What a run holds, counted from its frames.
     *
     * @throws DamagedFramesException if some cannot be read
     */
    public RunTotals totals(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return count(connection, runPk).whole();
        }
    }

    /** The same over a connection, for whoever goes on though some cannot be read. */
    public static FrameCount count(Connection connection, long runPk) throws SQLException {
        for (FrameTable table : FrameTable.LOOKS) {
            FrameCount count = table.count(connection, runPk);
            if (count.totals().frames() > 0 || count.damage() != null) {
                return count;
            }
        }
        return new FrameCount(RunTotals.NONE, null);
    }

    /** The sequence of a run's last frame; 0 if it has none. */
    public long last(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            for (FrameTable table : FrameTable.LOOKS) {
                OptionalLong last = table.last(connection, runPk);
                if (last.isPresent()) {
                    return last.getAsLong();
                }
            }
            return 0;
        }
    }

    /**
     * The bytes of an event with the parts that lead it, joined.
     *
     * @param bytesMax the most bytes to read; a longer event gives an empty result
     * @param room gets the number of further bytes that will be read, and may wait until there is room for them, or
     *     throw
     */
    public Optional<byte[]> whole(long runPk, RecordedFrame completing, int bytesMax, LongConsumer room)
            throws SQLException {
        if (completing.parts() == 0) {
            return Optional.of(completing.bytes());
        }
        long first = completing.sequence() - completing.parts();
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        long[] met = {0, 0};
        Bounds wanted = new Bounds(FIRST_BLOCK_FRAMES, BLOCK_BYTES);
        scan(runPk, new Span(first - 1, completing.sequence(), false), wanted, room, piece -> {
            for (Numbered each : piece) {
                ArrivedFrame frame = each.frame();
                met[0]++;
                met[1] += frame.kind() == FrameKind.ENCODED ? 0 : frame.length();
                if (frame.kind() != FrameKind.ENCODED && met[1] <= bytesMax) {
                    joined.write(frame.source(), frame.from(), frame.length());
                }
            }
            return met[1] <= bytesMax ? ANY : null;
        });
        // Fewer frames where the run was deleted meanwhile.
        return met[0] == completing.parts() + 1 && met[1] <= bytesMax
                ? Optional.of(joined.toByteArray())
                : Optional.empty();
    }

    /**
     * The sequence of the last frame up to this one that is neither a part nor of kind encoded; 0 if there is none. Parts
     * behind it belong to an event that is not complete yet.
     */
    public long lastComplete(long runPk, long upTo) throws SQLException {
        return found(runPk, new Span(0, upTo, true), FIRST_BLOCK_FRAMES, FrameReader::completes)
                .map(Numbered::sequence)
                .orElse(0L);
    }

    /**
     * When a frame came, in microseconds after the run's beginning; 0 if there is no such frame.
     *
     * @param sequence the frame's sequence; 0 for the run's beginning
     */
    public long offsetMicros(long runPk, long sequence) throws SQLException {
        return sequence == 0
                ? 0
                : found(runPk, new Span(sequence - 1, sequence, false), 1, frame -> true)
                        .map(found -> found.frame().offsetMicros())
                        .orElse(0L);
    }

    /**
     * The sequence of the first frame that came at a time or later; {@code upTo + 1} if all came before. It reads as many
     * rows as the logarithm of their number.
     *
     * @param offsetMicros microseconds after the run's beginning
     * @param upTo the last sequence that may be read
     */
    public long firstAt(long runPk, long offsetMicros, long upTo) throws SQLException {
        long from = 1;
        long behind = upTo + 1;
        while (from < behind) {
            long middle = (from + behind) >>> 1;
            if (offsetMicros(runPk, middle) >= offsetMicros) {
                behind = middle;
            } else {
                from = middle + 1;
            }
        }
        return from;
    }

    /** The sequence of the last event or comment up to this one; 0 if there is none. */
    public long lastShown(long runPk, long upTo) throws SQLException {
        return found(
                        runPk,
                        new Span(0, upTo, true),
                        FIRST_BLOCK_FRAMES,
                        frame -> frame.kind() == FrameKind.EVENT || frame.kind() == FrameKind.COMMENT)
                .map(Numbered::sequence)
                .orElse(0L);
    }

    @Override
    public Completing completes(long runPk, long after, long upTo) throws SQLException {
        return found(runPk, new Span(after, upTo, false), FIRST_BLOCK_FRAMES, FrameReader::completes)
                .map(found -> new Completing(found.sequence(), found.frame().kind()))
                .orElse(Completing.none(upTo));
    }

    private static boolean completes(ArrivedFrame frame) {
        return frame.kind() != FrameKind.PART && frame.kind() != FrameKind.ENCODED;
    }
}
