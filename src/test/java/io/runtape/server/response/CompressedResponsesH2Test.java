package io.runtape.server.response;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.RawHead;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses of the history come in gzip to whoever takes it; nothing else does, and the agent API's bytes pass as they came. */
@QuarkusTest
@WithTestResource(H2Resource.class)
class CompressedResponsesH2Test extends RecordedHistory {

    private static final String LINES = "Accept: application/x-ndjson";
    private static final String GZIP = "Accept-Encoding: gzip, deflate, br";
    private static final String EVENTS = "data: {\"text\":\"again and again\"}\n\n".repeat(3000);

    /** Text, as transcripts to read are; and answers that fail while they are written. */
    @Path("/history/v1/test/pages")
    public static class Pages {
        @GET
        @Path("/html")
        @Produces("text/html")
        @Operation(hidden = true)
        public String html() {
            return "<p>ä</p>".repeat(1000);
        }

        @GET
        @Path("/markdown")
        @Produces("text/markdown")
        @Operation(hidden = true)
        public String markdown() {
            return "# ä\n".repeat(1000);
        }

        @GET
        @Path("/broken")
        @Produces("application/json")
        @Operation(hidden = true)
        public Broken broken() {
            return new Broken();
        }
    }

    /** Breaks off when most of it is written. */
    public static final class Broken {
        public String getA() {
            return "a".repeat(70_000);
        }

        public String getB() {
            throw new IllegalStateException("cannot be written");
        }
    }

    private WireResponse get(String target, String... headers) throws Exception {
        List<String> lines = new ArrayList<>(List.of("X-API-Key: " + key, "X-Request-ID: one"));
        lines.addAll(List.of(headers));
        return client().get("/history/v1" + target, lines.toArray(String[]::new));
    }

    private String recorded() throws Exception {
        return record("{\"prompt\":\"Again.\",\"threadId\":\"" + thread + "\"}", Script.stream(EVENTS));
    }

    @Test
    void comesInGzipToWhoTakesIt() throws Exception {
        String run = recorded();
        List<String> targets = List.of(
                "/runs/" + run + "/events?limit=500",
                "/threads/" + thread + "/events?limit=500",
                "/runs/" + run + "/transcript",
                "/threads/" + thread + "/transcript");
        for (String target : targets) {
            byte[] plain = plain(target, "Accept: application/json");
            assertArrayEquals(plain, gunzipped(target, plain.length, "Accept: application/json"), target);
        }
        for (String target : List.of("/runs/" + run + "/events", "/threads/" + thread + "/events")) {
            byte[] plain = plain(target, LINES);
            assertEquals(3000, new String(plain, UTF_8).lines().count());
            assertArrayEquals(plain, gunzipped(target, plain.length, LINES), target);
        }
        for (int i = 0; i < 60; i++) {
            record(
                    "{\"prompt\":\"" + "x".repeat(1000) + "\",\"threadId\":\"" + thread + "\"}",
                    Script.stream("data: 1\n\n"));
        }
        String runs = "/threads/" + thread + "/runs";
        byte[] lines = plain(runs, LINES);
        assertEquals(61, new String(lines, UTF_8).lines().count());
        assertArrayEquals(lines, gunzipped(runs, lines.length, LINES));
        byte[] page = gunzipped("/runs?limit=60", 60_000, "Accept: application/json");
        assertTrue(new String(page, UTF_8).endsWith("}\n"));
    }

    private byte[] plain(String target, String accept) throws Exception {
        try (WireResponse response = get(target, accept)) {
            byte[] body = response.whole();
            assertEquals(200, response.status(), target);
            assertFalse(response.head().has("Content-Encoding"), target);
            assertEquals("Accept, Accept-Encoding", response.header("Vary"), target);
            return body;
        }
    }

    private byte[] gunzipped(String target, int length, String accept) throws Exception {
        try (WireResponse response = get(target, accept, GZIP)) {
            byte[] body = response.whole();
            assertEquals("gzip", response.header("Content-Encoding"), target);
            assertEquals("Accept, Accept-Encoding", response.header("Vary"), target);
            assertTrue(body.length < length / 4, target + " " + body.length + " of " + length);
            return new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"html", "markdown"})
    void textComesInGzipToo(String page) throws Exception {
        byte[] plain;
        try (WireResponse response = get("/test/pages/" + page)) {
            assertFalse(response.head().has("Content-Encoding"));
            plain = response.whole();
        }
        try (WireResponse response = get("/test/pages/" + page, GZIP)) {
            assertEquals("gzip", response.header("Content-Encoding"));
            assertArrayEquals(plain, new GZIPInputStream(new ByteArrayInputStream(response.whole())).readAllBytes());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip;q=0", "identity", "identity;q=0", "br", "*;q=0", ""})
    void comesAsItIsToWhoDoesNot(String accepted) throws Exception {
        String target = "/runs/" + recorded() + "/events";
        for (String accept : List.of("Accept: application/json", LINES)) {
            try (WireResponse response = get(target, accept, "Accept-Encoding: " + accepted)) {
                assertFalse(response.head().has("Content-Encoding"));
                assertEquals("Accept, Accept-Encoding", response.header("Vary"));
                assertTrue(new String(response.whole(), UTF_8).endsWith("}\n"));
            }
        }
    }

    @Test
    void sendsLittleAndErrorsAsTheyAre() throws Exception {
        String run = recorded();
        for (String target : List.of("/runs/" + run, "/runs?agent=none")) {
            try (WireResponse response = get(target, GZIP)) {
                assertFalse(response.head().has("Content-Encoding"), target);
                assertEquals("Accept, Accept-Encoding", response.header("Vary"), target);
                assertEquals(String.valueOf(response.whole().length), response.header("Content-Length"));
            }
        }
        try (WireResponse response = get("/history/nothing" + "x".repeat(2000), GZIP)) {
            assertEquals(404, response.status());
            assertFalse(response.head().has("Content-Encoding"));
        }
        try (WireResponse response = get("/test/pages/broken", GZIP)) {
            assertEquals(500, response.status());
            assertFalse(response.head().has("Content-Encoding"));
            assertTrue(new String(response.whole(), UTF_8).startsWith("{\"type\":\"error\""));
        }
    }

    /** They may be written to a file, which has one form then. */
    @Test
    void compressesLinesAlsoWhereThereAreNone() throws Exception {
        byte[] none = gunzipped("/runs/" + recorded() + "/events?type=none", 100, LINES);

        assertEquals(0, none.length);
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        String run = recorded();
        for (String accept : List.of("Accept: application/json", LINES)) {
            try (WireResponse response = client().sendHead(
                            "HEAD",
                            "/history/v1/runs/" + run + "/events",
                            "X-API-Key: " + key,
                            accept,
                            GZIP,
                            "Connection: close")) {
                RawHead head = response.head();
                assertEquals(200, response.status());
                assertEquals("Accept, Accept-Encoding", head.value("Vary"));
                assertEquals("no-store", head.value("Cache-Control"));
                assertEquals(
                        accept.substring("Accept: ".length()),
                        head.value("Content-Type").split(";")[0]);
                assertTrue(response.isClosed());
            }
        }
    }

    @Test
    void neverCodesEventStreamsAndRecordedBytes() throws Exception {
        String run = recorded();
        for (String target : List.of("/runs/" + run + "/events?verbatim=true", "/runs/" + run + "/replay?speed=max")) {
            try (WireResponse response = get(target, "Accept: text/event-stream", GZIP)) {
                assertFalse(response.head().has("Content-Encoding"), target);
                assertFalse(response.head().has("Vary"), target);
                assertEquals(EVENTS, new String(response.whole(), UTF_8), target);
            }
        }
        String body = "{\"prompt\":\"" + "x".repeat(5000) + "\"}";
        String asked = record(body, Script.stream("data: 1\n\n"));
        try (WireResponse response = get("/runs/" + asked + "/request", GZIP)) {
            assertFalse(response.head().has("Content-Encoding"));
            assertEquals(body, new String(response.whole(), UTF_8));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/run", "/v1/things"})
    void leavesTheAgentApisResponsesAsTheyCame(String target) throws Exception {
        String json = "{\"answer\":\"" + "x".repeat(5000) + "\"}";
        for (boolean coded : List.of(false, true)) {
            byte[] bytes = coded ? gzip(json) : json.getBytes(UTF_8);
            String coding = coded ? "Content-Encoding: gzip" : "X-Coding: none";
            Script script = exchange -> exchange.whole(200, bytes, "Content-Type: application/json", coding);
            try (WireResponse response = client().post(
                            target,
                            "{}",
                            "X-API-Key: " + key,
                            GZIP,
                            upstream.on(script).header())) {
                assertArrayEquals(bytes, response.whole(), target);
                assertEquals(
                        coded ? List.of("gzip") : List.of(), response.head().values("Content-Encoding"), target);
                assertEquals(String.valueOf(bytes.length), response.header("Content-Length"), target);
                assertFalse(response.head().has("Vary"), target);
            }
        }
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(to)) {
            gzip.write(text.getBytes(UTF_8));
        }
        return to.toByteArray();
    }
}
