package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.history.RecordedHistory;
import io.runtape.sse.EventParser;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSplitter;
import io.runtape.sse.ServerSentEvent;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tails that begin with a snapshot: what was said so far at once, then each frame after it, once. */
abstract class SnapshotTailTest extends RecordedHistory {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Longer than any snapshot here. */
    private static final int FRAME_BYTES_MAX = 128 << 20;

    private static final String STREAM = "Accept: text/event-stream";
    private static final String FROM = "/events?from=snapshot";

    private final CountDownLatch enough = new CountDownLatch(1);

    @AfterEach
    void letScriptsEnd() {
        enough.countDown();
    }

    /** The longest recorded stream of each dialect. */
    static List<DialectCase> longest() throws IOException {
        Map<String, DialectCase> longest = new LinkedHashMap<>();
        DialectCase.all().stream()
                .filter(DialectCase::stream)
                .sorted(Comparator.comparing((DialectCase of) -> of.events().size())
                        .thenComparing(DialectCase::name))
                .forEach(of -> longest.put(of.name().substring(0, of.name().indexOf('/')), of));
        return List.copyOf(longest.values());
    }

    /** A run of these frames, the second half of which comes when the test says so. */
    private WireResponse halfway(String path, String body, String first, String second) throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            if (!first.isEmpty()) {
                exchange.chunk(first);
            }
            enough.await();
            exchange.chunk(second).end();
        });
        WireResponse live = client().post(path, body, script.header(), "X-API-Key: " + key);
        live.readUpTo(first.getBytes(UTF_8).length);
        return live;
    }

    private WireResponse tail(String run, String query, String... headers) throws Exception {
        List<String> lines = new ArrayList<>(List.of(headers));
        lines.addAll(List.of(STREAM, "X-API-Key: " + key));
        return client().get("/history/v1/runs/" + run + query, lines.toArray(String[]::new));
    }

    private static List<ServerSentEvent> events(String stream) {
        List<ServerSentEvent> events = new ArrayList<>();
        FrameSplitter splitter = new FrameSplitter(FRAME_BYTES_MAX, (kind, source, from, to, event, id, parts) -> {
            if (kind == FrameKind.EVENT) {
                events.add(EventParser.parse(source, from, to, false, id));
            }
        });
        byte[] bytes = stream.getBytes(UTF_8);
        splitter.feed(bytes, 0, bytes.length);
        splitter.end();
        return events;
    }

    private JsonNode transcript(String run) throws Exception {
        return JSON.readTree(history().get("/runs/" + run + "/transcript").asString())
                .path("data");
    }

    /** Roles and parts alone. */
    private static JsonNode spoken(JsonNode messages) {
        ArrayNode spoken = JSON.createArrayNode();
        messages.forEach(message ->
                spoken.addObject().<ObjectNode>set("role", message.path("role")).set("parts", message.path("parts")));
        return spoken;
    }

    @ParameterizedTest
    @MethodSource("longest")
    void goesOnFromTheSnapshotToTheWholeTranscript(DialectCase of) throws Exception {
        List<String> frames = new ArrayList<>();
        of.frames((type, block) -> frames.add(new String(block, UTF_8)));
        int half = frames.size() / 2;
        String first = String.join("", frames.subList(0, half));
        String second = String.join("", frames.subList(half, frames.size()));
        try (WireResponse live = halfway("/v1/recorded", "{\"stream\":true}", first, second)) {
            String run = live.header("Runtape-Run-Id");
            try (WireResponse tail = tail(run, FROM)) {
                tail.readUpTo("event: runtape.snapshot\n".length());
                enough.countDown();
                String all = new String(tail.whole(), UTF_8);

                List<ServerSentEvent> events = events(all);
                ServerSentEvent snapshot = events.get(0);
                assertEquals("runtape.snapshot", snapshot.event());
                assertEquals(Integer.toString(half), snapshot.lastEventId());
                assertEquals("runtape.end", events.get(events.size() - 1).event());
                List<ServerSentEvent> rest = events.subList(1, events.size() - 1);
                assertEquals(frames.size() - half, rest.size());
                assertEquals(Integer.toString(half + 1), rest.get(0).lastEventId());
                JsonNode data = JSON.readTree(snapshot.data());
                assertEquals(run, data.path("runId").asText());
                ClientFold client =
                        ClientFold.of(data.path("dialect").asText(), data.path("messages"), data.path("state"));
                rest.forEach(client::take);
                live.whole();
                assertEquals(spoken(transcript(run).path("messages")), client.messages());
            }
        }
    }

    @Test
    void hasAnEndedRunAsAWhole() throws Exception {
        String deep = "[".repeat(980) + "]".repeat(980);
        String run = record(
                "{\"prompt\":\"Go on.\"}",
                Script.stream("event: assistant_message_delta\ndata: {\"delta\":\"On\\nit.\"}\n\n"
                        + "event: tool_call\ndata: {\"toolCallId\":\"c\",\"name\":\"t\",\"arguments\":" + deep
                        + "}\n\n: beat\n\n"));
        try (WireResponse tail = tail(run, FROM)) {
            List<ServerSentEvent> events = events(new String(tail.whole(), UTF_8));

            assertEquals(2, events.size());
            assertEquals("3", events.get(0).lastEventId());
            assertTrue(events.get(0).data().contains("\"input\":" + deep));
            JsonNode data = JSON.readTree(events.get(0).data());
            JsonNode transcript = transcript(run);
            for (String member : List.of("runId", "threadId", "messages", "truncated")) {
                assertEquals(transcript.path(member), data.path(member));
            }
            assertTrue(data.path("state").isNull());
            assertEquals("runtape.end", events.get(1).event());
        }
    }

    @Test
    void goesOnBehindAsMuchOfALongEndedRunAsFits() throws Exception {
        int frames = 40;
        String frame = "event: assistant_message_delta\ndata: {\"delta\":\"" + "long ".repeat(200_000) + "\"}\n\n";
        String run = record(
                "{\"prompt\":\"Go on.\"}",
                Script.stream(Collections.nCopies(frames, frame).toArray(String[]::new)));
        // A frame that comes slowly may be recorded in parts, the last of which is the event.
        List<Long> ends = table().frames(run).stream()
                .filter(part -> part.kind() == FrameKind.EVENT)
                .map(FrameRow::sequence)
                .toList();
        assertEquals(frames, ends.size());
        try (WireResponse tail = tail(run, FROM)) {
            List<ServerSentEvent> events = events(new String(tail.whole(), UTF_8));

            int covered = Integer.parseInt(events.get(0).lastEventId());
            assertTrue(covered > 1 && covered < ends.get(frames - 1), () -> covered + " frames");
            assertEquals("runtape.end", events.get(events.size() - 1).event());
            List<ServerSentEvent> rest = events.subList(1, events.size() - 1);
            assertEquals(
                    ends.stream()
                            .filter(sequence -> sequence > covered)
                            .map(Object::toString)
                            .toList(),
                    rest.stream().map(ServerSentEvent::lastEventId).toList());
        }
    }

    @Test
    void marksWhatIsOpen() throws Exception {
        String first = "event: assistant_message_delta\ndata: {\"delta\":\"Let me\"}\n\n"
                + "event: tool_output_delta\ndata: {\"toolCallId\":\"c\",\"delta\":\"1/3\"}\n\n";
        String second = "event: assistant_message\ndata: {\"content\":\"Let me see.\"}\n\n";
        try (WireResponse live = halfway("/v1/run", "{\"prompt\":\"Go on.\"}", first, second);
                WireResponse tail = tail(live.header("Runtape-Run-Id"), FROM)) {
            tail.readUpTo("event: runtape.snapshot\n".length());
            enough.countDown();
            List<ServerSentEvent> events = events(new String(tail.whole(), UTF_8));

            JsonNode messages = JSON.readTree(events.get(0).data()).path("messages");
            assertEquals("user", messages.at("/0/role").asText());
            assertFalse(messages.at("/0/parts/0").has("open"));
            assertEquals(
                    "{\"type\":\"text\",\"text\":\"Let me\",\"open\":true}",
                    messages.at("/1/parts/0").toString());
            assertTrue(messages.at("/1/parts/1/open").asBoolean());
            assertEquals(List.of("runtape.snapshot", "assistant_message", "runtape.end"), types(events));
        }
    }

    private static List<String> types(List<ServerSentEvent> events) {
        return events.stream().map(ServerSentEvent::event).toList();
    }

    /** What nobody can read yet may turn out to be part of a dialect: it comes as frames. */
    @Test
    void coversNothingAsLongAsNothingWasSaid() throws Exception {
        String second = "event: assistant_message_delta\ndata: {\"delta\":\"x\"}\n\n";
        try (WireResponse live = halfway("/v1/run", "{\"prompt\":\"Go on.\"}", "event: odd\ndata: 1\n\n", second);
                WireResponse tail = tail(live.header("Runtape-Run-Id"), FROM)) {
            tail.readUpTo("event: runtape.snapshot\n".length());
            enough.countDown();
            List<ServerSentEvent> events = events(new String(tail.whole(), UTF_8));

            assertEquals("0", events.get(0).lastEventId());
            JsonNode data = JSON.readTree(events.get(0).data());
            assertEquals(1, data.path("messages").size());
            assertTrue(data.path("dialect").isNull());
            assertEquals(List.of("runtape.snapshot", "odd", "assistant_message_delta", "runtape.end"), types(events));
        }
    }

    /** An event whose half is recorded comes whole behind the snapshot. */
    @Test
    void endsBeforeAnEventThatIsNotComplete() throws Exception {
        String first = "event: assistant_message_delta\ndata: {\"delta\":\"x\"}\n\n"
                + "event: assistant_message_delta\ndata: {\"del";
        try (WireResponse live = halfway("/v1/run", "{}", first, "ta\":\"y\"}\n\n");
                WireResponse tail = tail(live.header("Runtape-Run-Id"), FROM)) {
            tail.readUpTo("event: runtape.snapshot\n".length());
            enough.countDown();
            List<ServerSentEvent> events = events(new String(tail.whole(), UTF_8));

            assertEquals("1", events.get(0).lastEventId());
            assertEquals("{\"delta\":\"y\"}", events.get(1).data());
            assertEquals("3", events.get(1).lastEventId());
        }
    }

    /** An EventSource comes back to the same URL with the last id that it saw. */
    @Test
    void sendsNoSnapshotToAReaderThatNamesItsPosition() throws Exception {
        String event = "event: assistant_message_delta\ndata: {\"delta\":\"x\"}\n\n";
        String run = record("{}", Script.stream(event, event));

        try (WireResponse back = tail(run, FROM, "Last-Event-ID: 1");
                WireResponse after = tail(run, FROM + "&after=1");
                WireResponse done = tail(run, FROM, "Last-Event-ID: 2");
                WireResponse zero = tail(run, FROM, "Last-Event-ID: 0")) {
            List<String> rest = List.of("assistant_message_delta", "runtape.end");
            assertEquals(rest, types(events(new String(back.whole(), UTF_8))));
            assertEquals(rest, types(events(new String(after.whole(), UTF_8))));
            assertEquals(204, done.status());
            assertEquals(List.of("runtape.snapshot", "runtape.end"), types(events(new String(zero.whole(), UTF_8))));
        }
    }

    @Test
    void refusesWhatItCannotBeginFrom() throws Exception {
        String run = record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: 1\n\n"));

        assertRefused("/runs/" + run + "/events?from=start", "The parameter from must be snapshot.");
        assertRefused("/runs/" + run + FROM + "&verbatim=true", "verbatim=true");
        assertRefused("/threads/" + thread + FROM, "There is no parameter 'from'.");
        try (WireResponse none = tail("run_none", FROM)) {
            assertEquals(404, none.status());
        }
    }

    private void assertRefused(String target, String said) throws Exception {
        try (WireResponse response = client().get("/history/v1" + target, STREAM, "X-API-Key: " + key)) {
            String body = new String(response.whole(), UTF_8);
            assertEquals(400, response.status(), body);
            assertTrue(body.contains(said), body);
        }
    }
}
