package io.runtape.relay;

import io.runtape.dialect.EventType;
import io.runtape.journal.RunJournal;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.LastEventIds;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSink;
import io.runtape.store.StorableText;
import java.io.ByteArrayOutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Appends frames to the run's journal with their type and time of arrival, and passes them to the reader of the
 * outcome. Confined to one event loop.
 */
final class FrameRecorder implements FrameSink {

    /** Types are for filters; longer types are cut. */
    private static final int TYPE_CHARS_MAX = 200;

    private final RunJournal journal;
    private final OutcomeReader outcome;
    private final long beganNanos;
    private final int partsBytesMax;
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream(0);
    private final LastEventIds ids = new LastEventIds();
    private long sequence;
    private boolean partsTooLong;
    private boolean amidParts;
    private int encodedAmidParts;
    private boolean streamStart = true;
    private long offsetMicros;

    /**
     * @param beganNanos when the run began, by {@link System#nanoTime}
     * @param partsBytesMax a larger event or response is not read: only the name of an event tells its type then, and may tell the outcome
     */
    FrameRecorder(RunJournal journal, OutcomeReader outcome, long beganNanos, int partsBytesMax) {
        this.journal = journal;
        this.outcome = outcome;
        this.beganNanos = beganNanos;
        this.partsBytesMax = partsBytesMax;
    }

    /** Takes the present as the arrival of the frames that follow. */
    void arrived() {
        offsetMicros = (System.nanoTime() - beganNanos) / 1000;
    }

    /**
     * Records a piece of a compressed body, before the frames that are cut from its decoded form.
     *
     * @param bytes the bytes as they came over the wire
     */
    void encoded(byte[] bytes) {
        for (int from = 0; from < bytes.length; from += partsBytesMax) {
            int to = Math.min(bytes.length, from + partsBytesMax);
            sequence++;
            encodedAmidParts += amidParts ? 1 : 0;
            journal.append(new ArrivedFrame(FrameKind.ENCODED, bytes, from, to, offsetMicros, null, "", 0));
        }
    }

    @Override
    public void frame(
            FrameKind kind,
            byte[] source,
            int from,
            int to,
            @Nullable String event,
            String lastEventId,
            int partsBefore) {
        @Nullable Block block = kind == FrameKind.EVENT || kind == FrameKind.RESPONSE ? block(source, from, to) : null;
        @Nullable String type = kind == FrameKind.EVENT ? typeOf(event, block) : null;
        String id = ids.stored(lastEventId, ++sequence);
        // First: if the event tells the agent API's id of the run, that is durable no later than the event. Whoever has
        // seen the id finds the run by it.
        readOutcome(kind, type, block, source, from, to);
        journal.append(new ArrivedFrame(
                kind,
                source,
                from,
                to,
                offsetMicros,
                type == null ? null : StorableText.of(type, TYPE_CHARS_MAX),
                id,
                partsBefore == 0 ? 0 : partsBefore + encodedAmidParts));
        amidParts = kind == FrameKind.PART;
        encodedAmidParts = amidParts && partsBefore > 0 ? encodedAmidParts : 0;
        if (kind == FrameKind.PART) {
            keepPart(source, from, to);
            return;
        }
        parts.reset();
        partsTooLong = false;
        streamStart = false;
    }

    private void readOutcome(
            FrameKind kind, @Nullable String type, @Nullable Block block, byte[] source, int from, int to) {
        if (block != null && type != null) {
            outcome.event(type, block.bytes(), block.from(), block.to(), streamStart);
        } else if (type != null) {
            outcome.unread(type);
        } else if (block != null) {
            outcome.response(block.bytes(), block.from(), block.to());
        }
    }

    private void keepPart(byte[] source, int from, int to) {
        partsTooLong |= parts.size() + (to - from) > partsBytesMax;
        if (partsTooLong) {
            parts.reset();
        } else {
            parts.write(source, from, to - from);
        }
    }

    /** The whole block or body that the frame completes; null if it is too long to read. */
    private @Nullable Block block(byte[] source, int from, int to) {
        if (partsTooLong) {
            return null;
        }
        if (parts.size() == 0) {
            return new Block(source, from, to);
        }
        parts.write(source, from, to - from);
        byte[] whole = parts.toByteArray();
        return new Block(whole, 0, whole.length);
    }

    private String typeOf(@Nullable String event, @Nullable Block block) {
        return block == null
                ? Objects.requireNonNullElse(event, EventType.DEFAULT)
                : EventType.of(event, block.bytes(), block.from(), block.to(), streamStart);
    }

    @SuppressWarnings("ArrayRecordComponent") // Looked at at once, never compared.
    private record Block(byte[] bytes, int from, int to) {}
}
