package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.ClientFold;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.PartDraft;
import io.runtape.dialect.PartPlaces;
import io.runtape.sse.ServerSentEvent;
import java.util.List;

/** A client of RunTools that joins late. */
public final class RunToolsClient implements ClientFold.Fold {

    private final RunToolsTranscript transcript = new RunToolsTranscript(PartPlaces.unasked());

    /** Begins with the messages of a snapshot. */
    public RunToolsClient(JsonNode messages) {
        for (JsonNode message : messages) {
            if (message.path("role").asText().equals("user")) {
                transcript.userMessage(message.at("/parts/0/text").asText());
            } else {
                message.path("parts").forEach(part -> begin(transcript, part));
            }
        }
    }

    @Override
    public void event(ServerSentEvent event) {
        transcript.event(event);
    }

    @Override
    public List<Message> messages() {
        return transcript.messages();
    }

    private static void begin(RunToolsTranscript to, JsonNode part) {
        boolean open = part.path("open").asBoolean();
        switch (part.path("type").asText()) {
            case "text", "reasoning" ->
                to.add(new PartDraft.Prose(
                        part.path("type").asText().equals("reasoning"),
                        part.path("text").asText(),
                        !open));
            case "tool_call" ->
                to.call(
                        open ? null : part.path("id").asText(),
                        part.path("name").asText(),
                        part.hasNonNull("input") ? part.path("input") : null);
            case "tool_result" -> {
                PartDraft.Result result = to.result(
                        part.path("callId").asText(), part.path("name").asText());
                JsonNode output = part.hasNonNull("output") ? part.path("output") : null;
                if (!part.path("partial").asBoolean()) {
                    Integer exitCode =
                            part.hasNonNull("exitCode") ? part.path("exitCode").asInt() : null;
                    result.give(output, exitCode, part.path("failed").asBoolean());
                } else if (output != null) {
                    result.stream(output.asText());
                }
            }
            case "file" ->
                to.add(new PartDraft.Whole(new Part.FilePart(
                        part.path("path").textValue(),
                        part.path("action").textValue(),
                        part.path("diff").textValue(),
                        part.path("url").textValue())));
            case "error" ->
                to.add(new PartDraft.Whole(new Part.ErrorPart(
                        part.path("code").asText(), part.path("message").asText())));
            default -> throw new AssertionError("No part of a response: " + part);
        }
    }
}
