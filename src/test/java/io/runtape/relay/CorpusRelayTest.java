package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.sse.CorpusCase;
import io.runtape.sse.FrameKind;
import io.runtape.sse.ReferenceParser;
import io.runtape.sse.ServerSentEvent;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of the conformance corpus, in every chunking, through the gateway: relayed, stored and told apart. */
abstract class CorpusRelayTest extends RunningGateway {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "X-API-Key: corpus";

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void relaysAndRecordsTheBytesInEveryChunking(CorpusCase corpusCase) throws Exception {
        Map<String, WireResponse> answers = new LinkedHashMap<>();
        for (Map.Entry<String, List<Integer>> chunking : corpusCase.chunkings().entrySet()) {
            Scripted script = upstream.on(corpusCase.script(chunking.getValue()));
            answers.put(chunking.getKey(), client().post("/v1/run", "{}", script.header(), KEY));
        }

        for (Map.Entry<String, WireResponse> chunking : answers.entrySet()) {
            String name = corpusCase.name() + ", " + chunking.getKey();
            try (WireResponse response = chunking.getValue()) {
                assertEquals(200, response.status(), name);
                corpusCase.headers().forEach((header, value) -> assertHeader(response, header, value));
                assertArrayEquals(corpusCase.bytes(), response.whole(), name);
                assertRecorded(corpusCase, response.header("Runtape-Run-Id"), name);
                assertShown(corpusCase, response.header("Runtape-Run-Id"), name);
            }
        }
    }

    private static void assertHeader(WireResponse response, String name, String value) {
        try {
            assertEquals(value, response.header(name));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void assertRecorded(CorpusCase corpusCase, String runId, String name) throws Exception {
        RunRow run = table().ended(runId);
        List<FrameRow> frames = table().frames(runId);

        assertEquals(corpusCase.bytes().length, run.bytes(), name);
        assertArrayEquals(corpusCase.bytes(), table().bytes(runId), name);
        assertEquals(frames.size(), run.frames(), name);
        assertEquals(frames.size(), run.lastSequence(), name);
        for (int i = 0; i < frames.size(); i++) {
            assertEquals(i + 1, frames.get(i).sequence(), name);
        }
        assertEquals(corpusCase.events(), events(frames), name);
        assertEquals(corpusCase.events().size(), run.events(), name);
        assertEquals(corpusCase.incompleteTail(), endsWithTail(frames), name);
    }

    /** A tail that has waited for its rest for too long is a part that nothing follows. */
    private static boolean endsWithTail(List<FrameRow> frames) {
        FrameKind last = frames.isEmpty() ? null : frames.get(frames.size() - 1).kind();
        return last == FrameKind.TAIL || last == FrameKind.PART;
    }

    /** The run as history exports it: the same bytes, the same events. */
    private void assertShown(CorpusCase corpusCase, String runId, String name) throws Exception {
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        List<ServerSentEvent> events = new ArrayList<>();
        long sequence = 0;
        try (WireResponse export = client().get(
                        "/history/v1/runs/" + runId + "/events?include=raw", "Accept: application/x-ndjson", KEY)) {
            for (String line : new String(export.whole(), UTF_8).split("\n", -1)) {
                if (line.isEmpty()) {
                    continue;
                }
                JsonNode event = JSON.readTree(line);
                assertEquals(++sequence, event.get("sequence").longValue(), name);
                raw.writeBytes(event.get("raw").binaryValue());
                if (event.get("kind").textValue().equals("event")) {
                    events.add(new ServerSentEvent(
                            event.get("event").textValue(),
                            event.get("data").textValue(),
                            event.get("lastEventId").textValue()));
                }
            }
        }
        assertArrayEquals(corpusCase.bytes(), raw.toByteArray(), name);
        assertEquals(corpusCase.events(), events, name);
    }

    /** What the rows of kind event say, each with the parts before it and its own last event id. */
    private static List<ServerSentEvent> events(List<FrameRow> frames) {
        List<ServerSentEvent> events = new ArrayList<>();
        ByteArrayOutputStream parts = new ByteArrayOutputStream();
        for (FrameRow frame : frames) {
            if (frame.kind() == FrameKind.PART) {
                parts.writeBytes(frame.bytes());
                continue;
            }
            parts.writeBytes(frame.bytes());
            byte[] block = parts.toByteArray();
            parts.reset();
            if (frame.kind() == FrameKind.EVENT) {
                events.add(event(block, frame));
            }
        }
        return events;
    }

    private static ServerSentEvent event(byte[] block, FrameRow frame) {
        // A byte order mark is one at the start of the stream only, so the others must not come first.
        byte[] inStream = frame.sequence() == 1 ? block : lineBefore(block);
        List<ServerSentEvent> parsed = ReferenceParser.parse(inStream).events();
        assertEquals(1, parsed.size());
        String lastEventId = frame.lastEventId() == null ? "" : frame.lastEventId();
        return new ServerSentEvent(parsed.get(0).event(), parsed.get(0).data(), lastEventId);
    }

    private static byte[] lineBefore(byte[] block) {
        byte[] all = new byte[block.length + 1];
        all[0] = '\n';
        System.arraycopy(block, 0, all, 1, block.length);
        return all;
    }
}
