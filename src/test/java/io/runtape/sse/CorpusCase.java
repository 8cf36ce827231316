package io.runtape.sse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.testsupport.Script;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** One case of the conformance corpus, as far as the wire format is concerned; {@code corpus/README.md} has its fields. */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record CorpusCase(
        String name,
        Map<String, String> headers,
        byte[] bytes,
        Map<String, List<Integer>> chunkings,
        List<ServerSentEvent> events,
        int blocks,
        boolean incompleteTail,
        String finalLastEventId) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** All cases, by name. */
    public static Stream<CorpusCase> all() throws IOException, URISyntaxException {
        Path corpus = Path.of(
                Objects.requireNonNull(CorpusCase.class.getResource("/corpus")).toURI());
        try (Stream<Path> files = Files.list(corpus)) {
            return files
                    .filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(CorpusCase::read)
                    .toList()
                    .stream();
        }
    }

    /** An agent API that sends its head and its bytes, those in chunks of these lengths. */
    public Script script(List<Integer> lengths) {
        return exchange -> {
            List<String> lines = new ArrayList<>(List.of("Transfer-Encoding: chunked"));
            headers.forEach((name, value) -> lines.add(name + ": " + value));
            exchange.head(200, lines.toArray(String[]::new))
                    .chunks(bytes, lengths)
                    .end();
        };
    }

    /** The same in one chunk. */
    public Script script() {
        return script(List.of(bytes.length));
    }

    private static CorpusCase read(Path file) {
        try {
            JsonNode json = JSON.readTree(file.toFile());
            return new CorpusCase(
                    json.get("name").textValue(),
                    headers(json),
                    Base64.getDecoder().decode(json.get("bytesBase64").textValue()),
                    chunkings(json),
                    events(json.get("events")),
                    json.get("frames").intValue(),
                    json.get("incompleteTail").booleanValue(),
                    json.get("finalLastEventId").textValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the upstream's response says of the body, in lower case. */
    private static Map<String, String> headers(JsonNode json) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", "text/event-stream");
        json.path("headers")
                .fields()
                .forEachRemaining(
                        header -> headers.put(header.getKey(), header.getValue().textValue()));
        return headers;
    }

    private static Map<String, List<Integer>> chunkings(JsonNode json) {
        Map<String, List<Integer>> chunkings = new LinkedHashMap<>();
        json.get("variants")
                .fields()
                .forEachRemaining(variant -> chunkings.put(variant.getKey(), lengths(variant.getValue())));
        chunkings.put("the case's own", lengths(json.get("chunks")));
        return chunkings;
    }

    private static List<Integer> lengths(JsonNode chunks) {
        return StreamSupport.stream(chunks.spliterator(), false)
                .map(JsonNode::intValue)
                .toList();
    }

    private static List<ServerSentEvent> events(JsonNode json) {
        List<ServerSentEvent> events = new ArrayList<>();
        for (JsonNode event : json) {
            events.add(new ServerSentEvent(
                    event.get("event").textValue(),
                    event.get("data").textValue(),
                    event.get("lastEventId").textValue()));
        }
        return events;
    }

    @Override
    public String toString() {
        return name;
    }
}
