package io.runtape.transcript;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.sse.EventParser;
import io.runtape.sse.FrameKind;
import io.runtape.sse.ServerSentEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of a run, read page by page during the iteration, so that only the result stays in memory. The iteration
 * ends early if the events exceed the bounds; {@link #isTruncated()} tells so. Blocks. Confined to one thread.
 */
final class RunEvents implements Iterable<ServerSentEvent> {

    private static final int PAGE_FRAMES = 1000;

    /** So many events that are too long count as much as one that is not: they are read, and take no memory. */
    private static final int TOO_LONG_FOR_ONE = 8;

    private final FrameReader reader;
    private final long runPk;
    private final long from;
    private final long upTo;
    private final int eventBytesMax;
    private final long bytesMax;
    private final LongConsumer room;
    private long bytes;
    private long passedOver;
    private boolean truncated;
    private long through;
    private long offsetMicros = -1;

    /**
     * @param from the first sequence to read; an event in parts belongs to the sequence of its last frame
     * @param upTo the last sequence that may be read
     * @param eventBytesMax larger events are left out
     * @param bytesMax the most bytes of events to read; each event that is left out counts as an eighth of the largest
     * @param room takes how many bytes will have been read; may wait until there is room for them, or throw
     */
    RunEvents(
            FrameReader reader, long runPk, long from, long upTo, int eventBytesMax, long bytesMax, LongConsumer room) {
        this.reader = reader;
        this.runPk = runPk;
        this.from = from;
        this.upTo = upTo;
        this.eventBytesMax = eventBytesMax;
        this.bytesMax = bytesMax;
        this.room = room;
    }

    /** How many bytes of events the last iteration gave. */
    long bytes() {
        return bytes;
    }

    /** How many bytes the events count as that the last iteration left out. */
    long passedOver() {
        return passedOver;
    }

    /**
     * How many bytes an event counts as that is too long.
     *
     * @param eventBytesMax the most that are not
     */
    static long tooLong(int eventBytesMax) {
        return eventBytesMax / TOO_LONG_FOR_ONE;
    }

    /** Whether the last iteration left anything out. */
    boolean isTruncated() {
        return truncated;
    }

    /**
     * The sequence through which the last iteration read: if it ended early, that of the last event, and otherwise the
     * bound.
     */
    long through() {
        return through;
    }

    /** When the frame of {@link #through} came, in microseconds after the run's beginning; -1 if no frame is read now. */
    long offsetMicros() {
        return offsetMicros;
    }

    /** Begins anew each time: a dialect that understands no event hands them to another dialect. */
    @Override
    public Iterator<ServerSentEvent> iterator() {
        bytes = 0;
        passedOver = 0;
        truncated = false;
        through = 0;
        offsetMicros = -1;
        return new Pages();
    }

    private final class Pages implements Iterator<ServerSentEvent> {

        private List<RecordedFrame> page = List.of();
        private int at;
        private long after = from - 1;
        private @Nullable ServerSentEvent next;

        @Override
        public boolean hasNext() {
            while (next == null && more()) {
                RecordedFrame frame = page.get(at++);
                next = event(frame);
                through = frame.sequence();
                offsetMicros = frame.offsetMicros();
            }
            return next != null;
        }

        @Override
        public ServerSentEvent next() {
            if (!hasNext() || next == null) {
                throw new NoSuchElementException();
            }
            ServerSentEvent event = next;
            next = null;
            return event;
        }

        private boolean more() {
            if (at == page.size()) {
                page = read();
                at = 0;
            }
            if (at < page.size() && bytes + passedOver >= bytesMax) {
                truncated = true;
                return false;
            }
            return at < page.size();
        }

        private List<RecordedFrame> read() {
            if (after >= upTo) {
                through = upTo;
                offsetMicros = -1;
                return List.of();
            }
            try {
                List<RecordedFrame> read = reader.shortPage(
                        runPk,
                        new FrameQuery(after, upTo, List.of(FrameKind.EVENT), List.of(), false, PAGE_FRAMES),
                        more -> room.accept(bytes + more));
                through = read.isEmpty() ? upTo : through;
                offsetMicros = read.isEmpty() ? -1 : offsetMicros;
                after = read.isEmpty() ? upTo : read.get(read.size() - 1).sequence();
                return read;
            } catch (SQLException e) {
                throw unavailable(e);
            }
        }

        private @Nullable ServerSentEvent event(RecordedFrame frame) {
            Optional<byte[]> whole;
            try {
                whole = reader.whole(runPk, frame, eventBytesMax, more -> room.accept(bytes + more));
            } catch (SQLException e) {
                throw unavailable(e);
            }
            if (whole.isEmpty()) {
                truncated = true;
                passedOver += tooLong(eventBytesMax);
                return null;
            }
            byte[] block = whole.get();
            bytes += block.length;
            boolean streamStart = frame.sequence() - frame.parts() == 1;
            return EventParser.parse(block, 0, block.length, streamStart, frame.lastEventId());
        }
    }

    /** An iterator cannot throw a checked exception. */
    private static ApiException unavailable(SQLException e) {
        return ApiException.of(ErrorCode.STORE_UNAVAILABLE, "The database does not answer. Try again later.", e)
                .retryAfter(Duration.ofSeconds(1));
    }
}
