package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.runtape.sse.FrameKind;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are no stream, and answers that say no. */
abstract class WholeResponseTest extends RunningGateway {

    @Test
    void relaysAndRecordsAJsonResponse() throws Exception {
        String json = "{ \"data\" : {\"result\":\"green\"} }\n";
        Scripted script = upstream.on(Script.json(200, json, "X-Run-ID: up-w1", "X-Thread-ID: w1"));

        WireResponse response = client().post("/v1/run", "{\"stream\":false}", script.header());

        assertEquals(json, new String(response.whole(), UTF_8));
        assertEquals("application/json", response.header("Content-Type"));
        assertEquals(Integer.toString(json.length()), response.header("Content-Length"));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertFalse(run.stream());
        List<FrameRow> frames = table().frames(run.id());
        assertEquals(1, frames.size());
        assertEquals(FrameKind.RESPONSE, frames.get(0).kind());
        assertEquals(json, new String(frames.get(0).bytes(), UTF_8));
    }

    @Test
    void takesTheIdsFromAJsonResponseWithoutHeaders() throws Exception {
        String json = "{\"data\":{\"runId\":\"up-w2\",\"threadId\":\"thread-w2\",\"result\":1}}";
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, "Content-Type: application/json", "Transfer-Encoding: chunked");
            for (int i = 0; i < json.length(); i += 5) {
                exchange.chunk(json.substring(i, Math.min(json.length(), i + 5)));
            }
            exchange.end();
        });

        WireResponse response = client().post("/v1/run", "{\"stream\":false,\"threadId\":\"asked\"}", script.header());

        assertEquals(json, new String(response.whole(), UTF_8));
        assertEquals("thread-w2", response.header("Runtape-Thread-Id"));
        assertEquals("thread-w2", response.header("X-Thread-ID"));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("up-w2", run.upstreamRunId());
        assertEquals("thread-w2", run.threadId());
    }

    @ParameterizedTest
    @CsvSource({
        "400, application/json, {\"error\":{\"code\":\"bad\"}}",
        "401, application/json, {\"error\":1}",
        "404, text/plain, nothing here",
        "418, text/html, <h1>teapot</h1>",
        "429, application/problem+json, {\"title\":\"slow down\"}",
        "500, text/event-stream, 'data: x\n\nda'",
        "502, application/octet-stream, \u0001\u0002",
        "503, application/json, not json"
    })
    void relaysAndRecordsAnErrorOfTheAgentApi(int status, String type, String body) throws Exception {
        byte[] bytes = body.getBytes(UTF_8);
        Scripted script = upstream.on(
                Script.whole(status, bytes, "Content-Type: " + type, "Retry-After: 7", "WWW-Authenticate: Bearer"));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(status, response.status());
        assertArrayEquals(bytes, response.whole());
        assertEquals(type, response.header("Content-Type"));
        assertEquals("7", response.header("Retry-After"));
        assertEquals("Bearer", response.header("WWW-Authenticate"));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_error", run.outcome());
        assertEquals(status, run.upstreamStatus());
        assertArrayEquals(bytes, table().bytes(run.id()));
    }

    @Test
    void relaysAnErrorWithoutABody() throws Exception {
        Scripted script = upstream.on(Script.whole(500, new byte[0]));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(500, response.status());
        assertEquals(0, response.whole().length);
        assertFalse(response.head().has("Content-Type"));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_error", run.outcome());
        assertEquals(0, run.frames());
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void relaysAResponseThatHasNoBody(int status) throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(status, "ETag: \"1\"");
            exchange.isWhole();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(status, response.status());
        assertEquals(0, response.whole().length);
        assertEquals("\"1\"", response.header("ETag"));
        assertFalse(response.head().has("Transfer-Encoding"), response.head().toString());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals(status == 204 ? "completed" : "failed/upstream_error", run.outcome());
    }

    @Test
    void followsNoRedirect() throws Exception {
        Scripted script = upstream.on(Script.whole(307, new byte[0], "Location: /v1/elsewhere"));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(307, response.status());
        assertEquals("/v1/elsewhere", response.header("Location"));
        response.whole();
        assertEquals(
                "failed/upstream_error",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void relaysAStreamOfKnownLength() throws Exception {
        String stream = "data: 1\n\ndata: 2\n\n";
        Scripted script = upstream.on(Script.whole(200, stream.getBytes(UTF_8), "Content-Type: text/event-stream"));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(stream, new String(response.whole(), UTF_8));
        assertEquals(Integer.toString(stream.length()), response.header("Content-Length"));
        assertEquals(2, table().ended(response.header("Runtape-Run-Id")).events());
    }

    @Test
    void relaysAStreamThatEndsWithItsConnection() throws Exception {
        Scripted script =
                upstream.on(exchange -> exchange.head(200, "Content-Type: text/event-stream", "Connection: close")
                        .raw("data: 1\n\n".getBytes(UTF_8)));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals("data: 1\n\n", new String(response.whole(), UTF_8));
        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void relaysCompressedBytesAsTheyAre() throws Exception {
        byte[] compressed = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        Scripted script =
                upstream.on(Script.whole(200, compressed, "Content-Type: application/json", "Content-Encoding: gzip"));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertArrayEquals(compressed, response.whole());
        assertEquals("gzip", response.header("Content-Encoding"));
        assertArrayEquals(compressed, table().bytes(response.header("Runtape-Run-Id")));
    }

    @Test
    void marksAResponseWithoutATypeAsNoStream() throws Exception {
        Scripted script = upstream.on(Script.whole(200, "data: 1\n\n".getBytes(UTF_8)));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals("data: 1\n\n", new String(response.whole(), UTF_8));
        assertFalse(response.head().has("Content-Type"));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertFalse(run.stream());
        assertNull(run.error());
        assertEquals(FrameKind.RESPONSE, table().frames(run.id()).get(0).kind());
    }
}
