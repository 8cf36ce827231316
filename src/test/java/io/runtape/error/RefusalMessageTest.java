package io.runtape.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.DayOfWeek;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalMessageTest {
    record Step(String name) {}

    record Change(boolean archived, int limit, List<Step> steps, DayOfWeek day) {}

    @Test
    void namesTheFieldAndWhatBelongsThere() {
        assertEquals("The field archived of the body must be true or false.", refusal("{\"archived\":\"sk-1\"}"));
        assertEquals("The field limit of the body must be a number.", refusal("{\"limit\":{}}"));
        assertEquals("The field steps of the body must be an array.", refusal("{\"steps\":{}}"));
        assertEquals(
                "The field steps[1].name of the body must be a string.", refusal("{\"steps\":[{},{\"name\":[]}]}"));
        assertEquals("The field day of the body must be of another form.", refusal("{\"day\":\"sk-1\"}"));
        assertEquals("The body must be an object.", refusal("[]"));
    }

    @Test
    void namesThePlaceWhereJsonBreaks() {
        assertEquals("The body is not valid JSON at line 2, column 2.", refusal("{\n x"));
    }

    @Test
    void shortensALongPath() {
        assertTrue(RefusalMessage.noSuchPath("/" + "a".repeat(5_000)).length() < 300);
    }

    @Test
    void namesTheMethodsThatThereAre() {
        assertEquals(
                "The method PUT is not allowed at /x. Allowed: GET, HEAD.",
                RefusalMessage.methodNotAllowed("PUT", "/x", List.of("GET", "HEAD")));
        assertEquals("The method PUT is not allowed at /x.", RefusalMessage.methodNotAllowed("PUT", "/x", List.of()));
    }

    private static String refusal(String body) {
        ObjectMapper mapper = new ObjectMapper();
        return RefusalMessage.badJson(
                assertThrows(JsonProcessingException.class, () -> mapper.readValue(body, Change.class)));
    }
}
