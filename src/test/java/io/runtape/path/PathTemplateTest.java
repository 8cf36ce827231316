package io.runtape.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which paths a template matches, and what they say. */
class PathTemplateTest {

    private static PathTemplate template(String text) {
        return PathTemplate.of(text).orElseThrow();
    }

    @Test
    void readsTheNamesInBraces() {
        assertEquals(
                Optional.of(Map.of("threadId", "t 1", "runId", "r+2")),
                template("/threads/{threadId}/runs/{runId}/stream").match("/threads/t%201/runs/r+2/stream"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemini-2.5:streamGenerateContent", "gemini-2.5%3AstreamGenerateContent"})
    void readsAPartOfASegment(String segment) {
        assertEquals(
                Optional.of(Map.of("model", "gemini-2.5")),
                template("/v1beta/models/{model}:streamGenerateContent").match("/v1beta/models/" + segment));
    }

    @Test
    void readsSeveralSegments() {
        PathTemplate template = template("/agents/{+path}/run");

        assertEquals(Optional.of(Map.of("path", "a/b/c")), template.match("/agents/a/b/c/run"));
        assertEquals(Optional.empty(), template.match("/agents/run"));
        assertEquals("/agents/a/b/c/run", template.filled("/AGENTS/a/b/c/RUN/"));
    }

    @Test
    void matchesInAnyCaseAndWithASlashAtTheEnd() {
        assertTrue(template("/api/chat").match("/API/chat/").isPresent());
        assertTrue(template("/a.b").match("/aXb").isEmpty());
        assertTrue(template("/").match("/").isPresent());
        assertTrue(template("/").match("/x").isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "v1/run",
        "/v1//run",
        "/v1/run/",
        "/v1/{Agent}",
        "/{a}{b}",
        "/{+a}b",
        "/x/../y",
        "/{a}/{a}",
        "''",
        "/a b",
        "/a%20b"
    })
    void refusesWhatIsNoTemplate(String text) {
        assertTrue(PathTemplate.of(text).isEmpty());
    }
}
