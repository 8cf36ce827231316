package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of the corpus, in every chunking that it names. */
class CorpusTest {
    /** Over every block of the corpus. */
    private static final int FRAME_BYTES_MAX = 8 * 1024 * 1024;

    /** Cuts nearly every frame of the corpus into parts. */
    private static final int TINY_FRAME_BYTES_MAX = 7;

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void keepsTheBytesAndTheEventsInEveryChunking(CorpusCase expected) {
        expected.chunkings().forEach((chunking, lengths) -> {
            FrameRecorder recorded = split(expected.bytes(), lengths, FRAME_BYTES_MAX);

            assertHolds(expected, chunking, recorded);
            assertEquals(expected.blocks(), blocks(recorded), chunking);
            assertTrue(recorded.frames().stream().noneMatch(frame -> frame.kind() == FrameKind.PART), chunking);
        });
    }

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void keepsTheBytesAndTheEventsInParts(CorpusCase expected) {
        expected.chunkings()
                .forEach((chunking, lengths) ->
                        assertHolds(expected, chunking, split(expected.bytes(), lengths, TINY_FRAME_BYTES_MAX)));
    }

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void theReferenceParserAgreesWithTheCorpus(CorpusCase expected) {
        ReferenceParser parsed = ReferenceParser.parse(expected.bytes());

        assertEquals(expected.events(), parsed.events());
        assertEquals(expected.finalLastEventId(), parsed.lastEventId());
        assertEquals(expected.incompleteTail(), parsed.tail());
    }

    @Test
    void theCorpusIsThere() throws Exception {
        assertEquals(116, CorpusCase.all().count());
    }

    private static void assertHolds(CorpusCase expected, String chunking, FrameRecorder recorded) {
        assertArrayEquals(expected.bytes(), recorded.body(), chunking);
        assertEquals(expected.events(), recorded.events(), chunking);
        assertEquals(expected.finalLastEventId(), recorded.lastEventId(), chunking);
        assertEquals(expected.incompleteTail(), endsWithTail(recorded), chunking);
    }

    private static FrameRecorder split(byte[] bytes, List<Integer> lengths, int frameBytesMax) {
        FrameRecorder recorded = new FrameRecorder(frameBytesMax);
        FrameSplitter splitter = new FrameSplitter(frameBytesMax, recorded);
        int at = 0;
        for (int length : lengths) {
            splitter.feed(bytes, at, at + length);
            at += length;
        }
        splitter.end();
        return recorded;
    }

    /** A tail that ends exactly where a part is full is that part. */
    private static boolean endsWithTail(FrameRecorder recorded) {
        if (recorded.frames().isEmpty()) {
            return false;
        }
        FrameKind last = recorded.last().kind();
        return last == FrameKind.TAIL || last == FrameKind.PART;
    }

    private static long blocks(FrameRecorder recorded) {
        return recorded.frames().stream()
                .filter(frame -> frame.kind() == FrameKind.EVENT || frame.kind() == FrameKind.COMMENT)
                .filter(frame -> !frame.text()
                        .replaceFirst("^\u00EF\u00BB\u00BF", "")
                        .replaceAll("[\r\n]", "")
                        .isEmpty())
                .count();
    }
}
