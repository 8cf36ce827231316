package io.runtape.server.response;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who has a response of a run that has ended is told so; one that may still change is always sent. */
abstract class EntityTagTest extends RecordedHistory {

    private static final Script ENDED = Script.stream(
            "event: run_completed\ndata: {\"result\":\"" + "All green. ".repeat(200) + "\",\"usage\":{}}\n\n");

    private static List<String> targetsOf(String run) {
        return List.of("/runs/" + run, "/runs/" + run + "/transcript");
    }

    private String tag(String target) {
        return history().get(target).then().statusCode(200).extract().header("ETag");
    }

    private int status(String target, String ifNoneMatch) {
        return history().header("If-None-Match", ifNoneMatch).get(target).statusCode();
    }

    @Test
    void saysNothingNewToWhoHasTheResponse() throws Exception {
        String run = record("{\"prompt\":\"Go.\"}", ENDED);
        for (String target : targetsOf(run)) {
            String tag = tag(target);
            assertTrue(tag.matches("W/\"[0-9a-f]{36}\""), tag);
            assertEquals("private, no-cache", history().get(target).header("Cache-Control"));
            for (String known : List.of(tag, tag.substring(2), "*", "\"other\", " + tag)) {
                assertEquals(304, status(target, known), known);
            }
            for (String other : List.of("\"other\"", "", "W/", "\"", tag.replace("\"", ""))) {
                assertEquals(200, status(target, other), other);
            }
        }
    }

    @Test
    void sendsA304WithoutABody() throws Exception {
        String run = record("{\"prompt\":\"Go.\"}", ENDED);
        for (String target : targetsOf(run)) {
            String tag = tag(target);
            for (String method : List.of("GET", "HEAD")) {
                try (WireResponse response = client().sendHead(
                                method,
                                "/history/v1" + target,
                                "X-API-Key: " + key,
                                "Accept-Encoding: gzip",
                                "If-None-Match: " + tag,
                                "Connection: close")) {
                    assertEquals(304, response.status());
                    assertEquals(tag, response.header("ETag"));
                    assertEquals("private, no-cache", response.header("Cache-Control"));
                    assertEquals("Accept, Accept-Encoding", response.header("Vary"));
                    assertTrue(response.header("X-Request-ID").startsWith("req_"));
                    for (String absent : List.of("Content-Type", "Content-Encoding", "Transfer-Encoding")) {
                        assertFalse(response.head().has(absent), absent);
                    }
                    assertTrue(response.isClosed());
                }
            }
        }
    }

    @Test
    void hasATagForEachResponse() throws Exception {
        String first = record("{\"prompt\":\"Go.\"}", ENDED);
        String second = record("{\"prompt\":\"Go.\"}", ENDED);

        Set<String> tags = new HashSet<>();
        for (String run : List.of(first, second)) {
            for (String target : targetsOf(run)) {
                assertTrue(tags.add(tag(target)), target);
                assertEquals(tag(target), history().head(target).header("ETag"));
            }
        }
    }

    /** RFC 9110, section 8.8.3.3: a strong one would have to differ. */
    @Test
    void hasOneWeakTagForBothCodings() throws Exception {
        String run = record("{\"prompt\":\"Go.\"}", ENDED);
        for (String target : targetsOf(run)) {
            try (WireResponse plain = client().get("/history/v1" + target, "X-API-Key: " + key);
                    WireResponse coded =
                            client().get("/history/v1" + target, "X-API-Key: " + key, "Accept-Encoding: gzip")) {
                assertFalse(plain.head().has("Content-Encoding"));
                assertEquals("gzip", coded.header("Content-Encoding"));
                assertTrue(plain.header("ETag").startsWith("W/"));
                assertEquals(plain.header("ETag"), coded.header("ETag"));
                assertTrue(new String(plain.whole(), UTF_8).endsWith("}\n"));
            }
        }
    }

    @Test
    void sendsWhatMayStillChange() throws Exception {
        try (LiveRun live = begin("{\"threadId\":\"" + thread + "\"}", "data: 1\n\n")) {
            for (String target : targetsOf(live.id())) {
                assertNull(tag(target));
                assertEquals("no-store", history().get(target).header("Cache-Control"));
                assertEquals(200, status(target, "*"));
            }
            live.finish();
            for (String target : targetsOf(live.id())) {
                assertEquals(304, status(target, tag(target)));
            }
        }
        for (String target : List.of("/threads/" + thread, "/threads/" + thread + "/transcript", "/runs")) {
            assertNull(tag(target));
            assertEquals(200, status(target, "*"));
        }
    }

    @Test
    void asksFirstWhoseItIs() throws Exception {
        String run = record("{\"prompt\":\"Go.\"}", ENDED);
        for (String target : targetsOf(run)) {
            String tag = tag(target);
            for (String known : List.of(tag, "*")) {
                refused(
                        historyOf("rt_other_" + UUID.randomUUID())
                                .header("If-None-Match", known)
                                .get(target)
                                .then(),
                        404,
                        "not_found");
                refused(historyOf("").header("If-None-Match", known).get(target).then(), 401, "unauthorized");
            }
        }
        List<String> tags = targetsOf(run).stream().map(this::tag).toList();
        history().delete("/runs/" + run).then().statusCode(204);
        for (int i = 0; i < tags.size(); i++) {
            assertEquals(404, status(targetsOf(run).get(i), tags.get(i)));
        }
    }

    /** An id of the agent API's names the newest run that has it. */
    @Test
    void followsAnIdThatNamesAnotherRun() throws Exception {
        String upstreamId = "up-" + UUID.randomUUID();
        Script named = exchange -> exchange.streamHead("X-Run-ID: " + upstreamId)
                .chunk("data: x\n\n")
                .end();
        record("{}", named);
        String tag = tag("/runs/" + upstreamId);
        assertEquals(304, status("/runs/" + upstreamId, tag));

        record("{}", named);

        assertEquals(200, status("/runs/" + upstreamId, tag));
        assertNotEquals(tag, tag("/runs/" + upstreamId));
    }
}
