package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseWriterTest {
    private static final String BOM = "\uFEFF";

    @Test
    void putsTheIdDirectlyBeforeTheBlankLineWhateverEndsIt() {
        assertEquals("data: x\nid: 5\n\n", withId("data: x\n\n"));
        assertEquals("data: x\r\nid: 5\n\r\n", withId("data: x\r\n\r\n"));
        assertEquals("data: x\rid: 5\n\r", withId("data: x\r\r"));
        assertEquals("data: x\rid: 5\n\r\n", withId("data: x\r\r\n"));
        assertEquals("data: x\nid: 5\n\r", withId("data: x\n\r"));
        assertEquals("data: x\r\nid: 5\n\n", withId("data: x\r\n\n"));
    }

    @Test
    void winsOverAnIdOfTheFrame() {
        String sent = withId("id: theirs\ndata: x\nid: again\n\n");

        assertEquals(
                List.of(new ServerSentEvent("message", "x", "5")), read(sent).events());
    }

    @Test
    void putsTheIdIntoAComment() {
        assertEquals(": ping\nid: 5\n\n", withId(": ping\n\n"));
        assertEquals("5", read(withId(": ping\n\n")).lastEventId());
    }

    @Test
    void makesOneBlockOfLineEndsAlone() {
        for (String lineEnds : List.of("\n", "\r", "\r\n", "\n\n", "\n\r", "\r\n\r\n")) {
            ReferenceParser read = read(withId(lineEnds));

            assertEquals(List.of(), read.events());
            assertEquals("5", read.lastEventId());
        }
    }

    @Test
    void putsTheIdBehindAByteOrderMarkAlone() {
        assertEquals(BOM + "id: 5\n\n", withId(BOM));
        assertEquals("id: 5\n\n", withId(""));
    }

    @Test
    void putsTheIdBehindPartsThatWereWrittenBefore() {
        assertEquals(
                List.of(new ServerSentEvent("message", "x", "5")),
                read("data: x\r" + withId("\n\n")).events());
    }

    @Test
    void writesTheLargestId() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        SseWriter.appendWithId(out, bytes("data\n\n"), 0, 6, Long.MAX_VALUE);

        assertEquals("data\nid: 9223372036854775807\n\n", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void writesAnEvent() {
        assertEquals("event: runtape.end\nid: 7\ndata: {}\n\n", text(SseWriter.event("runtape.end", "7", "{}")));
    }

    @Test
    void splitsDataOnEveryLineEnd() {
        String data = " a\nb\rc\r\nd\n";

        assertEquals(
                List.of(new ServerSentEvent("message", " a\nb\nc\nd\n", "")),
                read(text(SseWriter.event(null, null, data))).events());
    }

    @Test
    void writesEmptyData() {
        assertEquals("data: \n\n", text(SseWriter.event(null, null, "")));
    }

    @Test
    void refusesWhatALineCannotHold() {
        assertThrows(IllegalArgumentException.class, () -> SseWriter.event("a\nb", null, ""));
        assertThrows(IllegalArgumentException.class, () -> SseWriter.event(null, "a\rb", ""));
        assertThrows(IllegalArgumentException.class, () -> SseWriter.event(null, "a\0b", ""));
    }

    @Test
    void writesAKeepAliveThatNoReaderSees() {
        ReferenceParser read = read("data: a\n\n" + text(SseWriter.keepAlive()) + "data: b\n\n");

        assertEquals(2, read.events().size());
    }

    @Test
    void measuresTheByteOrderMark() {
        byte[] marked = bytes(BOM + "data\n\n");

        assertEquals(3, SseWriter.bomLength(marked, 0, marked.length));
        assertEquals(0, SseWriter.bomLength(marked, 0, 2));
        assertEquals(0, SseWriter.bomLength(marked, 3, marked.length));
    }

    private static String withId(String frame) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] bytes = bytes("??" + frame + "??");
        SseWriter.appendWithId(out, bytes, 2, bytes.length - 2, 5);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static ReferenceParser read(String sent) {
        return ReferenceParser.parse(bytes(sent));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
