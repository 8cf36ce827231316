package io.runtape.history.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import jakarta.ws.rs.WebApplicationException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadChangeTest {

    private static ThreadChange read(String body) {
        return ThreadChange.read(body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void tellsANullTitleFromNone() throws Exception {
        assertEquals(new ThreadChange(true, null, null), read("{\"title\":null}"));
        assertEquals(new ThreadChange(false, null, true), read("{\"archived\":true}"));
        assertEquals(new ThreadChange(true, "a", false), read("{\"title\":\"a\",\"archived\":false}"));
        assertEquals(new ThreadChange(false, null, null), read("{}"));
    }

    @Test
    void countsCharactersAsPeopleDo() throws Exception {
        String longest = "\uD83D\uDE00".repeat(500);

        assertEquals(longest, read("{\"title\":\"" + longest + "\"}").title());
        assertRefused("{\"title\":\"" + "a".repeat(501) + "\"}", ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"title\"",
                "{\"title\":1}",
                "{\"title\":{}}",
                "{\"title\":\"\\u0000\"}",
                "{\"title\":\"\\uD800\"}",
                "{\"archived\":null}",
                "{\"archived\":\"true\"}",
                "{\"archived\":1}",
                "{\"agent\":\"x\"}",
                "{\"title\":\"x\",\"id\":\"y\"}"
            })
    void refusesWhatCannotBeChanged(String body) {
        assertRefused(body, ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"title\":\"x\"} {}", "{\"title\":\"x\",\"title\":\"y\"}", "{title:1}"})
    void refusesWhatIsNoJson(String body) {
        WebApplicationException refusal = assertThrows(WebApplicationException.class, () -> read(body));
        assertEquals(400, refusal.getResponse().getStatus());
    }

    private static void assertRefused(String body, ErrorCode code) {
        assertEquals(code, assertThrows(ApiException.class, () -> read(body)).code());
    }
}
