package io.runtape.transcript;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ShownTextTest {

    @Test
    void leavesTextAsItIs() {
        String text = "Plain,\ttabs and\nlines; العربية עברית 漢字 😀 \u200d \u200f <&>\"'`";

        assertEquals(text, ShownText.of(text));
    }

    @Test
    void makesLineFeedsOfAllLineEnds() {
        assertEquals("a\nb\nc\n\nd\n", ShownText.of("a\rb\r\nc\n\rd\r"));
    }

    @Test
    void dropsColoursAndShowsEveryOtherControlCharacter() {
        assertEquals("red bold", ShownText.of("\u001b[31mred\u001b[0m \u001b[38;2;1;2;3;1mbold\u001b[m"));
        assertEquals("␛[2J␛]8;;x␇␛[", ShownText.of("\u001b[2J\u001b]8;;x\u0007\u001b["));
        assertEquals("␀␈␡[U+009B]31m[U+0085]", ShownText.of("\u0000\b\u007f\u009b31m\u0085"));
    }

    @Test
    void showsWhatWouldTurnTheTextAround() {
        assertEquals("access[U+202E]gpj.exe[U+202C]", ShownText.of("access\u202egpj.exe\u202c"));
        assertEquals("[U+2066]x[U+2069]", ShownText.of("\u2066x\u2069"));
    }

    @Test
    void replacesHalvesOfCharacters() {
        assertEquals("\ufffd😀\ufffd", ShownText.of("\ude00😀\ud83d"));
    }

    @Test
    void putsANameInOneLineAndCutsIt() {
        assertEquals("a b c d e", ShownText.line("a\nb\r\nc\td\u2028e"));
        assertEquals("x".repeat(200) + "…", ShownText.line("x".repeat(201)));
    }
}
