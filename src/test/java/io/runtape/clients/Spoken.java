package io.runtape.clients;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * What an assistant said, as a client tells it and as a case has it, so that both can be compared: clients cut texts in other
 * places.
 *
 * @param text all text, joined
 * @param reasoning all reasoning, joined
 * @param tools the calls of tools, in order
 */
record Spoken(String text, String reasoning, List<ToolCall> tools) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** One call of a tool. */
    record ToolCall(String id, String name, JsonNode input) {

        /** With arguments as the APIs of OpenAI have them: JSON in a string, or nothing. */
        static ToolCall of(String id, String name, String arguments) {
            try {
                return new ToolCall(id, name, JSON.readTree(arguments.isEmpty() ? "{}" : arguments));
            } catch (JsonProcessingException e) {
                throw new AssertionError("the arguments are not JSON: " + arguments, e);
            }
        }
    }

    /** What the assistant said in the transcript of a case. */
    static Spoken in(JsonNode transcript) {
        StringBuilder text = new StringBuilder();
        StringBuilder reasoning = new StringBuilder();
        List<ToolCall> tools = new ArrayList<>();
        for (JsonNode message : transcript) {
            if (!message.path("role").asText().equals("assistant")) {
                continue;
            }
            for (JsonNode part : message.path("parts")) {
                switch (part.path("type").asText()) {
                    case "text" -> text.append(part.path("text").asText());
                    case "reasoning" -> reasoning.append(part.path("text").asText());
                    case "tool_call" ->
                        tools.add(new ToolCall(
                                part.path("id").asText(), part.path("name").asText(), part.path("input")));
                    default -> {
                        // Of the errors and the results of tools, what an assistant says has nothing.
                    }
                }
            }
        }
        return new Spoken(text.toString(), reasoning.toString(), tools);
    }
}
