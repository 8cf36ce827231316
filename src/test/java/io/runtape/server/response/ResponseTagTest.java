package io.runtape.server.response;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110, sections 8.8.3 and 13.1.2. */
class ResponseTagTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "W/\"a-b_1\" | true",
                "\"a-b_1\" | true",
                "* | true",
                "\"x\", W/\"a-b_1\" | true",
                "\"x,y\" ,\"a-b_1\",, | true",
                "\"x\", W/\"y\" | false",
                "a-b_1 | false",
                "w/\"a-b_1\" | false",
                "\"*\" | false",
                "W/\"A-B_1\" | false",
                "\"a-b_1 | false",
                "`` | false"
            })
    void comparesWeakly(String ifNoneMatch, boolean known) {
        assertEquals(known, new ResponseTag("a-b_1").isAmong(List.of(ifNoneMatch)), ifNoneMatch);
    }

    @Test
    void looksAtAllHeaders() {
        assertTrue(new ResponseTag("b").isAmong(List.of("\"a\"", "\"b\"")));
        assertEquals(false, new ResponseTag("b").isAmong(List.of()));
    }

    @Test
    void differsWithVersionFormAndState() {
        ResponseTags tags = new ResponseTags("1");

        assertEquals(tags.of("s", "f"), new ResponseTags("1").of("s", "f"));
        assertNotEquals(tags.of("s", "f"), new ResponseTags("2").of("s", "f"));
        assertNotEquals(tags.of("s", "f"), tags.of("s", "g"));
        assertNotEquals(tags.of("s", "f"), tags.of("t", "f"));
        assertTrue(tags.of("s", "f").header().matches("W/\"[0-9a-f]{36}\""));
    }
}
