package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        ArchiveLine thread = line.objectOrNull("thread");
        assertEquals(5, thread.number("ordinal", 1, 10));
        assertRefused("thread must be an object", () -> thread.objectOrNull("thread"));
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

        ArchiveLine line = line("{" + names + "\"text\":\"" + text + "\"}");

        assertArrayEquals(text.getBytes(UTF_8), line.bytes());
        byte[] damaged = ("{\"prompt\":\"" + text + "\"}").getBytes(UTF_8);
        damaged[12]++;
        damaged[13] = 'x';
        assertRefused("no JSON", () -> ArchiveLine.of(damaged, 0, damaged.length));
        assertRefused("no JSON, at column", () -> line("{\"prompt\":\"" + text + "\",,}"));
    }
}
