package io.runtape.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {

    @Test
    void givesItsPositionBack() {
        Instant time = Instant.parse("2026-01-02T03:04:05.678901Z");

        Cursor read = Cursor.read(Cursor.write("runs", time, 42L, "thr_a:b"), "runs", 3);

        assertEquals(time, read.time(0));
        assertEquals(42, read.number(1));
        assertEquals("thr_a:b", read.text(2));
    }

    @Test
    void fitsInAUrl() {
        String word = Cursor.write("events asc run_1", Long.MAX_VALUE);

        assertTrue(word.matches("[A-Za-z0-9_-]+"), word);
    }

    @Test
    void refusesTheCursorOfAnotherListing() {
        String word = Cursor.write("runs", 1L);

        refused(() -> Cursor.read(word, "threads", 1));
        refused(() -> Cursor.read(word, "runs", 2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "!", "abc", "MQ", "%00", "MQpydW5zCg==\n"})
    void refusesWhatIsNone(String word) {
        refused(() -> Cursor.read(word, "runs", 1).number(0));
    }

    @Test
    void refusesWhatNoDatabaseCanBeAskedFor() {
        refused(() -> Cursor.read(word("1\nruns\n" + Long.MAX_VALUE), "runs", 1).time(0));
        refused(() -> Cursor.read(word("1\nruns\nx"), "runs", 1).number(0));
        refused(() -> Cursor.read(word("1\nthreads\n1\na\0b"), "threads", 2).text(1));
        refused(() -> Cursor.read(word("2\nruns\n1"), "runs", 1));
    }

    private static String word(String payload) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(payload.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(org.junit.jupiter.api.function.Executable reading) {
        ApiException refusal = assertThrows(ApiException.class, reading);
        assertEquals(ErrorCode.INVALID_REQUEST, refusal.code());
        assertTrue(refusal.message().startsWith("cursor "), refusal.message());
    }
}
