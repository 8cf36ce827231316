package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8Test {
    /** The ends of every range of lead and continuation bytes, and one byte beyond each. */
    private static final int[] EDGES = {
        0x00, 0x0A, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
        0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF
    };

    @Test
    void decodesWellFormedText() {
        String text = "a\0\u00E9\u20AC\uD83D\uDE00\uFEFF\uFFFF\uFFFD";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

        assertEquals(text, Utf8.decode(bytes, 0, bytes.length));
    }

    /** '?' stands for U+FFFD; the cases of the Encoding standard and of Unicode's table 3-8. */
    @ParameterizedTest
    @CsvSource({
        "eda080, ???",
        "edbfbf41, ???A",
        "c0af, ??",
        "e08041, ??A",
        "e282, ?",
        "e2820a, '?\n'",
        "f09f98, ?",
        "f09f9841, ?A",
        "f08080, ???",
        "f4908080, ????",
        "f5, ?",
        "ff41fe, ?A?",
        "80bf, ??",
        "f09f98f09f9880, ?\uD83D\uDE00",
        "e1a0c2c3a9, ??\u00E9",
        "efbfbd80, ??"
    })
    void replacesEachMaximalSubpartOnce(String hex, String expected) {
        byte[] bytes = HexFormat.of().parseHex(hex);

        assertEquals(expected.replace('?', '\uFFFD'), Utf8.decode(bytes, 0, bytes.length));
    }

    @Test
    void agreesWithTheReferenceOnEveryEdge() {
        byte[] bytes = new byte[4];
        for (int first : EDGES) {
            for (int second : EDGES) {
                for (int third : EDGES) {
                    for (int fourth : EDGES) {
                        bytes[0] = (byte) first;
                        bytes[1] = (byte) second;
                        bytes[2] = (byte) third;
                        bytes[3] = (byte) fourth;
                        assertEquals(ReferenceParser.decode(bytes), Utf8.decode(bytes, 0, 4));
                    }
                }
            }
        }
    }

    @Test
    void decodesOnlyTheGivenBytes() {
        byte[] bytes = {(byte) 0xC3, (byte) 0xA9, (byte) 0xC3, (byte) 0xA9};

        assertEquals("\uFFFD\uFFFD", Utf8.decode(bytes, 1, 3));
    }
}
