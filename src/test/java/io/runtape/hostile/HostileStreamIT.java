package io.runtape.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An agent API's stream that is made to cost more than its bytes. */
abstract class HostileStreamIT extends UnderAttack {

    private static final String KEY = "X-API-Key: mallory";

    /** Longer than any header that could bring it back, and within the bound of an id. */
    private static final String ID = "i".repeat(60_000);

    private static final int EVENTS = 20_000;

    /** What a row without a byte takes, in its table and in its index, and what a commit of few rows leaves behind. */
    private static final long BYTES_OF_A_ROW = 500;

    /** What the database takes for frames now. */
    abstract long storedBytes() throws Exception;

    /** Whether it takes all of that for frames alone: then some more frames take some more. */
    abstract boolean storesFramesApart();

    /** The settings, with a path whose dialect the events tell. */
    static Map<String, String> recording(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("RUNTAPE_RECORD_PATHS", "/v1/run,/v1/recorded");
        return all;
    }

    @Test
    void anIdOf60000CharactersIsStoredOnce() throws Exception {
        byte[] stream = ("data: first\nid: " + ID + "\n\n" + "data:\n\n".repeat(EVENTS)).getBytes(UTF_8);
        long before = storedBytes();

        String runId;
        try (WireResponse response = client().post(
                        "/v1/run", "{}", upstream.on(Script.stream(stream)).header(), KEY)) {
            runId = response.header("Runtape-Run-Id");
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
        }

        JsonObject run = RunTable.await("the run ends", () -> {
            JsonObject row = json("/history/v1/runs/" + runId).getJsonObject("data");
            return row.getString("status").equals("running") ? null : row;
        });
        assertEquals(EVENTS + 1, run.getInteger("eventCount"));
        long stored = storedBytes() - before;
        System.out.printf("%d bytes were sent, %d are stored%n", stream.length, stored);
        assertTrue(stored > 0 || !storesFramesApart(), "what is measured takes the frames");
        assertTrue(stored < 4L * stream.length + EVENTS * BYTES_OF_A_ROW, stored + " bytes are stored");

        JsonArray page = json("/history/v1/runs/" + runId + "/events?limit=500&after=10000")
                .getJsonArray("data");
        // What a page weighs counts the id, which each event of it repeats.
        assertTrue(page.size() < 500, "a page of " + page.size());
        assertEquals(ID, page.getJsonObject(0).getString("lastEventId"));
        assertEquals(ID, page.getJsonObject(page.size() - 1).getString("lastEventId"));
    }

    /** More ids than the heap has room for, in a dialect that tells messages apart by their ids. */
    @Test
    void aStreamOfEndlessNewIdsDoesNotFillTheHeap() throws Exception {
        String id = "i".repeat(3_000);
        Scripted endless = upstream.on(exchange -> {
            exchange.streamHead();
            for (int i = 0; i < 100_000; i++) {
                exchange.chunk(("event: messages\ndata: [{\"id\":\"" + id + i
                                + "\",\"type\":\"AIMessageChunk\",\"content\":\"" + i
                                + "\",\"usage_metadata\":{\"input_tokens\":1,\"output_tokens\":1}},{}]\n\n")
                        .getBytes(UTF_8));
            }
            exchange.end();
        });

        String runId;
        try (WireResponse response = client().post("/v1/recorded", "{}", endless.header(), KEY)) {
            runId = response.header("Runtape-Run-Id");
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
        }

        JsonObject run = RunTable.await("the run ends", () -> {
            JsonObject row = json("/history/v1/runs/" + runId).getJsonObject("data");
            return row.getString("status").equals("running") ? null : row;
        });
        assertEquals("99999", run.getString("result"));
        assertEquals(100_000, run.getJsonObject("usage").getInteger("inputTokens"));
    }

    private JsonObject json(String target) throws Exception {
        try (WireResponse response = WireResponse.againWhile("overloaded", PATIENCE, () -> client().get(target, KEY))) {
            assertEquals(200, response.status());
            return new JsonObject(new String(response.whole(), UTF_8));
        }
    }
}
