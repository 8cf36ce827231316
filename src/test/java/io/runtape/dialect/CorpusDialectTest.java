package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSplitter;
import io.runtape.sse.ServerSentEvent;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams of many runtimes, read by every dialect; {@code corpus/README.md} describes them. */
class CorpusDialectTest {
    private static final int FRAME_BYTES_MAX = 8 * 1024 * 1024;

    static Stream<String> cases() throws IOException, URISyntaxException {
        try (Stream<Path> files = Files.list(corpus())) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void readsAnyStreamWithoutFailing(String name) throws Exception {
        JsonNode stream = stream(name);
        for (Dialect dialect : List.of(
                AllDialects.dialects().at("/v1/run"), AllDialects.dialects().at("/v1/messages"))) {
            assertDoesNotThrow(() -> outcome(dialect, stream), dialect.name());
            assertDoesNotThrow(() -> dialect.transcript(events(stream)), dialect.name());
            assertDoesNotThrow(() -> ClientFold.assertGoesOnFromEverywhere(dialect, events(stream)), dialect.name());
        }
    }

    @Test
    void readsTheRunVocabulary() throws Exception {
        Outcome outcome = outcome(AllDialects.dialects().at("/v1/run"), stream("run-thinking-tool-complete.json"));

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertEquals("There is one file: naïve.txt 📄", outcome.result().asText());
        assertEquals(120, outcome.usage().inputTokens());
    }

    @Test
    void readsTheThreadVocabulary() throws Exception {
        Outcome outcome = outcome(AllDialects.dialects().at("/v1/run"), stream("run-deltas-with-ids.json"));

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertNull(outcome.result());
    }

    @Test
    void readsACompletionThatSaysNothing() throws Exception {
        Outcome outcome = outcome(AllDialects.dialects().at("/v1/run"), stream("run-tool-result-multiline-data.json"));

        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertNull(outcome.result());
    }

    private static Outcome outcome(Dialect dialect, JsonNode stream) throws IOException {
        RunDigest digest = dialect.digest();
        byte[] bytes = stream.path("bytesBase64").binaryValue();
        FrameSplitter splitter = new FrameSplitter(FRAME_BYTES_MAX, (kind, source, from, to, event, id, parts) -> {
            if (kind == FrameKind.EVENT) {
                digest.event(event, source, from, to, false);
            }
        });
        splitter.feed(bytes, 0, bytes.length);
        splitter.end();
        return digest.outcome();
    }

    private static List<ServerSentEvent> events(JsonNode stream) {
        List<ServerSentEvent> events = new ArrayList<>();
        for (JsonNode event : stream.path("events")) {
            events.add(new ServerSentEvent(
                    event.path("event").asText(),
                    event.path("data").asText(),
                    event.path("lastEventId").asText()));
        }
        return events;
    }

    private static JsonNode stream(String name) throws IOException, URISyntaxException {
        return new ObjectMapper().readTree(corpus().resolve(name).toFile());
    }

    private static Path corpus() throws URISyntaxException {
        return Path.of(Objects.requireNonNull(CorpusDialectTest.class.getResource("/corpus"))
                .toURI());
    }
}
