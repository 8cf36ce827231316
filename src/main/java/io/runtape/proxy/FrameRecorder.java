package io.runtape.proxy;

import io.runtape.dialect.EventType;
import io.runtape.dialect.RunDigest;
import io.runtape.journal.RunJournal;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSink;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Appends frames to the run's journal with their type and their time of arrival, and shows them to the digest. Confined to
 * one event loop.
 */
final class FrameRecorder implements FrameSink {

    /** Types are for filters; a longer one is cut. */
    private static final int TYPE_CHARS_MAX = 200;

    private final RunJournal journal;
    private final RunDigest digest;
    private final long beganNanos;
    private final int partsBytesMax;
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream(0);
    private boolean partsTooLong;
    private boolean streamStart = true;
    private long offsetMicros;

    /**
     * @param beganNanos when the run began, by {@link System#nanoTime}
     * @param partsBytesMax an event over this is not read: neither for its type nor for the digest
     */
    FrameRecorder(RunJournal journal, RunDigest digest, long beganNanos, int partsBytesMax) {
        this.journal = journal;
        this.digest = digest;
        this.beganNanos = beganNanos;
        this.partsBytesMax = partsBytesMax;
    }

    /** What is appended from now on arrived now. */
    void arrived() {
        offsetMicros = (System.nanoTime() - beganNanos) / 1000;
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
        @Nullable
        String type = switch (kind) {
            case EVENT -> typeOf(event, source, from, to);
            case RESPONSE -> {
                response(source, from, to);
                yield null;
            }
            case PART -> {
                keepPart(source, from, to);
                yield null;
            }
            case COMMENT, TAIL -> null;
        };
        if (kind != FrameKind.PART) {
            parts.reset();
            partsTooLong = false;
            streamStart = false;
        }
        journal.append(kind, source, from, to, offsetMicros, type, lastEventId, partsBefore);
    }

    private void keepPart(byte[] source, int from, int to) {
        partsTooLong |= parts.size() + (to - from) > partsBytesMax;
        if (partsTooLong) {
            parts.reset();
        } else {
            parts.write(source, from, to - from);
        }
    }

    private String typeOf(@Nullable String event, byte[] source, int from, int to) {
        if (partsTooLong) {
            return stored(event == null ? "message" : event);
        }
        byte[] block = source;
        int start = from;
        int end = to;
        if (parts.size() > 0) {
            parts.write(source, from, to - from);
            block = parts.toByteArray();
            start = 0;
            end = block.length;
        }
        String type = EventType.of(event, block, start, end, streamStart);
        digest.event(type, block, start, end, streamStart);
        return stored(type);
    }

    private void response(byte[] source, int from, int to) {
        if (!partsTooLong && parts.size() == 0) {
            digest.response(source, from, to);
        }
    }

    private static String stored(String type) {
        String cut = type.length() <= TYPE_CHARS_MAX ? type : type.substring(0, TYPE_CHARS_MAX);
        return cut.indexOf('\0') < 0 ? cut : cut.replace('\0', '\uFFFD');
    }
}
