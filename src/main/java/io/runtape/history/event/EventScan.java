package io.runtape.history.event;

import io.runtape.error.ApiException;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.sse.FrameKind;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes over the frames of a run, or of several runs one after the other, page by page. Holds at most one page in
 * memory, and no connection between two calls. Blocks. Confined to one thread at a time.
 */
final class EventScan {

    /** The source of the runs, in the order of the scan. */
    @FunctionalInterface
    interface Runs {
        /** The next run; null after the last. */
        @Nullable
        RunFrames next() throws SQLException;
    }

    /** Called with a run that was read, after its last frame was returned. */
    @FunctionalInterface
    interface Leaving {
        /**
         * @param after the sequence that the run was read behind
         * @param shown whether frames of the run were returned
         */
        void left(RunFrames run, long after, boolean shown) throws SQLException;
    }

    /** A frame and the run that it belongs to. */
    record Found(RunFrames run, RecordedFrame frame) {
        long position() {
            return run.base() + frame.sequence();
        }
    }

    /** Reads pages of frames. */
    @FunctionalInterface
    interface Pages {
        FrameReader.Looked read(long runPk, FrameQuery query) throws SQLException;
    }

    private final FrameReader reader;
    private final Pages pages;
    private final Runs runs;
    private final Leaving leaving;
    private final EventFilter filter;
    private final EventRange span;
    private final int pageFrames;

    private @Nullable RunFrames run;
    private boolean over;
    private long entered;
    private boolean wasRead;
    private boolean shown;
    private long after;
    private long upTo;
    private List<RecordedFrame> page = List.of();
    private int at;

    /** The last event ID that the scan met or looked up most recently, and the frame that set it. */
    private String lastEventId = "";

    private long idSetBy;

    /**
     * @param reader looks up last event IDs
     * @param pages reads the frames
     * @param pageFrames the most frames of one read
     */
    EventScan(
            FrameReader reader,
            Pages pages,
            Runs runs,
            Leaving leaving,
            EventFilter filter,
            EventRange span,
            int pageFrames) {
        this.reader = reader;
        this.pages = pages;
        this.runs = runs;
        this.leaving = leaving;
        this.filter = filter;
        this.span = span;
        this.pageFrames = pageFrames;
    }

    /** Whether the next frame is already in memory. */
    boolean holdsNext() {
        return at < page.size();
    }

    /** Whether all frames were returned. */
    boolean isOver() {
        return over;
    }

    /**
     * The next frame; null after the last.
     *
     * @throws ApiException 410 if the frames of the run that comes next are deleted
     */
    @Nullable
    Found next() throws SQLException {
        @Nullable Found found = nextOfRead();
        while (found == null && !over) {
            found = nextOfRead();
        }
        return found;
    }

    /**
     * The next frame, if it is in memory or in the next page; null where that page has none, or {@link #isOver}.
     *
     * @throws ApiException 410 if the frames of the run that comes next are deleted
     */
    @Nullable
    Found nextOfRead() throws SQLException {
        @Nullable RunFrames of = run;
        if (!holdsNext() && of != null) {
            readOn(of);
        }
        // Behind the last frame of a run nothing was read.
        if (!holdsNext() && upTo <= after) {
            of = nextRun();
            if (of != null) {
                readOn(of);
            }
        }
        if (of == null || !holdsNext()) {
            return null;
        }
        shown = true;
        return new Found(of, withId(of, page.get(at++)));
    }

    /** Leaves the run, which was deleted meanwhile, without what is left of it. */
    void passOver() {
        page = List.of();
        at = 0;
        upTo = after;
        wasRead = false;
    }

    private @Nullable RunFrames nextRun() throws SQLException {
        @Nullable RunFrames left = run;
        if (left != null && wasRead) {
            leaving.left(left, entered, shown);
        }
        @Nullable RunFrames next = runs.next();
        run = next;
        over = next == null;
        if (next != null) {
            enter(next);
        }
        return next;
    }

    /**
     * Frames with the same ID follow each other, so one look-up serves them all. The frame that set the ID mostly came
     * before them.
     */
    private RecordedFrame withId(RunFrames of, RecordedFrame frame) throws SQLException {
        if (!frame.lastEventId().isEmpty()) {
            lastEventId = frame.lastEventId();
            idSetBy = frame.sequence();
        }
        if (frame.idSetBy() == 0 || frame.kind() != FrameKind.EVENT && frame.kind() != FrameKind.COMMENT) {
            return frame;
        }
        if (frame.idSetBy() != idSetBy) {
            lastEventId = reader.lastEventId(of.runPk(), frame.idSetBy());
            idSetBy = frame.idSetBy();
        }
        return frame.under(lastEventId);
    }

    /** Keeps only the position in memory: the scan reads again what it had read ahead. */
    void rest() {
        if (at > 0 && at < page.size()) {
            long last = page.get(at - 1).sequence();
            if (span.descending()) {
                upTo = last - 1;
            } else {
                after = last;
            }
        }
        page = List.of();
        at = 0;
        lastEventId = "";
        idSetBy = 0;
    }

    private void enter(RunFrames of) {
        after = Math.max(0, span.after() - of.base());
        upTo = Math.min(of.upTo(), span.before() - 1 - of.base());
        entered = after;
        wasRead = false;
        shown = false;
        page = List.of();
        at = 0;
        idSetBy = 0;
    }

    private void readOn(RunFrames from) throws SQLException {
        if (upTo <= after) {
            return;
        }
        if (from.expired()) {
            throw from.framesExpired(from.upTo());
        }
        wasRead = true;
        FrameReader.Looked looked = pages.read(
                from.runPk(),
                new FrameQuery(after, upTo, filter.kinds(), filter.types(), span.descending(), pageFrames));
        page = looked.frames();
        at = 0;
        if (looked.isOver()) {
            after = upTo;
        } else if (span.descending()) {
            upTo = looked.through() - 1;
        } else {
            after = looked.through();
        }
    }
}
