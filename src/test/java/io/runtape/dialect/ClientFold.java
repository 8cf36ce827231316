package io.runtape.dialect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.runtools.RunToolsClient;
import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A client that joins late: it has a snapshot as JSON, and the events after it, which it reads by the rules of their dialect. It
 * knows nothing of the events before.
 */
public final class ClientFold {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Each costs as much as the whole stream. */
    private static final int JOINS_MAX = 500;

    private final Fold fold;

    /** Reads events by the rules of one dialect. */
    public interface Fold {
        /** Takes the next event. */
        void event(ServerSentEvent event);

        /** All that was said so far. */
        List<Message> messages();
    }

    private ClientFold(Fold fold) {
        this.fold = fold;
    }

    /** Begins with the messages of the response, and the other things, of a snapshot. */
    public static ClientFold of(String dialect, JsonNode messages, JsonNode state) {
        if (dialect.equals("unknown")) {
            return new ClientFold(texts(messages));
        }
        Dialect named = AllDialects.dialects().of(dialect, "/any");
        return new ClientFold(
                named instanceof FoldDialect folds ? parts(folds, messages, state) : new RunToolsClient(messages));
    }

    public void take(ServerSentEvent event) {
        fold.event(event);
    }

    /** All that was said, as the transcript has it. */
    public JsonNode messages() {
        return json(fold.messages());
    }

    /** Numbers are what a reader of JSON makes of them. */
    private static JsonNode json(List<Message> messages) {
        try {
            return JSON.readTree(JSON.writeValueAsString(messages));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static Fold texts(JsonNode messages) {
        List<ServerSentEvent> events = new ArrayList<>();
        for (JsonNode message : messages) {
            for (JsonNode part : message.path("parts")) {
                events.add(event(part));
            }
        }
        return new Fold() {
            @Override
            public void event(ServerSentEvent event) {
                events.add(event);
            }

            @Override
            public List<Message> messages() {
                return new UnknownDialect().transcript(events, PartPlaces.unasked());
            }
        };
    }

    private static ServerSentEvent event(JsonNode part) {
        return part.path("type").asText().equals("error")
                ? new ServerSentEvent("error", part.toString(), "")
                : new ServerSentEvent("message", part.path("text").asText(), "");
    }

    private static Fold parts(FoldDialect dialect, JsonNode messages, JsonNode state) {
        FoldTranscript transcript = dialect.begun();
        remember(transcript, state);
        for (JsonNode message : messages) {
            for (JsonNode part : message.path("parts")) {
                begin(transcript, part, state);
            }
        }
        return new Fold() {
            @Override
            public void event(ServerSentEvent event) {
                JsonNode data = Payload.parsed(event.data());
                transcript.event(EventType.of(event, data), data);
            }

            @Override
            public List<Message> messages() {
                return transcript.messages();
            }
        };
    }

    private static void remember(FoldTranscript transcript, JsonNode state) {
        FoldMemory memory = transcript.memory();
        state.properties().forEach(entry -> {
            String name = entry.getKey();
            JsonNode value = entry.getValue();
            switch (name) {
                case "arguments" ->
                    value.properties()
                            .forEach(text -> transcript.arguments(
                                    text.getKey(), text.getValue().asText()));
                case "inputs" ->
                    value.properties()
                            .forEach(text -> transcript.input(
                                    text.getKey(), text.getValue().asText()));
                case "result" -> transcript.resultIs(value);
                default -> {
                    if (value.isObject()) {
                        value.properties()
                                .forEach(one -> memory.map(name)
                                        .put(one.getKey(), one.getValue().asText()));
                    } else if (value.isArray()) {
                        value.forEach(one -> memory.set(name).add(one.asText()));
                    } else if (value.isTextual()) {
                        memory.text(name, value.asText());
                    } else {
                        memory.count(name, value.asInt());
                    }
                }
            }
        });
    }

    private static void begin(RunSink to, JsonNode part, JsonNode state) {
        String message = part.path("message").asText();
        String key = part.path("part").asText();
        switch (part.path("type").asText()) {
            case "text" -> to.text(message, key, part.path("text").asText());
            case "reasoning" -> to.reasoning(message, key, part.path("text").asText());
            case "tool_call" -> {
                String id = part.path("id").asText();
                to.call("", id, part.path("name").asText());
                if (part.has("arguments")) {
                    to.arguments(id, part.path("arguments").asText());
                } else if (state.path("inputs").has(id)) {
                    // The text so far goes on.
                } else if (part.path("input").isTextual()) {
                    to.wholeInput(id, part.path("input").textValue());
                } else if (part.hasNonNull("input")) {
                    to.wholeArguments(id, part.path("input"));
                }
            }
            case "tool_result" ->
                to.result(
                        part.path("callId").asText(),
                        part.hasNonNull("output") ? part.path("output") : null,
                        part.path("failed").asBoolean());
            case "file" ->
                to.file(part.path("path").textValue(), part.path("url").textValue());
            case "error" ->
                to.error(new Failure(
                        part.path("code").asText(), part.path("message").asText()));
            default -> throw new AssertionError("No part of a response: " + part);
        }
    }

    /**
     * Joins at each event, or at {@link #JOINS_MAX} of a long stream, goes on to the end, and has the whole transcript then.
     *
     * @return how often there was something to join
     */
    public static int assertGoesOnFromEverywhere(Dialect dialect, List<ServerSentEvent> events) {
        JsonNode whole = json(dialect.transcript(events));
        int joined = 0;
        int step = 1 + events.size() / JOINS_MAX;
        for (int i = 0; i <= events.size(); i += step) {
            Optional<OpenTranscript> snapshot = dialect.openTranscript(events.subList(0, i));
            if (snapshot.isPresent()) {
                joined++;
                ClientFold client = of(snapshot.get());
                events.subList(i, events.size()).forEach(client::take);
                if (!whole.equals(client.messages())) {
                    throw new AssertionError(
                            "From event " + i + " on it is " + client.messages().toPrettyString() + " instead of "
                                    + whole.toPrettyString() + " after " + sent(snapshot.get()));
                }
            }
        }
        return joined;
    }

    private static ClientFold of(OpenTranscript snapshot) {
        JsonNode sent = sent(snapshot);
        return of(sent.path("dialect").asText(), sent.path("messages"), sent.path("state"));
    }

    private static JsonNode sent(OpenTranscript snapshot) {
        ObjectNode sent = JSON.createObjectNode().put("dialect", snapshot.dialect());
        ArrayNode messages = sent.putArray("messages");
        for (OpenMessage message : snapshot.messages()) {
            ArrayNode parts = messages.addObject()
                    .put("role", message.role().name().toLowerCase(Locale.ROOT))
                    .putArray("parts");
            message.parts().forEach(part -> parts.add(part.json(JSON)));
        }
        sent.set("state", snapshot.state());
        try {
            return JSON.readTree(JSON.writeValueAsString(sent));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
