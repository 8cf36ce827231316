package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** Responses that are no event stream, and come piece by piece. */
abstract class TricklingResponseTest extends RecordedHistory {

    private static final String[] PIECES = {
        " ",
        "\n",
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,",
        "\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"gr",
        "een\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}"
    };

    /** Sends each piece when the client has the one before it, and ends when the client has all. */
    private static Script piecewise(Semaphore had, String... pieces) {
        return exchange -> {
            exchange.head(200, "Content-Type: application/json", "Transfer-Encoding: chunked");
            for (String piece : pieces) {
                had.acquire();
                exchange.chunk(piece);
            }
            had.acquire();
            exchange.end();
        };
    }

    private WireResponse trickled(String path, String... pieces) throws Exception {
        Semaphore had = new Semaphore(0);
        Scripted script = upstream.on(piecewise(had, pieces));
        WireResponse response = client().post(path, "{}", script.header(), "X-API-Key: " + key);
        response.head();
        String expected = "";
        for (String piece : pieces) {
            had.release();
            expected += piece;
            assertEquals(expected, new String(response.readUpTo(expected.length()), UTF_8));
        }
        had.release();
        response.whole();
        return response;
    }

    @Test
    void reachesTheClientAsItComes() throws Exception {
        WireResponse response = trickled("/v1/recorded", PIECES);

        String id = response.header("Runtape-Run-Id");
        RunRow run = table().ended(id);
        assertEquals("completed", run.outcome());
        List<FrameRow> frames = table().frames(id);
        assertEquals(PIECES.length + 1, frames.size());
        FrameRow last = frames.get(PIECES.length);
        assertEquals(FrameKind.RESPONSE, last.kind());
        assertEquals(PIECES.length, last.parts());
        assertTrue(frames.subList(0, PIECES.length).stream().allMatch(f -> f.kind() == FrameKind.PART));
        assertEquals(String.join("", PIECES), new String(table().bytes(id), UTF_8));
    }

    @Test
    void isReadAsAWhole() throws Exception {
        WireResponse response = trickled("/v1/recorded", PIECES);
        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);
        String body = String.join("", PIECES);

        Json run = json("/runs/" + id);
        Json events = json("/runs/" + id + "/events?include=raw");
        Json transcript = json("/runs/" + id + "/transcript");
        WireResponse verbatim = client().get(
                        "/history/v1/runs/" + id + "/events?verbatim=true",
                        "Accept: text/event-stream",
                        "X-API-Key: " + key);
        WireResponse tail =
                client().get("/history/v1/runs/" + id + "/events", "Accept: text/event-stream", "X-API-Key: " + key);
        WireResponse replay = client().get("/history/v1/runs/" + id + "/replay?speed=max", "X-API-Key: " + key);

        assertEquals("green", run.getString("data.result"));
        assertEquals("stop", run.getString("data.finishReason"));
        assertEquals(3, run.getInt("data.usage.inputTokens"));
        assertEquals(body.length(), run.getInt("data.byteCount"));
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        events.<String>getList("data.raw")
                .forEach(bytes -> raw.writeBytes(Base64.getDecoder().decode(bytes)));
        assertEquals(body, raw.toString(UTF_8));
        assertEquals(List.of("part", "part", "part", "part", "part", "response"), events.getList("data.kind"));
        assertEquals(body, events.getString("data[5].data"));
        assertEquals(0, events.getInt("data[5].bytes"));
        assertNull(events.getString("data[0].data"));
        assertEquals("green", transcript.getString("data.messages[-1].parts[0].text"));
        assertEquals(body, new String(verbatim.whole(), UTF_8));
        assertEquals(body, new String(replay.whole(), UTF_8));
        assertTrue(new String(tail.whole(), UTF_8).startsWith("event: runtape.end\nid: 6\n"), tail.text());
    }

    @Test
    void isRepeatedAsItCame() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, "Content-Type: application/json", "Transfer-Encoding: chunked");
            for (String piece : PIECES) {
                exchange.chunk(piece);
            }
            exchange.end();
        });
        String[] headers = {script.header(), "X-API-Key: " + key, "Idempotency-Key: trickled"};

        WireResponse first = client().post("/v1/recorded", "{}", headers);
        String body = new String(first.whole(), UTF_8);
        WireResponse repeat = client().post("/v1/recorded", "{}", headers);

        assertEquals(String.join("", PIECES), body);
        assertEquals(body, new String(repeat.whole(), UTF_8));
        assertEquals("true", repeat.header("Idempotent-Replayed"));
    }

    @Test
    void waitsForItsIdsWhereTheDialectHasThemInTheBody() throws Exception {
        String named = "{\"data\":{\"runId\":\"up-1\",\"threadId\":\"thread-of-body\",";
        String rest = "\"result\":\"green\"}}";
        Semaphore had = new Semaphore(2);
        Scripted script = upstream.on(piecewise(had, "  " + named.substring(0, 20), named.substring(20), rest));

        WireResponse response = client().post("/v1/run", "{}", script.header(), "X-API-Key: " + key);

        assertEquals("thread-of-body", response.header("Runtape-Thread-Id"));
        assertEquals("  " + named, new String(response.readUpTo(named.length() + 2), UTF_8));
        had.release(2);
        assertEquals("  " + named + rest, new String(response.whole(), UTF_8));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("up-1", run.upstreamRunId());
    }

    @Test
    void waitsForItsIdsNoLongerThanSixtyFourKibibytes() throws Exception {
        String much = " ".repeat((64 << 10) + 1);
        String rest = "{\"data\":{\"runId\":\"up-1\",\"threadId\":\"thread-of-body\"}}";
        Semaphore had = new Semaphore(1);
        Scripted script = upstream.on(piecewise(had, much, rest));

        WireResponse response =
                client().post("/v1/run", "{\"threadId\":\"asked\"}", script.header(), "X-API-Key: " + key);

        assertEquals("asked", response.header("Runtape-Thread-Id"));
        assertEquals(much, new String(response.readUpTo(much.length()), UTF_8));
        had.release(2);
        assertEquals(much + rest, new String(response.whole(), UTF_8));
        assertNull(table().ended(response.header("Runtape-Run-Id")).upstreamRunId());
    }
}
