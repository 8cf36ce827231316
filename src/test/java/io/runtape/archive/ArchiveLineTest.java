package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArchiveLineTest {

    private static ArchiveLine line(String json) {
        byte[] bytes = (" " + json).getBytes(UTF_8);
        return ArchiveLine.of(bytes, 1, bytes.length - 1);
    }

    private static void assertRefused(String reason, Runnable read) {
        DamagedRunException refused = assertThrows(DamagedRunException.class, read::run);
        assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused::getMessage);
    }

    @Test
    void leavesAloneWhatNobodyAsksFor() {
        ArchiveLine line = line("{\"line\":\"run\",\"new\":{\"id\":1,\"id\":[2]},\"new\":3,\"kind\":{\"id\":4},"
                + "\"thread\":{\"thread\":{\"ordinal\":7},\"new\":[[]],\"ordinal\":5},\"id\":\"one\"}");

        assertEquals("run", line.what());
        assertEquals("one", line.runOrNull());
        assertRefused("kind must be a string", () -> line.text("kind", 10));
        assertEquals(5, line.objectOrNull("thread").number("ordinal", 1, 10));
    }

    @Test
    void countsAnEscapeAsOneCharacter() {
        ArchiveLine line = line("{\"result\":\"\\u0001\\n\\\\u\",\"error\":{\"a\":\"\\\"\"}}");

        assertEquals("\"\\u0001\\n\\\\u\"", line.jsonOrNull("result", 4));
        assertRefused("result is longer than 3 characters", () -> line.jsonOrNull("result", 3));
        assertEquals("{\"a\":\"\\\"\"}", line.jsonOrNull("error", 9));
        assertRefused("error is longer than 8 characters", () -> line.jsonOrNull("error", 8));
        assertRefused(
                "metadata is longer than 6 characters",
                () -> line("{\"metadata\":\"{\\\"a\\\":1}\"}").jsonObject("metadata", 6));
    }

    /** It is read in another way, without a table of its names. */
    @Test
    void readsALongLineAsAShortOne() {
        String text = "ä\uD83E\uDD98".repeat(30_000);
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            names.append("\"n").append(i).append("\":0,");
        }

        ArchiveLine line = line("{" + names + "\"text\":\"" + text + "\", \"result\" : [ 1, \"" + text
                + "\" ] ,\"error\":-1.50,\"parts\":7}");

        assertArrayEquals(text.getBytes(UTF_8), line.bytes(1 << 20, "it", "nothing"));
        assertEquals("[ 1, \"" + text + "\" ]", line.jsonOrNull("result", 1 << 20));
        assertEquals("-1.50", line.jsonOrNull("error", 10));
        assertEquals(7, line.number("parts", 0, 10));
        byte[] damaged = ("{\"prompt\":\"" + text + "\"}").getBytes(UTF_8);
        damaged[12]++;
        damaged[13] = 'x';
        assertRefused("no JSON", () -> ArchiveLine.of(damaged, 0, damaged.length));
        assertRefused("no JSON, at column", () -> line("{\"prompt\":\"" + text + "\",,}"));
        assertRefused("more than is read", () -> line("{\"" + text + text + "\":1}"));
    }

    /** As many characters as any other JSON may have, each of three bytes. */
    @Test
    void readsALongName() {
        for (int length : List.of(20_000, 50_000)) {
            String result = "{\"" + "東".repeat(length) + "\":1}";

            assertEquals(result, line("{\"result\":" + result + "}").jsonOrNull("result", 1 << 20));
        }
    }

    @Test
    void readsBytes() {
        for (String base64 : List.of("+/8=", "+\\/8=", "\\u002b/8=", "+/8\\u003d", "+/8\\u003D", "+/8")) {
            ArchiveLine line = line("{\"base64\":\"" + base64 + "\"}");

            assertArrayEquals(new byte[] {(byte) 0xfb, (byte) 0xff}, line.bytes(2, "it", "nothing"));
            assertRefused("it has 2 bytes, and nothing allows 1", () -> line.bytes(1, "it", "nothing"));
        }
        for (String none : List.of("====", "=", "a", "a===", "a b=", "\\ud800")) {
            assertRefused("must", () -> line("{\"base64\":\"" + none + "\"}").bytes(100, "it", "nothing"));
        }
        assertArrayEquals(new byte[0], line("{\"base64\":\"\"}").bytes(0, "it", "nothing"));
        assertRefused("either", () -> line("{}").bytes(1, "it", "nothing"));
        assertRefused("either", () -> line("{\"text\":\"\",\"base64\":\"\"}").bytes(1, "it", "nothing"));
    }

    /** A parser of bytes would take the first for another encoding, and the second for characters. */
    @Test
    void refusesWhatIsNotUtf8() {
        byte[] wide = "{\"text\":\"\\u00\"}".getBytes(UTF_16BE);
        byte[] halves = "{\"text\":\"...\"}".getBytes(UTF_8);
        halves[9] = (byte) 0xed;
        halves[10] = (byte) 0xa0;
        halves[11] = (byte) 0x80;
        for (byte[] each : List.of(wide, halves)) {
            assertRefused("no JSON", () -> ArchiveLine.of(each, 0, each.length));
        }
    }
}
