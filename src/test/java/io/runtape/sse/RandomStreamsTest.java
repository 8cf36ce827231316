package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * What holds for any bytes, however they are chunked, flushed and bounded, by the measure of a parser that agrees with the
 * corpus ({@link CorpusTest}). Other streams at each time; a failure names its seed: run it alone with
 * {@code -Druntape.test.firstSeed=SEED -Druntape.test.randomStreams=1}, or more streams than the suite does with a larger
 * number.
 */
class RandomStreamsTest {
    private static final long FIRST_SEED = Long.getLong("runtape.test.firstSeed", System.nanoTime());
    private static final int STREAMS = Integer.getInteger("runtape.test.randomStreams", 20_000);
    private static final int CHUNKINGS = 3;
    private static final int PIECES_MAX = 60;

    /** What streams are made of, line ends more often than the rest. Single characters stand for bytes. */
    private static final List<String> PIECES = List.of(
            "\n",
            "\n",
            "\n",
            "\r",
            "\r",
            "\r\n",
            "\r\n",
            "\n\n",
            "\r\r",
            "\r\n\r\n",
            "data",
            "data:",
            "data: ",
            "data: x",
            "data:  y",
            "event",
            "event:",
            "event: ",
            "event: tick",
            "event: tock",
            "id",
            "id:",
            "id: ",
            "id: 7",
            "id: 8",
            "id: a\0b",
            "retry: 10",
            ":",
            ": ping",
            " ",
            "d",
            "e",
            "i",
            "Data: x",
            "datax",
            "data\0",
            "\0",
            "\t",
            "x",
            "yz",
            "\u00EF\u00BB\u00BF",
            "\u00EF",
            "\u00BB",
            "\u00C3\u00A9",
            "\u00E2\u0080\u00A8",
            "\u00F0\u009F\u0098\u0080",
            "\u00F0\u009F\u0098",
            "\u00E2\u0082",
            "\u00ED\u00A0\u0080",
            "\u00C0\u008A",
            "\u00F5",
            "\u00FF",
            "\u0085");

    @Test
    void framesAreTheStreamAndTheirEventsAreItsEvents() {
        System.out.printf("%d random streams, %d chunkings each, seeds from %d%n", STREAMS, CHUNKINGS, FIRST_SEED);
        for (long seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] stream = stream(random);
            try {
                for (int i = 0; i < CHUNKINGS; i++) {
                    holdsFor(stream, random);
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("Seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private static void holdsFor(byte[] stream, SplittableRandom random) {
        ReferenceParser expected = ReferenceParser.parse(stream);
        FrameRecorder recorded = split(stream, random);

        assertArrayEquals(stream, recorded.body());
        assertEquals(expected.events(), recorded.events());
        assertEquals(expected.lastEventId(), recorded.lastEventId());
        assertEquals(expected.tail(), endsWithTail(recorded));
        withIdsTheEventsStayAndNameTheirFrames(recorded, 0);
        withIdsTheEventsStayAndNameTheirFrames(
                recorded, random.nextInt(recorded.frames().size() + 1));
    }

    /** What a reader sees that comes after {@code resumedAfter} frames and is sent each block with the id of its frame. */
    private static void withIdsTheEventsStayAndNameTheirFrames(FrameRecorder recorded, int resumedAfter) {
        List<FrameRecorder.Frame> frames = recorded.frames();
        int start = resumedAfter;
        while (start > 0 && frames.get(start - 1).kind() == FrameKind.PART) {
            start--;
        }
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        String lastId = "";
        List<String> idsOfEvents = new ArrayList<>();
        for (int i = start; i < frames.size() && frames.get(i).kind() != FrameKind.TAIL; i++) {
            block.writeBytes(frames.get(i).bytes());
            if (frames.get(i).kind() == FrameKind.PART) {
                continue;
            }
            lastId = Integer.toString(i + 1);
            if (frames.get(i).kind() == FrameKind.EVENT) {
                idsOfEvents.add(lastId);
            }
            send(block.toByteArray(), start == 0, i + 1, sent);
            block.reset();
        }
        ReferenceParser read = ReferenceParser.parse(sent.toByteArray());

        List<ServerSentEvent> all = recorded.events();
        assertEquals(withoutIds(all.subList(all.size() - idsOfEvents.size(), all.size())), withoutIds(read.events()));
        assertEquals(
                idsOfEvents,
                read.events().stream().map(ServerSentEvent::lastEventId).toList());
        assertEquals(lastId, read.lastEventId());
    }

    /** A mark that is text in its stream must not become the byte order mark of the reader's. */
    private static void send(byte[] block, boolean fromStart, int id, ByteArrayOutputStream sent) {
        if (!fromStart && sent.size() == 0 && SseWriter.bomLength(block, 0, block.length) > 0) {
            sent.writeBytes(SseWriter.keepAlive());
        }
        SseWriter.appendWithId(sent, block, 0, block.length, id);
    }

    private static List<ServerSentEvent> withoutIds(List<ServerSentEvent> events) {
        return events.stream()
                .map(event -> new ServerSentEvent(event.event(), event.data(), ""))
                .toList();
    }

    private static FrameRecorder split(byte[] stream, SplittableRandom random) {
        int frameBytesMax = random.nextInt(3) == 0 ? 1 + random.nextInt(16) : 64 * 1024;
        int chunkMax = 1 + random.nextInt(random.nextInt(3) == 0 ? 3 : stream.length + 1);
        boolean flushes = random.nextBoolean();
        FrameRecorder recorded = new FrameRecorder(frameBytesMax);
        FrameSplitter splitter = new FrameSplitter(frameBytesMax, recorded);
        int at = 0;
        while (at < stream.length) {
            int to = Math.min(stream.length, at + random.nextInt(chunkMax + 1));
            // A chunk in the middle of an array that is overwritten afterwards, as a reused network buffer is.
            byte[] buffer = new byte[to - at + 2];
            System.arraycopy(stream, at, buffer, 1, to - at);
            splitter.feed(buffer, 1, 1 + to - at);
            Arrays.fill(buffer, (byte) '\n');
            at = to;
            assertEquals(at - recorded.body().length, splitter.pendingBytes());
            if (flushes && random.nextInt(4) == 0) {
                splitter.flushPart();
                assertEquals(0, splitter.pendingBytes());
            }
        }
        splitter.end();
        return recorded;
    }

    /** Whether the stream ended within a block. Parts without the frame that completes them are an unfinished tail. */
    private static boolean endsWithTail(FrameRecorder recorded) {
        List<FrameRecorder.Frame> frames = recorded.frames();
        if (frames.isEmpty() || frames.get(frames.size() - 1).kind() == FrameKind.TAIL) {
            return !frames.isEmpty();
        }
        boolean parts = frames.get(frames.size() - 1).kind() == FrameKind.PART;
        byte[] body = recorded.body();
        boolean bomAlone = body.length == 3 && SseWriter.bomLength(body, 0, 3) == 3;
        return parts && !bomAlone;
    }

    private static byte[] stream(SplittableRandom random) {
        StringBuilder stream = new StringBuilder();
        if (random.nextInt(4) == 0) {
            stream.append("\u00EF\u00BB\u00BF");
        }
        int pieces = random.nextInt(PIECES_MAX + 1);
        for (int i = 0; i < pieces; i++) {
            stream.append(
                    random.nextInt(20) == 0
                            ? Character.toString(random.nextInt(256))
                            : PIECES.get(random.nextInt(PIECES.size())));
        }
        return stream.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
