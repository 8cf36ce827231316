package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps the frames of one body, and asserts of each what holds for all. */
final class FrameRecorder implements FrameSink {
    /** A frame with a copy of its bytes. */
    @SuppressWarnings("ArrayRecordComponent") // compared by its text
    record Frame(FrameKind kind, byte[] bytes, @Nullable String event, String lastEventId, int parts) {
        String text() {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }

        /** The frame as the tests write it: {@code EVENT "data: x\n\n"}. */
        @Override
        public String toString() {
            return kind + " " + text().replace("\r", "\\r").replace("\n", "\\n");
        }
    }

    private final int frameBytesMax;
    private final List<Frame> frames = new ArrayList<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    /** The parts of the block in progress, and after its completing frame the whole block. */
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();

    private final List<ServerSentEvent> events = new ArrayList<>();
    private int openParts;

    FrameRecorder(int frameBytesMax) {
        this.frameBytesMax = frameBytesMax;
    }

    @Override
    public void frame(
            FrameKind kind, byte[] source, int from, int to, @Nullable String event, String lastEventId, int parts) {
        assertTrue(from < to || kind == FrameKind.RESPONSE && parts > 0, "an empty frame");
        assertTrue(to - from <= frameBytesMax, "a frame over the limit");
        assertEquals(openParts, parts, "parts");
        frames.add(new Frame(kind, Arrays.copyOfRange(source, from, to), event, lastEventId, parts));
        body.write(source, from, to - from);
        block.write(source, from, to - from);
        if (kind == FrameKind.PART) {
            openParts++;
            return;
        }
        parse(kind, event, lastEventId);
        block.reset();
        openParts = 0;
    }

    private void parse(FrameKind kind, @Nullable String event, String lastEventId) {
        byte[] whole = block.toByteArray();
        boolean streamStart = body.size() == whole.length;
        ServerSentEvent parsed = EventParser.parse(whole, 0, whole.length, streamStart, lastEventId);
        assertEquals(kind == FrameKind.EVENT, parsed != null, "an event exactly when it parses as one");
        if (parsed != null) {
            assertEquals(parsed.event(), event == null ? "message" : event);
            events.add(parsed);
        }
    }

    List<Frame> frames() {
        return frames;
    }

    /** Each frame as its kind and its text. */
    List<String> described() {
        return frames.stream().map(Frame::toString).toList();
    }

    List<ServerSentEvent> events() {
        return events;
    }

    byte[] body() {
        return body.toByteArray();
    }

    Frame last() {
        return frames.get(frames.size() - 1);
    }

    String lastEventId() {
        return frames.isEmpty() ? "" : last().lastEventId();
    }
}
