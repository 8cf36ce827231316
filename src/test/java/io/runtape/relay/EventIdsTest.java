package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.CorpusCase;
import io.runtape.sse.FrameKind;
import io.runtape.sse.ReferenceParser;
import io.runtape.sse.ServerSentEvent;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code Runtape-Event-Ids}: the same events, each with its sequence as its id, so that any client of the standard can resume. */
abstract class EventIdsTest extends RunningGateway {

    private static final String IDS = "Runtape-Event-Ids: true";

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void givesEachEventItsSequence(CorpusCase corpusCase) throws Exception {
        for (String chunking : List.of("whole", "the case's own", "random-a")) {
            List<Integer> lengths = corpusCase.chunkings().get(chunking);
            if (lengths == null) {
                continue;
            }
            Scripted script = upstream.on(Script.cut(corpusCase.bytes(), lengths));

            WireResponse response = client().post("/v1/run", "{}", script.header(), IDS);

            ReferenceParser seen = ReferenceParser.parse(response.whole());
            String name = corpusCase.name() + ", " + chunking;
            assertEquals(withoutIds(corpusCase.events()), withoutIds(seen.events()), name);
            List<String> sequences = sequences(response.header("Runtape-Run-Id"));
            assertEquals(
                    sequences,
                    seen.events().stream().map(ServerSentEvent::lastEventId).toList(),
                    name);
            assertTrue(isResumable(seen.lastEventId(), sequences), name + " would resume at " + seen.lastEventId());
            assertArrayEquals(corpusCase.bytes(), table().bytes(response.header("Runtape-Run-Id")), name);
        }
    }

    private static List<List<String>> withoutIds(List<ServerSentEvent> events) {
        return events.stream().map(e -> List.of(e.event(), e.data())).toList();
    }

    private List<String> sequences(String runId) throws Exception {
        table().ended(runId);
        return table().frames(runId).stream()
                .filter(frame -> frame.kind() == FrameKind.EVENT)
                .map(frame -> Long.toString(frame.sequence()))
                .toList();
    }

    /** What a client sends as {@code Last-Event-ID} must be a place in the run after all events that it has. */
    private static boolean isResumable(String lastEventId, List<String> sequences) {
        long last = sequences.isEmpty() ? 0 : Long.parseLong(sequences.get(sequences.size() - 1));
        return sequences.isEmpty() && lastEventId.isEmpty()
                || lastEventId.matches("[0-9]+") && Long.parseLong(lastEventId) >= last;
    }

    /** Its clients would send the sequences to the agent API as if they were its ids. */
    @Test
    void refusesThemWhereClientsResumeByTheAgentApisOwnIds() throws Exception {
        Scripted script = upstream.on(Script.stream("id: 1-0\ndata: 1\n\n"));
        String path = "/v1/threads/thread-1/runs/stream";

        WireResponse refused = client().post(path, "{}", script.header(), IDS);
        assertTrue(new String(refused.whole(), UTF_8).contains("Runtape-Event-Ids would put"), refused.text());
        assertEquals(400, refused.status());
        assertTrue(script.isUncalled());

        WireResponse response = client().post(path, "{}", script.header(), "Runtape-Event-Ids: false");
        assertEquals("id: 1-0\ndata: 1\n\n", new String(response.whole(), UTF_8));
    }

    @Test
    void dropsTheLengthThatIsNoLongerTrue() throws Exception {
        byte[] stream = "data: 1\n\ndata: 2\n\n".getBytes(UTF_8);
        Scripted script = upstream.on(Script.whole(200, stream, "Content-Type: text/event-stream"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), IDS);

        assertEquals("data: 1\nid: 1\n\ndata: 2\nid: 2\n\n", new String(response.whole(), UTF_8));
        assertFalse(response.head().has("Content-Length"));
    }

    @Test
    void winsOverTheIdsOfTheAgentApi() throws Exception {
        Scripted script =
                upstream.on(Script.stream("id: a\ndata: 1\nid: b\n\n", "data: 2\r\nid\r\n\r\n", ": beat\n\n"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), IDS);

        List<ServerSentEvent> events = ReferenceParser.parse(response.whole()).events();
        assertEquals(
                Set.of("1", "2"),
                events.stream().map(ServerSentEvent::lastEventId).collect(Collectors.toSet()));
    }

    @Test
    void leavesWhatIsNoEventStreamAlone() throws Exception {
        String json = "{\"data\":1}\n\n";
        Scripted script = upstream.on(Script.json(200, json));

        WireResponse response = client().post("/v1/run", "{\"stream\":false}", script.header(), IDS);

        assertEquals(json, new String(response.whole(), UTF_8));
        assertEquals(Integer.toString(json.length()), response.header("Content-Length"));
    }
}
