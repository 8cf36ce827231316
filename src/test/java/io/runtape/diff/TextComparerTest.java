package io.runtape.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class TextComparerTest {

    /** Longer than the bound on work takes at the worst, on a machine that does much else. */
    private static final Duration SOON = Duration.ofSeconds(30);

    private static String told(String first, String second) {
        return new TextComparer()
                .compare(first, second).operations().stream()
                        .map(piece -> switch (piece.kind()) {
                            case EQUAL -> piece.text();
                            case DELETE -> "[-" + piece.text() + "]";
                            case INSERT -> "[+" + piece.text() + "]";
                        })
                        .collect(Collectors.joining());
    }

    /** The pieces make up both texts, in whatever way they are cut. */
    private static TextDiff checked(TextDiff diff, String first, String second) {
        List<TextOperation> pieces = new ArrayList<>(diff.operations());
        assertEquals(first, joined(pieces, TextOperation.Kind.DELETE));
        assertEquals(second, joined(pieces, TextOperation.Kind.INSERT));
        assertEquals(first.equals(second), diff.equal());
        assertTrue(pieces.stream().noneMatch(piece -> piece.text().isEmpty()));
        assertRows(pieces, first, second);
        return diff;
    }

    private static void assertRows(List<TextOperation> pieces, String first, String second) {
        List<SideRows.Row> rows = new ArrayList<>();
        SideRows.<RuntimeException>of(pieces, rows::add);
        List<TextOperation> again =
                rows.stream().flatMap(row -> row.pieces().stream()).toList();
        assertEquals(first, joined(again, TextOperation.Kind.DELETE));
        assertEquals(second, joined(again, TextOperation.Kind.INSERT));
    }

    private static String joined(List<TextOperation> pieces, TextOperation.Kind own) {
        return pieces.stream()
                .filter(piece -> piece.kind() == own || piece.kind() == TextOperation.Kind.EQUAL)
                .map(TextOperation::text)
                .collect(Collectors.joining());
    }

    private static String lines(int count, String before) {
        return IntStream.range(0, count).mapToObj(i -> before + i + "\n").collect(Collectors.joining());
    }

    @Test
    void marksWordsInLinesThatAreAlike() {
        assertEquals("", told("", ""));
        assertEquals("same\ntext", told("same\ntext", "same\ntext"));
        assertEquals("[+all new]", told("", "all new"));
        assertEquals("[-gone]", told("gone", ""));
        assertEquals(
                "one\nthe[- quick][+ slow] brown fox\nthree\n",
                told("one\nthe quick brown fox\nthree\n", "one\nthe slow brown fox\nthree\n"));
        assertEquals("I ran the tests[-.][+!]", told("I ran the tests.", "I ran the tests!"));
        assertEquals("a\n[+b\n]c\n", told("a\nc\n", "a\nb\nc\n"));
    }

    @Test
    void keepsLinesWholeThatHaveLittleInCommon() {
        assertEquals(
                "[-It is a dog of the house.][+We cannot see it.]",
                told("It is a dog of the house.", "We cannot see it."));
    }

    @Test
    void cutsNoCharacterInTwo() {
        assertEquals("ok[- \ud83d\ude00][+ \ud83d\ude01] done", told("ok \ud83d\ude00 done", "ok \ud83d\ude01 done"));
        assertEquals("[-漢][+中]字文章", told("漢字文章", "中字文章"));
    }

    @Test
    void piecesMakeUpBothTexts() {
        Random random = new Random(20260101);
        for (int i = 0; i < 3000; i++) {
            String first = text(random);
            String second = random.nextInt(4) == 0 ? text(random) : changed(first, random);
            checked(new TextComparer().compare(first, second), first, second);
        }
    }

    private static String text(Random random) {
        String[] words = {"a", "b", " ", "\n", "the ", "end.", "\n\n", "\ud83d\ude00", "漢", "\r\n", "_x1", "<b>"};
        return IntStream.range(0, random.nextInt(40))
                .mapToObj(i -> words[random.nextInt(words.length)])
                .collect(Collectors.joining());
    }

    private static String changed(String text, Random random) {
        int from = text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length()) + 1));
        return text.substring(0, from)
                + text(random)
                + text.substring(Math.max(from, text.length() - random.nextInt(5)));
    }

    @Test
    void findsAFewChangesInALongText() {
        String first = lines(200_000, "line ");
        String second = first.replace("line 99000\n", "line 99000 and more\n").replace("line 99005\n", "");

        TextDiff diff = checked(new TextComparer().compare(first, second), first, second);

        assertFalse(diff.tooLong());
    }

    @Test
    void saysThatTextsAreTooLong() {
        String first = "begin\n" + lines(6000, "a") + "end\n";
        String second = "begin\n" + lines(6000, "b") + "end\n";

        TextDiff diff = Assertions.assertTimeout(SOON, () -> new TextComparer().compare(first, second));

        assertTrue(diff.tooLong());
        assertEquals(
                List.of(
                        TextOperation.Kind.EQUAL,
                        TextOperation.Kind.DELETE,
                        TextOperation.Kind.INSERT,
                        TextOperation.Kind.EQUAL),
                diff.operations().stream().map(TextOperation::kind).toList());
    }

    @Test
    void hasABoundOnAllItsWork() {
        String first = lines(4900, "a");
        String second = lines(4900, "b");
        TextComparer comparer = new TextComparer();

        Assertions.assertTimeout(SOON, () -> {
            assertFalse(checked(comparer.compare(first, second), first, second).tooLong());
            assertFalse(checked(comparer.compare(second, first), second, first).tooLong());
            for (int i = 0; i < 100; i++) {
                assertTrue(
                        checked(comparer.compare(first, second), first, second).tooLong());
            }
        });
    }

    @Test
    void takesLinesOfMegabytes() {
        String first = "x ".repeat(2_000_000) + "one";
        String second = "y ".repeat(2_000_000) + "two";

        Assertions.assertTimeout(SOON, () -> {
            checked(new TextComparer().compare(first, second), first, second);
            checked(new TextComparer().compare(first, first + "\n"), first, first + "\n");
        });
    }
}
