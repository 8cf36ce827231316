package io.runtape.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.error.ApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayPlaceTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "1|1|false",
                "4294967303|4294967303|false",
                "+90s|90000000|true",
                " 90s|90000000|true",
                "90s|90000000|true",
                "+1.5m|90000000|true",
                "+250ms|250000|true",
                "0.0005ms|0|true",
                "+2h|7200000000|true",
                "999999999h|3599999996400000000|true"
            })
    void readsSequencesAndTimes(String value, long number, boolean isTime) {
        assertEquals(new ReplayPlace(number, isTime), ReplayPlace.read("from", value));
    }

    @Test
    void needsNoPlace() {
        assertNull(ReplayPlace.read("from", null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "-1",
                "+1",
                "1.5",
                "x",
                "-90s",
                "s",
                "+90 s",
                "1e3s",
                "99999999999999999999",
                "1d",
                "\u0661"
            })
    void refusesWhatIsNeither(String value) {
        String message = assertThrows(ApiException.class, () -> ReplayPlace.read("to", value))
                .getMessage();
        assertTrue(message.contains("The parameter to must be a sequence from 1 on, or a time"), message);
    }
}
