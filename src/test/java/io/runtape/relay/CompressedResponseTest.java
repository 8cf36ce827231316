package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.run.FrameReader;
import io.runtape.run.RunTotals;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Responses that an agent API compresses unasked. */
abstract class CompressedResponseTest extends RecordedHistory {

    private static final String GZIP = "Content-Encoding: gzip";

    private static final String[] EVENTS = {
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"delta\":{\"role\":\"assistant\",\"content\":\"gr\"}}]}\n\n",
        ": beat\n\ndata: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":["
                + "{\"index\":0,\"delta\":{\"content\":\"een\"}}]}\n\n",
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
    };

    @Inject
    FrameReader reader;

    /** The pieces compressed as one body, each flushed, so that it can be read when it has come. */
    private static List<byte[]> gzipped(String... pieces) throws IOException {
        List<byte[]> all = new ArrayList<>();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(wire, 512, true)) {
            for (String piece : pieces) {
                gzip.write(piece.getBytes(UTF_8));
                gzip.flush();
                all.add(wire.toByteArray());
                wire.reset();
            }
        }
        all.add(wire.toByteArray());
        return all;
    }

    private static byte[] joined(List<byte[]> pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        pieces.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Sends each piece when a permit is there for it. */
    private static Script piecewise(Semaphore permits, List<byte[]> pieces, String type) {
        return exchange -> {
            exchange.head(200, "Content-Type: " + type, GZIP, "Transfer-Encoding: chunked");
            for (byte[] piece : pieces) {
                permits.acquire();
                exchange.chunk(piece);
            }
            exchange.end();
        };
    }

    private WireResponse post(Script script, String... headerLines) throws Exception {
        List<String> lines = new ArrayList<>(Arrays.asList(headerLines));
        lines.add(upstream.on(script).header());
        lines.add("X-API-Key: " + key);
        return client().post("/v1/recorded", "{\"stream\":true}", lines.toArray(String[]::new));
    }

    private static Script atOnce(List<byte[]> pieces, String type) {
        return piecewise(new Semaphore(Integer.MAX_VALUE / 2), pieces, type);
    }

    private WireResponse read(String target, String... headerLines) throws Exception {
        List<String> lines = new ArrayList<>(Arrays.asList(headerLines));
        lines.add("X-API-Key: " + key);
        return client().get("/history/v1/runs/" + target, lines.toArray(String[]::new));
    }

    private static List<FrameRow> ofKind(List<FrameRow> frames, FrameKind kind) {
        return frames.stream().filter(frame -> frame.kind() == kind).toList();
    }

    private static byte[] bytesOf(List<FrameRow> frames) {
        return joined(frames.stream().map(FrameRow::bytes).toList());
    }

    private String tailOf(String id) throws Exception {
        return new String(read(id + "/events", "Accept: text/event-stream").whole(), UTF_8);
    }

    @Test
    void reachesTheClientAsItComesAndReadersDecoded() throws Exception {
        List<byte[]> wire = gzipped(EVENTS);
        Semaphore permits = new Semaphore(0);
        WireResponse response = post(piecewise(permits, wire, "text/event-stream"));
        assertEquals("gzip", response.header("Content-Encoding"));
        String id = response.header("Runtape-Run-Id");
        WireResponse tail = read(id + "/events", "Accept: text/event-stream");
        int had = 0;
        for (int i = 0; i < wire.size(); i++) {
            permits.release();
            had += wire.get(i).length;
            response.readUpTo(had);
            while (i < EVENTS.length
                    && !tail.text().contains(EVENTS[i].strip().lines().toList().get(0))) {
                assertTrue(tail.readMore(), tail.text());
            }
        }

        assertArrayEquals(joined(wire), response.whole());
        RunRow run = table().ended(id);
        assertEquals("completed", run.outcome());
        assertEquals(4, run.events());
        List<FrameRow> frames = table().frames(id);
        assertArrayEquals(joined(wire), bytesOf(ofKind(frames, FrameKind.ENCODED)));
        assertEquals(FrameKind.ENCODED, frames.get(0).kind());
        assertEquals(
                String.join("", EVENTS),
                new String(
                        bytesOf(frames.stream()
                                .filter(f -> f.kind() != FrameKind.ENCODED)
                                .toList()),
                        UTF_8));
        tail.whole();
        String withoutIds = tail.text().replaceAll("id: [0-9]+\n", "");
        assertTrue(withoutIds.startsWith(String.join("", EVENTS) + "event: runtape.end\n"), withoutIds);
    }

    @Test
    void isReadInItsDialect() throws Exception {
        List<byte[]> wire = gzipped(EVENTS);
        WireResponse response = post(atOnce(wire, "text/event-stream"));
        assertArrayEquals(joined(wire), response.whole());
        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);
        RunRow row = table().run(id);

        Json run = json("/runs/" + id);
        Json events = json("/runs/" + id + "/events?kind=event");
        RunTotals counted = reader.totals(row.pk());
        Json transcript = json("/runs/" + id + "/transcript");

        assertEquals("green", run.getString("data.result"));
        assertEquals("stop", run.getString("data.finishReason"));
        assertEquals(joined(wire).length, run.getInt("data.byteCount"));
        assertEquals(
                new RunTotals(row.frames(), row.events(), joined(wire).length, counted.firstOffsetMicros(), true),
                counted);
        assertEquals("[DONE]", events.getString("data[3].data"));
        assertEquals("green", transcript.getString("data.messages[-1].parts[0].text"));
        String decoded = String.join("", EVENTS);
        assertEquals(decoded, new String(read(id + "/replay?speed=max").whole(), UTF_8));
        WireResponse verbatim = read(id + "/events?verbatim=true", "Accept: text/event-stream");
        assertEquals(decoded, new String(verbatim.whole(), UTF_8));
        // The run's digest is that of the compressed bytes.
        assertFalse(verbatim.head().has("Repr-Digest"));
        Json encoded = json("/runs/" + id + "/events?kind=encoded&include=raw");
        assertEquals("encoded", encoded.getString("data[0].kind"));
        assertEquals(null, encoded.getString("data[0].data"));
    }

    @Test
    void isReadInItsDialectIfItIsNoStream() throws Exception {
        String json = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"green\"}}]}";
        List<byte[]> wire = gzipped(json.substring(0, 50), json.substring(50));

        WireResponse response = post(atOnce(wire, "application/json"));

        assertArrayEquals(joined(wire), response.whole());
        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);
        assertEquals("green", json("/runs/" + id).getString("data.result"));
        Json events = json("/runs/" + id + "/events?kind=response");
        assertEquals(json, events.getString("data[0].data"));
    }

    @Test
    void namesItsRunInTheDecodedBody() throws Exception {
        String json = "{\"data\":{\"runId\":\"up-1\",\"threadId\":\"thread-of-body\",\"result\":\"green\"}}";
        List<byte[]> wire = gzipped(json);
        Scripted script = upstream.on(atOnce(wire, "application/json"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), "X-API-Key: " + key);

        assertArrayEquals(joined(wire), response.whole());
        assertEquals("thread-of-body", response.header("Runtape-Thread-Id"));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("up-1", run.upstreamRunId());
        assertEquals("completed", run.outcome());
    }

    @Test
    void goesOutDecodedWhereTheGatewayAddsIds() throws Exception {
        WireResponse response =
                post(atOnce(gzipped("data: 1\n\n", "data: 2\n\n"), "text/event-stream"), "Runtape-Event-Ids: true");

        String body = new String(response.whole(), UTF_8);
        assertFalse(response.head().has("Content-Encoding"));
        String id = response.header("Runtape-Run-Id");
        table().ended(id);
        List<FrameRow> events = ofKind(table().frames(id), FrameKind.EVENT);
        assertEquals(
                "data: 1\nid: " + events.get(0).sequence() + "\n\ndata: 2\nid: "
                        + events.get(1).sequence() + "\n\n",
                body);
    }

    @Test
    void isRepeatedAsItCameOrDecodedFromAPositionOn() throws Exception {
        List<byte[]> wire = gzipped("data: 1\n\n", "data: 2\n\n");
        Scripted script = upstream.on(atOnce(wire, "text/event-stream"));
        String[] headers = {script.header(), "X-API-Key: " + key, "Idempotency-Key: compressed"};
        WireResponse first = client().post("/v1/recorded", "{}", headers);
        first.whole();
        String id = first.header("Runtape-Run-Id");
        table().ended(id);
        long position = ofKind(table().frames(id), FrameKind.EVENT).get(0).sequence();

        WireResponse repeat = client().post("/v1/recorded", "{}", headers);
        String[] rest = Arrays.copyOf(headers, 4);
        rest[3] = "Last-Event-ID: " + position;
        WireResponse resumed = client().post("/v1/recorded", "{}", rest);

        assertArrayEquals(joined(wire), repeat.whole());
        assertEquals("gzip", repeat.header("Content-Encoding"));
        assertEquals("data: 2\n\n", new String(resumed.whole(), UTF_8));
        assertFalse(resumed.head().has("Content-Encoding"));
    }

    @Test
    void joinsAnEventWhosePartsCameInSeveralPieces() throws Exception {
        List<byte[]> wire = gzipped("data: {\"ha", "lf\":", "1}\n\ndata: next\n\n");
        Semaphore permits = new Semaphore(1);
        WireResponse response = post(piecewise(permits, wire, "text/event-stream"));
        String id = response.header("Runtape-Run-Id");
        WireResponse tail = read(id + "/events", "Accept: text/event-stream");
        for (int parts = 1; parts <= 2; parts++) {
            int some = parts;
            RunTable.await(
                    "a part is stored",
                    () -> ofKind(table().frames(id), FrameKind.PART).size() == some ? id : null);
            permits.release(parts);
        }
        assertArrayEquals(joined(wire), response.whole());
        awaitEnd(key, id);

        Json events = json("/runs/" + id + "/events?kind=event");
        assertEquals("{\"half\":1}", events.getString("data[0].data"));
        assertEquals("next", events.getString("data[1].data"));
        String expected = "data: {\"half\":1}\n\ndata: next\n\nevent: runtape.end\n";
        tail.whole();
        assertTrue(tail.text().replaceAll("id: [0-9]+\n", "").startsWith(expected), tail.text());
        String again = tailOf(id);
        assertTrue(again.replaceAll("id: [0-9]+\n", "").startsWith(expected), again);
    }

    @Test
    void followsASnapshotWithAWholeEventWhosePartsCameInSeveralPieces() throws Exception {
        String next = EVENTS[1];
        List<byte[]> wire = gzipped(EVENTS[0], next.substring(0, 40), next.substring(40, 60), next.substring(60));
        Semaphore permits = new Semaphore(2);
        WireResponse response = post(piecewise(permits, wire, "text/event-stream"));
        String id = response.header("Runtape-Run-Id");
        for (int parts = 1; parts <= 2; parts++) {
            int some = parts;
            RunTable.await(
                    "a part is stored",
                    () -> ofKind(table().frames(id), FrameKind.PART).size() == some ? id : null);
            permits.release(parts == 1 ? 1 : 0);
        }

        WireResponse tail = read(id + "/events?from=snapshot", "Accept: text/event-stream");
        tail.readUpTo("event: runtape.snapshot\n".length());
        permits.release(wire.size());

        tail.whole();
        String whole = next.lines()
                .filter(line -> line.startsWith("data: "))
                .findFirst()
                .orElseThrow();
        assertTrue(tail.text().contains("\n" + whole + "\n"), tail.text());
    }

    @Test
    void keepsAllBytesOfWhatCannotBeDecoded() throws Exception {
        List<byte[]> broken = gzipped("data: 1\n\n");
        broken.set(1, new byte[] {-1, -1, -1, -1});
        WireResponse response = post(atOnce(broken, "text/event-stream"));
        assertArrayEquals(joined(broken), response.whole());
        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);
        assertEquals("completed", table().run(id).outcome());
        assertEquals("1", json("/runs/" + id + "/events?kind=event").getString("data[0].data"));
        assertArrayEquals(joined(broken), table().bytes(id));
    }

    @Test
    void keepsACodingThatItDoesNotKnowAsItIs() throws Exception {
        byte[] body = {11, 2, -128, 'd', 'a', 't', 'a', '\n', '\n', 3};
        Script script = Script.whole(200, body, "Content-Type: text/event-stream", "Content-Encoding: br");

        WireResponse response = post(script, "Runtape-Event-Ids: true");

        assertArrayEquals(body, response.whole());
        assertEquals("br", response.header("Content-Encoding"));
        String id = response.header("Runtape-Run-Id");
        assertEquals("completed", table().ended(id).outcome());
        List<FrameRow> frames = table().frames(id);
        assertEquals(1, frames.size());
        assertEquals(FrameKind.ENCODED, frames.get(0).kind());
        assertTrue(tailOf(id).startsWith("event: runtape.end\nid: 1\n"));
    }

    @Test
    void decodesMuchOutOfLittleAtThePaceOfTheDatabase() throws Exception {
        String much = "data: " + "x".repeat(16_000) + "\n\n";
        List<byte[]> wire = gzipped(much.repeat(1000));

        WireResponse response = post(atOnce(wire, "text/event-stream"));

        assertArrayEquals(joined(wire), response.whole());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertEquals(1000, run.events());
    }
}
