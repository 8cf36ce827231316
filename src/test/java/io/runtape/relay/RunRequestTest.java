package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.runtape.error.ApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunRequestTest {

    private static RunRequest asked(String body) {
        return RunRequest.of(body.getBytes(UTF_8));
    }

    /** A body that is read as long ones are. */
    private static RunRequest askedLong(String body) {
        return asked("{\"pad\":[\"" + "x".repeat(100_000) + "\"]," + body.substring(1));
    }

    @Test
    void keepsTheMembersThatTheRowHas() {
        String body =
                "{\"agent\":\"a\",\"other\":{\"agent\":\"no\"},\"threadId\":\"thr_1\",\"stream\":false,\"prompt\":\"p\","
                        + "\"metadata\":{ \"a\" : [1, {}] },\"config\":{\"b\":null}}";
        RunRequest expected =
                new RunRequest("a", null, "thr_1", null, false, null, "p", "{\"a\":[1,{}]}", "{\"b\":null}");

        assertEquals(expected, asked(body));
        assertEquals(expected, askedLong(body));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|false|true|false",
                "{\"stream\":null}|false|true|false",
                "{\"stream\":\"false\"}|false|true|false",
                "{\"stream\":{\"stream\":true}}|false|true|false",
                "{\"stream\":false}|false|false|false",
                "{\"stream\":true}|true|true|true",
                "{\"stream\":false,\"stream\":true}|true|true|true"
            })
    void onlyTrueAsksForAStream(String body, boolean asks, boolean whereUnsaidStreams, boolean whereUnsaidDoesNot) {
        assertEquals(asks, asked(body).asksForStream());
        assertEquals(whereUnsaidStreams, asked(body).expectsStream(true));
        assertEquals(whereUnsaidDoesNot, asked(body).expectsStream(false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[{\"role\":\"user\",\"content\":\"a\"},{\"content\":\"b\",\"role\":\"user\"}]|b",
                "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},7,[]]|a",
                "[{\"role\":\"user\",\"content\":[{\"text\":\"a\"},{\"x\":{}},\"y\",{\"text\":\"b\"}]}]|`a\ny\nb`",
                "[{\"role\":\"user\",\"content\":[\"Hello\",{\"text\":\"\"},\"there\"]}]|`Hello\nthere`",
                "[{\"role\":\"user\",\"parts\":{\"type\":\"text\",\"text\":\"a\"}}]|",
                "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"a\"}],\"content\":{\"z\":1}}]|a",
                "[{\"role\":\"user\",\"content\":[],\"parts\":[{\"text\":\"a\"}]}]|",
                "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\"}]|",
                "{\"0\":{\"role\":\"user\",\"content\":\"a\"}}|a",
                "\"text\"|",
                "[]|"
            })
    void theLastMessageOfTheUserIsThePrompt(String messages, String prompt) {
        assertEquals(prompt, asked("{\"messages\":" + messages + "}").prompt());
        assertEquals(prompt, askedLong("{\"messages\":" + messages + "}").prompt());
    }

    /** LangGraph's SDK goes on from an interrupt so. */
    @Test
    void whatAPersonAnswersIsThePrompt() {
        assertEquals(
                "Yes.",
                asked("{\"input\":null,\"command\":{\"goto\":[\"b\"],\"resume\":\"Yes.\"}}")
                        .prompt());
        assertNull(asked("{\"command\":{\"resume\":{\"type\":\"accept\"}}}").prompt());
        assertEquals("a", asked("{\"prompt\":\"a\",\"command\":\"b\"}").prompt());
    }

    @Test
    void ofMembersThatComeTwiceTheLastCounts() {
        assertNull(asked("{\"prompt\":\"a\",\"prompt\":[\"b\"]}").prompt());
        assertEquals("b", asked("{\"prompt\":{},\"prompt\":\"b\"}").prompt());
    }

    @Test
    void numbersKeepTheirText() {
        String metadata = "{\"a\":1e999999999,\"b\":0.1234567890123456789012345678901234567890,\"c\":1.50,\"d\":-0}";

        assertEquals(metadata, asked("{\"metadata\":" + metadata + "}").metadata());
        assertEquals(metadata, askedLong("{\"metadata\":" + metadata + "}").metadata());
    }

    @Test
    void aLongPromptIsCutAndLongMetadataIsLeftOut() {
        RunRequest asked = asked("{\"prompt\":\"" + "é".repeat(2 << 20) + "\",\"metadata\":{\"a\":\""
                + "x".repeat(300_000) + "\"},\"agent\":\"still read\"}");

        assertEquals("é".repeat(1 << 20), asked.prompt());
        assertEquals("{}", asked.metadata());
        assertEquals("still read", asked.agent());
    }

    @Test
    void noCharacterIsCutInHalf() {
        String prompt = "x" + "\uD83D\uDE00".repeat(600_000);

        assertEquals(
                prompt.substring(0, (1 << 20) - 1),
                asked("{\"prompt\":\"" + prompt + "\"}").prompt());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,}",
                "{\"a\":1",
                "{\"a\":1}}",
                "{\"messages\":[{\"role\":}]}",
                "{\"metadata\":{\"a\":01}}"
            })
    void whatIsNoJsonIsRefused(String body) {
        assertThrows(ApiException.class, () -> asked(body));
        assertThrows(ApiException.class, () -> askedLong(body));
    }

    @Test
    void whatNestsTooDeepIsLeftUnread() {
        RunRequest asked = asked("{\"agent\":\"a\",\"x\":" + "[".repeat(2000) + "]".repeat(2000) + "}");

        assertNull(asked.agent());
    }
}
