package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules one by one. Chunks and frames are written as Latin-1 text, so that a character is a byte. */
class FrameSplitterTest {
    private static final String BOM = "\u00EF\u00BB\u00BF";
    private static final int LARGE = 8 * 1024 * 1024;

    private FrameRecorder recorded = new FrameRecorder(LARGE);
    private FrameSplitter splitter = new FrameSplitter(LARGE, recorded);

    @Test
    void endsAFrameWithItsBlankLineWhateverTheLineEnds() {
        feed("data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\n\rdata: e\r\r\ndata: f\r\n\ndata: g\n\r\n");

        assertFrames(
                "EVENT data: a\\n\\n",
                "EVENT data: b\\r\\r",
                "EVENT data: c\\r\\n\\r\\n",
                "EVENT data: d\\n\\r",
                "EVENT data: e\\r\\r\\n",
                "EVENT data: f\\r\\n\\n",
                "EVENT data: g\\n\\r\\n");
    }

    @Test
    void handsAFrameOnAtACrThatEndsTheChunk() {
        feed("data: x\n\r");

        assertFrames("EVENT data: x\\n\\r");
        assertEquals(0, splitter.pendingBytes());
    }

    @Test
    void letsAnLfAfterSuchACrLeadTheNextFrame() {
        feed("data: x\r\n\r", "\ndata: y\n\n");

        assertFrames("EVENT data: x\\r\\n\\r", "EVENT \\ndata: y\\n\\n");
    }

    @Test
    void handsSuchAnLfOnAloneWhenTheChunkHoldsNothingElse() {
        feed("data: x\n\r", "\n", "data: y\n\n");

        assertFrames("EVENT data: x\\n\\r", "COMMENT \\n", "EVENT data: y\\n\\n");
    }

    @Test
    void completesACrLfThatIsCutWithinABlock() {
        feed("data: x\r", "\ndata: y\r", "\n", "\r\n");

        assertFrames("EVENT data: x\\r\\ndata: y\\r\\n\\r\\n");
        assertEquals(List.of(new ServerSentEvent("message", "x\ny", "")), recorded.events());
    }

    @Test
    void remembersTheCrOverAnEmptyChunk() {
        feed("data: x\r", "", "\n", "\n");

        assertFrames("EVENT data: x\\r\\n\\n");
    }

    @Test
    void letsFurtherLineEndsLeadTheNextFrame() {
        feed("data: x\n\n\n\r\ndata: y\n\n");

        assertFrames("EVENT data: x\\n\\n", "EVENT \\n\\r\\ndata: y\\n\\n");
    }

    @Test
    void handsOnLineEndsThatAreAllThatIsPendingAtTheEndOfAChunk() {
        feed("data: x\n\n\n\r\n", "\r", "\n\n");

        assertFrames("EVENT data: x\\n\\n", "COMMENT \\n\\r\\n", "COMMENT \\r", "COMMENT \\n\\n");
    }

    @Test
    void keepsWaitingForABlockThatHasBegunAfterLineEnds() {
        feed("\n\nda");

        assertFrames();
        assertEquals(4, splitter.pendingBytes());
    }

    @Test
    void takesABlockWithoutDataForAComment() {
        feed(": ping\n\nevent: ping\n\nid: 7\n\nretry: 10\n\n \n\nDATA: x\n\ndata : x\n\ndatax\n\n");

        assertEquals(8, recorded.frames().size());
        recorded.frames().forEach(frame -> assertEquals(FrameKind.COMMENT, frame.kind(), frame.toString()));
    }

    @Test
    void takesADataLineWithoutColonForAnEvent() {
        feed("data\n\ndata:\n\n");

        assertEquals(
                List.of(new ServerSentEvent("message", "", ""), new ServerSentEvent("message", "", "")),
                recorded.events());
    }

    @Test
    void carriesTheLastTypeOfTheBlockAlone() {
        feed("event: a\ndata\nevent:b\n\ndata\n\nevent: a\nevent\ndata\n\nevent:  c\ndata\n\nevent: d\n\n");

        assertEquals("b", recorded.frames().get(0).event());
        assertNull(recorded.frames().get(1).event());
        assertNull(recorded.frames().get(2).event());
        assertEquals(" c", recorded.frames().get(3).event());
        assertNull(recorded.frames().get(4).event(), "a comment has no type");
    }

    @Test
    void carriesTheLastEventIdUntilItIsReplaced() {
        feed("id: 1\ndata\n\ndata\n\nid: 2\n\nid: 3\0\ndata\n\nid\n\nid: 4\nid: 5\n\nid: 6\ndata");
        splitter.end();

        assertEquals(
                List.of("1", "1", "2", "2", "", "5", "5"),
                recorded.frames().stream().map(FrameRecorder.Frame::lastEventId).toList());
        assertEquals(FrameKind.TAIL, recorded.last().kind());
    }

    @Test
    void decodesTypesAndIdsAsUtf8() {
        feed("event: \u00C3\u00A9\u00ED\u00A0\u0080\nid: \u00E2\u0082\ndata\n\n");

        assertEquals("\u00E9\uFFFD\uFFFD\uFFFD", recorded.last().event());
        assertEquals("\uFFFD", recorded.last().lastEventId());
    }

    @Test
    void sharesTheStringOfARepeatedType() {
        feed("event: tick\ndata\n\nevent: tock\ndata\n\nevent: tick\ndata\n\n");

        assertSame(recorded.frames().get(0).event(), recorded.frames().get(2).event());
        assertEquals("tock", recorded.frames().get(1).event());
    }

    @Test
    void readsALongTypeThatIsNotShared() {
        String type = "t".repeat(1000);

        feed("event: " + type + "\ndata\n\n");

        assertEquals(type, recorded.last().event());
    }

    @Test
    void keepsTheByteOrderMarkButReadsPastIt() {
        feed(BOM + "data: x\n\n");

        assertFrames("EVENT " + BOM + "data: x\\n\\n");
    }

    @Test
    void readsPastAByteOrderMarkThatIsCut() {
        feed("\u00EF", "\u00BB", "\u00BF", "data: x\n\n");

        assertFrames("EVENT " + BOM + "data: x\\n\\n");
    }

    @Test
    void takesASecondOrLaterMarkForText() {
        feed(BOM + BOM + "data: x\n\n" + BOM + "data: y\n\n");

        assertFrames("COMMENT " + BOM + BOM + "data: x\\n\\n", "COMMENT " + BOM + "data: y\\n\\n");
    }

    @Test
    void takesTheBeginningOfAMarkForTextWhenItIsNone() {
        feed("\u00EF", "\u00BB", "data: x\n\n");

        assertFrames("COMMENT \u00EF\u00BBdata: x\\n\\n");
    }

    @Test
    void handsOnLineEndsAfterAMark() {
        feed(BOM, "\r", "\n");

        assertFrames("COMMENT " + BOM + "\\r", "COMMENT \\n");
    }

    @Test
    void takesAStreamThatIsAMarkAloneForAComment() {
        feed("\u00EF", "\u00BB\u00BF");
        splitter.end();

        assertFrames("COMMENT " + BOM);
    }

    @Test
    void takesHalfAMarkForATail() {
        feed("\u00EF\u00BB");
        splitter.end();

        assertFrames("TAIL \u00EF\u00BB");
    }

    @Test
    void endsWithTheUnfinishedTail() {
        feed("data: x\n\ndata: y\n");
        splitter.end();

        assertFrames("EVENT data: x\\n\\n", "TAIL data: y\\n");
    }

    @Test
    void makesNoFrameOfAnEmptyStream() {
        feed("");
        splitter.end();

        assertFrames();
    }

    @Test
    void goesOnWithABlockAfterAPartOfIt() {
        feed("event: ti");
        splitter.flushPart();
        feed("ck\nid: 1");
        splitter.flushPart();
        feed("2\nda");
        splitter.flushPart();
        feed("ta: x\n\n");

        assertFrames("PART event: ti", "PART ck\\nid: 1", "PART 2\\nda", "EVENT ta: x\\n\\n");
        assertEquals("tick", recorded.last().event());
        assertEquals(3, recorded.last().parts());
        assertEquals(List.of(new ServerSentEvent("tick", "x", "12")), recorded.events());
    }

    @Test
    void startsAnewAfterTheFrameThatCompletesParts() {
        feed("data: x");
        splitter.flushPart();
        feed("\n\n: ping\n\n");

        assertFrames("PART data: x", "EVENT \\n\\n", "COMMENT : ping\\n\\n");
        assertEquals(0, recorded.last().parts());
    }

    @Test
    void completesACrLfThatAPartCut() {
        feed("data: x\r");
        splitter.flushPart();
        feed("\n");
        splitter.flushPart();
        feed("\n");

        assertFrames("PART data: x\\r", "PART \\n", "EVENT \\n");
    }

    @Test
    void flushesNothingWhenNothingIsPending() {
        feed("data: x\n\n");
        splitter.flushPart();

        assertFrames("EVENT data: x\\n\\n");
    }

    @Test
    void countsThePartsOfATail() {
        feed("data: x");
        splitter.flushPart();
        feed("y");
        splitter.end();

        assertFrames("PART data: x", "TAIL y");
        assertEquals(1, recorded.last().parts());
    }

    @Test
    void leavesTheTailToThePartThatHoldsIt() {
        feed("data: x");
        splitter.flushPart();
        splitter.end();

        assertFrames("PART data: x");
    }

    @Test
    void keepsAFrameOfExactlyTheLimitWhole() {
        boundedTo(9);

        feed("data: x\n\ndata: xy\n\n");

        assertFrames("EVENT data: x\\n\\n", "PART data: xy\\n", "EVENT \\n");
    }

    @Test
    void cutsAPartAsSoonAsTheLimitIsReached() {
        boundedTo(8);

        feed("data: ", "xy", "z\n\n");

        assertFrames("PART data: xy", "EVENT z\\n\\n");
    }

    @Test
    void letsTheLfOfABlankLineLeadTheNextFrameWhereItWouldPassTheLimit() {
        boundedTo(9);

        feed("data: x\n\r\ndata\n\n");

        assertFrames("EVENT data: x\\n\\r", "EVENT \\ndata\\n\\n");
    }

    @Test
    void cutsLineEndsAloneIntoComments() {
        boundedTo(4);

        feed("\n\n\n\n\r\n\r\n\n");

        assertFrames("COMMENT \\n\\n\\n\\n", "COMMENT \\r\\n\\r\\n", "COMMENT \\n");
    }

    @Test
    void readsFieldsOutOfPartsOfOneByte() {
        boundedTo(1);

        feed(BOM + "event: a\r\nid: b\r\ndata: c\r\n\r\n: d\n\n");

        assertEquals(List.of(new ServerSentEvent("a", "c", "b")), recorded.events());
        assertEquals("b", recorded.lastEventId());
    }

    @Test
    void ignoresATypeOrIdOverItsBoundHoweverItIsCut() {
        String longest = "v".repeat(64 * 1024);
        String stream = "event: " + longest + "\nid: " + longest + "\ndata\n\n" + "event: a\nevent: " + longest
                + "v\nid: 1\nid: " + longest + "v\ndata\n\n";
        for (int chunkBytes : new int[] {1, 1000, stream.length()}) {
            List<String> read = new ArrayList<>();
            splitter = new FrameSplitter(LARGE, (kind, source, from, to, event, lastEventId, parts) -> {
                read.add(event);
                read.add(lastEventId);
            });
            for (int at = 0; at < stream.length(); at += chunkBytes) {
                feed(stream.substring(at, Math.min(stream.length(), at + chunkBytes)));
            }

            assertTrue(List.of(longest, longest, "a", "1").equals(read), "in chunks of " + chunkBytes);
        }
    }

    @Test
    void decodesATypeAnewWhenMoreThanItKeepsCameBetween() {
        for (int i = 0; i < 100; i++) {
            feed("event: type" + i + "\ndata\n\nevent: always\ndata\n\n");
        }
        feed("event: type0\ndata\n\n");

        assertEquals("type0", recorded.last().event());
        for (int i = 0; i < 100; i++) {
            assertEquals("type" + i, recorded.frames().get(2 * i).event());
            assertEquals("always", recorded.frames().get(2 * i + 1).event());
        }
    }

    @Test
    void takesAMegabyteByteByByte() {
        byte[] line = ("data: " + "x".repeat(1024 * 1024) + "\n\n").getBytes(StandardCharsets.ISO_8859_1);
        for (int at = 0; at < line.length; at++) {
            splitter.feed(line, at, at + 1);
        }

        assertEquals(1, recorded.frames().size());
        assertArrayEquals(line, recorded.body());
    }

    @Test
    void refusesALimitThatHoldsNoByte() {
        assertThrows(IllegalArgumentException.class, () -> new FrameSplitter(0, recorded));
    }

    private void boundedTo(int frameBytesMax) {
        recorded = new FrameRecorder(frameBytesMax);
        splitter = new FrameSplitter(frameBytesMax, recorded);
    }

    private void feed(String... chunks) {
        for (String chunk : chunks) {
            byte[] bytes = chunk.getBytes(StandardCharsets.ISO_8859_1);
            splitter.feed(bytes, 0, bytes.length);
        }
    }

    private void assertFrames(String... expected) {
        assertEquals(List.of(expected), recorded.described());
    }
}
