package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import io.runtape.indexing.EndedRun;
import io.runtape.run.Run;
import io.runtape.transcript.PlacedPart;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which texts of a run are searched. */
class RunTextTest {

    private static List<String> errors(String error, PlacedPart... parts) {
        Run row = new Run();
        row.error = error;
        return RunText.of(new EndedRun(row, null, List.of(parts))).stream()
                .filter(passage -> passage.place() == Place.ERROR)
                .map(passage -> passage.sequence() + " " + passage.text())
                .toList();
    }

    private static PlacedPart error(long sequence, String code, String message) {
        return new PlacedPart(false, Role.ASSISTANT, new Part.ErrorPart(code, message), sequence, 0);
    }

    private static List<String> prompts(@Nullable String prompt, PlacedPart... parts) {
        Run row = new Run();
        row.prompt = prompt;
        return RunText.of(new EndedRun(row, null, List.of(parts))).stream()
                .map(passage -> passage.place() + " " + passage.text())
                .toList();
    }

    private static PlacedPart asked(String text, boolean attached) {
        return new PlacedPart(true, Role.USER, new Part.Text(text, attached), 0, -1);
    }

    @Test
    void hasThePromptOnce() {
        assertEquals(List.of("PROMPT a\nb"), prompts("a\nb", asked("a\nb", false)));
        assertEquals(
                List.of("PROMPT First:\n Second:\n"),
                prompts(
                        "First:\n Second:\n",
                        asked("[image]", true),
                        asked("First:", false),
                        asked("[input_image]", true),
                        asked(" Second:\n", false)));
        assertEquals(List.of("PROMPT b", "PROMPT a"), prompts("b", asked("a", false), asked("b", false)));
        assertEquals(List.of("PROMPT ab", "PROMPT b"), prompts("ab", asked("b", false)));
        assertEquals(List.of("PROMPT b", "PROMPT ab"), prompts("b", asked("ab", false)));
        assertEquals(List.of("PROMPT a"), prompts(null, asked("a", false)));
    }

    private static String said(String text) {
        return JsonWords.ofText(text, 1000);
    }

    @Test
    void readsJsonThatStandsInStrings() {
        String deep = "{\"c\":\"x\\ny\"}";
        for (String name : List.of("b", "a")) {
            deep = "{\"" + name + "\":" + TextNode.valueOf(deep) + "}";
        }

        assertEquals("a: 1 true \u6771", said(" \n{\"a\":[1,true,null,\"\\u6771\"]}"));
        assertEquals("a: b: {\"c\":\"x\\ny\"}", said(deep), "no deeper than two levels");
        assertEquals("a: 1 a: 2", said("{\"a\":1}\n{\"a\":2}\n"));
        assertEquals(JsonWords.of(TextNode.valueOf(deep).toString(), 1000), said(deep));
        for (String none : List.of("", "[x] done\n", "[1] See there", "{\"a\":1", "{a}", "\"\\u6771\"", "7")) {
            assertEquals(none, said(none));
        }
        assertEquals("[x] {y", JsonWords.of("\"[x] {y\"", 1000));
    }

    /** A text that is longer than what is searched of it is read no further. */
    @Test
    void readsNoMoreJsonThanIsSearched() {
        String list = "[" + "\"ab\",".repeat(1000) + "\"ab\"]";

        assertEquals("ab ab ab ab", JsonWords.ofText(list, 10));
        assertEquals("a: ab ab ab", JsonWords.ofText("{\"a\":" + TextNode.valueOf(list) + "}", 10));
    }

    @Test
    void hasAStructuredAnswerOnce() {
        Run row = new Run();
        row.result = "{\"verdict\":\"fine\"}";
        PlacedPart text =
                new PlacedPart(false, Role.ASSISTANT, new Part.Text("{\n \"verdict\": \"fine\"}\n", false), 4, 0);

        assertEquals(
                List.of("RESULT 4 verdict: fine"),
                RunText.of(new EndedRun(row, null, List.of(text))).stream()
                        .map(passage -> passage.place() + " " + passage.sequence() + " " + passage.text())
                        .toList());
    }

    @Test
    void hasTheResultBeforeErrorsThatFillTheText() {
        Run row = new Run();
        row.prompt = "Why?";
        row.result = "\"At last.\"";
        List<PlacedPart> parts = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            parts.add(error(i, "tool", "x".repeat(100_000)));
        }
        parts.add(new PlacedPart(false, Role.ASSISTANT, new Part.Text("At last.", false), 6, 0));

        assertEquals(
                List.of("PROMPT 0", "RESULT 6", "ERROR 1", "ERROR 2", "ERROR 3", "ERROR 4"),
                RunText.of(new EndedRun(row, null, parts)).stream()
                        .map(passage -> passage.place() + " " + passage.sequence())
                        .toList());
    }

    /** Whoever looks for an image does not mean each run that was sent one. */
    @Test
    void hasTheNamesAndTextsOfWhatIsAttached() {
        assertEquals(
                List.of("PROMPT [video]", "PROMPT [a.pdf]", "PROMPT Pay at once."),
                prompts(
                        "[video]",
                        asked("[video]", false),
                        asked("[image]", true),
                        asked("[a.pdf]", true),
                        asked("Pay at once.", true)));
    }

    @Test
    void hasTheErrorOfTheRunOnce() {
        String error = "{\"code\":\"quota\",\"message\":\"No tokens are left.\"}";

        assertEquals(List.of("7 quota\nNo tokens are left."), errors(error, error(7, "quota", "No tokens are left.")));
        assertEquals(
                List.of("7 tool\nIt timed out.", "0 code: quota message: No tokens are left."),
                errors(error, error(7, "tool", "It timed out.")));
        assertEquals(List.of("0 code: quota message: No tokens are left."), errors(error));
    }
}
