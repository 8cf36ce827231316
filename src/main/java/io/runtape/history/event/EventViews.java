package io.runtape.history.event;

import io.runtape.history.HistoryConfig;
import io.runtape.history.JsonText;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.sse.EventParser;
import io.runtape.sse.FrameKind;
import io.runtape.sse.ServerSentEvent;
import io.runtape.sse.Utf8;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Reads the event out of a frame's bytes. Blocks if an event came in parts; safe for any thread. */
@Singleton
final class EventViews {

    private static final int MICROS_SCALE = 3;

    private final FrameReader reader;
    private final FrameQueries frames;
    private final int eventBytesMax;

    EventViews(FrameReader reader, FrameQueries frames, HistoryConfig config) {
        this.reader = reader;
        this.frames = frames;
        this.eventBytesMax =
                (int) Math.min(Integer.MAX_VALUE / 2, config.maxFrame().asLongValue());
    }

    /**
     * The event or the comment of a frame, or what else it is.
     *
     * @param room takes how many bytes an event in parts has; may wait until there is room for them, or throw
     * @throws io.runtape.error.ApiException 404 if the run was deleted since the frame was read, 410 if its frames were, as far
     *     as the event came in parts
     */
    EventView of(RunFrames run, RecordedFrame frame, boolean raw, LongConsumer room) throws SQLException {
        Said said = said(run, frame, room);
        return new EventView(
                run.base() + frame.sequence(),
                frame.kind().label(),
                run.runId(),
                run.threadId(),
                frame.type(),
                said.event,
                said.data,
                frame.kind() == FrameKind.EVENT || frame.kind() == FrameKind.COMMENT ? frame.lastEventId() : null,
                JsonText.orNull(said.data),
                run.createdAt().plus(frame.offsetMicros(), ChronoUnit.MICROS),
                new BigDecimal(BigInteger.valueOf(frame.offsetMicros()), MICROS_SCALE),
                frame.bytes().length,
                raw ? frame.bytes() : null,
                said.truncated ? true : null);
    }

    /** The event that a frame dispatches, or the body that the frame is. */
    private record Said(@Nullable String event, @Nullable String data, boolean truncated) {
        static final Said NOTHING = new Said(null, null, false);
        static final Said TOO_LONG = new Said(null, null, true);
    }

    private Said said(RunFrames run, RecordedFrame frame, LongConsumer room) throws SQLException {
        return switch (frame.kind()) {
            case EVENT ->
                whole(run, frame, room).map(block -> event(frame, block)).orElse(Said.TOO_LONG);
            case RESPONSE ->
                whole(run, frame, room)
                        .map(body -> new Said(null, Utf8.decode(body, 0, body.length), false))
                        .orElse(Said.TOO_LONG);
            case COMMENT, PART, TAIL, ENCODED -> Said.NOTHING;
        };
    }

    private Optional<byte[]> whole(RunFrames run, RecordedFrame frame, LongConsumer room) throws SQLException {
        Optional<byte[]> whole = reader.whole(run.runPk(), frame, eventBytesMax, room);
        if (whole.isEmpty()) {
            // Too long, or its parts were deleted meanwhile.
            frames.requireThere(run, frame.sequence() - 1, true);
        }
        return whole;
    }

    private static Said event(RecordedFrame frame, byte[] block) {
        boolean streamStart = frame.sequence() - frame.parts() == 1;
        ServerSentEvent event = EventParser.parse(block, 0, block.length, streamStart, frame.lastEventId());
        return event == null ? Said.NOTHING : new Said(event.event(), event.data(), false);
    }
}
