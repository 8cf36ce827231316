package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSplitter;
import io.runtape.sse.ServerSentEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file of {@code src/test/resources/dialects}, whose README says how it is written: what came, and what is to be read out of it.
 */
public record DialectCase(String name, boolean stream, String came, JsonNode expected) {

    private static final Path CASES = Path.of("src/test/resources/dialects");
    private static final int FRAME_BYTES_MAX = 8 << 20;

    static List<DialectCase> all() throws IOException {
        try (Stream<Path> files = Files.walk(CASES)) {
            return files.filter(file -> file.toString().endsWith(".case"))
                    .sorted()
                    .map(DialectCase::read)
                    .toList();
        }
    }

    /** The one in that file, such as {@code anthropic/text.case}. */
    public static DialectCase named(String name) {
        return read(CASES.resolve(name));
    }

    /**
     * The usage that the history shows for a run of this case, with its source: a completed run of a known dialect has one
     * even if the agent API tells none.
     *
     * @param status the run's status
     */
    public JsonNode usageOf(String status) {
        JsonNode told = expected.path("usage");
        if (told.isObject()) {
            return told.<ObjectNode>deepCopy().put("source", "upstream");
        }
        if (!expected.path("verdict").asText().equals("completed") || !status.equals("completed")) {
            return told;
        }
        ObjectNode none = JsonNodeFactory.instance.objectNode();
        for (String count :
                List.of("inputTokens", "outputTokens", "cachedInputTokens", "cacheWriteTokens", "reasoningTokens")) {
            none.putNull(count);
        }
        return none.put("source", "none");
    }

    private static DialectCase read(Path file) {
        try {
            String text = Files.readString(file);
            int begins = text.indexOf("\n>>> ") + 1;
            int line = text.indexOf('\n', begins);
            int ends = text.indexOf("\n<<<\n", line);
            boolean stream = text.substring(begins, line).equals(">>> stream");
            return new DialectCase(
                    CASES.relativize(file).toString(),
                    stream,
                    text.substring(line + 1, ends + 1),
                    new ObjectMapper().readTree(text.substring(ends + 5)));
        } catch (IOException e) {
            throw new AssertionError("The case cannot be read: " + file, e);
        }
    }

    List<ServerSentEvent> events() {
        List<ServerSentEvent> events = new ArrayList<>();
        frames((type, block) -> events.add(EventParser.parse(block, 0, block.length, false, "")));
        return events;
    }

    void frames(EventTaker taker) {
        FrameSplitter splitter = new FrameSplitter(FRAME_BYTES_MAX, (kind, source, from, to, event, id, parts) -> {
            if (kind == FrameKind.EVENT) {
                byte[] block = new byte[to - from];
                System.arraycopy(source, from, block, 0, block.length);
                taker.take(EventType.of(event, block, 0, block.length, false), block);
            }
        });
        byte[] bytes = came.getBytes(UTF_8);
        splitter.feed(bytes, 0, bytes.length);
        splitter.end();
    }

    @Override
    public String toString() {
        return name;
    }

    /** Takes one event with its type. */
    interface EventTaker {
        void take(String type, byte[] block);
    }
}
