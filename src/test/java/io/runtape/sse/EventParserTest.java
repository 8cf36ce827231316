package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EventParserTest {
    @Test
    void joinsDataLinesWithLf() {
        assertEquals("a\n\nb", parse("data: a\rdata\r\ndata:b\n\n").data());
    }

    @Test
    void keepsAFirstDataLineThatIsEmpty() {
        assertEquals("\nx", parse("data:\ndata: x\n\n").data());
    }

    @Test
    void callsAnEventWithoutTypeMessage() {
        assertEquals("message", parse("data: a\n\n").event());
        assertEquals("message", parse("event: a\nevent:\ndata: a\n\n").event());
    }

    @Test
    void carriesTheIdThatItIsGiven() {
        assertEquals(
                "7",
                EventParser.parse(bytes("id: 1\ndata\n\n"), 0, 12, false, "7").lastEventId());
    }

    @Test
    void readsPastTheLineEndsThatLeadAFrame() {
        assertEquals("x", parse("\n\r\n\rdata: x\n\n").data());
    }

    @Test
    void dropsOneByteOrderMarkAtTheStartOfTheStreamOnly() {
        byte[] frame = bytes("\uFEFFdata: x\n\n");

        assertEquals(new ServerSentEvent("message", "x", ""), EventParser.parse(frame, 0, frame.length, true, ""));
        assertNull(EventParser.parse(frame, 0, frame.length, false, ""));
    }

    @Test
    void dispatchesNothingWithoutDataOrWithoutABlankLine() {
        assertNull(parse(": ping\n\n"));
        assertNull(parse("event: a\nid: b\n\n"));
        assertNull(parse("\n\n"));
        assertNull(parse(""));
        assertNull(parse("data: x"));
        assertNull(parse("data: x\n"));
    }

    @Test
    void readsOnlyTheGivenBytes() {
        byte[] stream = bytes("data: a\n\ndata: b\n\ndata: c\n\n");

        assertEquals(new ServerSentEvent("message", "b", ""), EventParser.parse(stream, 9, 18, false, ""));
    }

    @Test
    void decodesMalformedDataByMaximalSubparts() {
        byte[] frame = "data: \u00ED\u00A0\u0080\ndata: \u00E2\u0082\n\n".getBytes(StandardCharsets.ISO_8859_1);

        assertEquals(
                "\uFFFD\uFFFD\uFFFD\n\uFFFD",
                EventParser.parse(frame, 0, frame.length, false, "").data());
    }

    private static ServerSentEvent parse(String frame) {
        byte[] bytes = bytes(frame);
        return EventParser.parse(bytes, 0, bytes.length, false, "");
    }

    private static byte[] bytes(String frame) {
        return frame.getBytes(StandardCharsets.UTF_8);
    }
}
