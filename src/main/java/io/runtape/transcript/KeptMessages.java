package io.runtape.transcript;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import io.runtape.json.LeanJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a run whose frames and request are deleted, so that its transcript, and that of its thread, are the same
 * as before.
 *
 * @param request all messages of the request
 * @param said all messages of the response
 * @param bytes how many bytes of the request and of events they were made of, which count for the bound of a transcript
 * @param requestBytes those of the request among them; 0 if an earlier version has kept it
 * @param truncated whether events were too long and are left out
 */
record KeptMessages(List<Message> request, List<Message> said, long bytes, long requestBytes, boolean truncated) {

    /** As one JSON object in UTF-8. */
    byte[] json(ObjectMapper json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator to = json.createGenerator(out)) {
            to.writeStartObject();
            to.writeNumberField("bytes", bytes);
            to.writeNumberField("requestBytes", requestBytes);
            to.writeBooleanField("truncated", truncated);
            write("request", request, to);
            write("said", said, to);
            to.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes every byte", e);
        }
        return out.toByteArray();
    }

    private static void write(String name, List<Message> messages, JsonGenerator to) throws IOException {
        to.writeArrayFieldStart(name);
        for (Message message : messages) {
            to.writeStartObject();
            to.writeStringField("role", message.role().label());
            to.writeArrayFieldStart("parts");
            for (Part part : message.parts()) {
                to.writeObject(part);
            }
            to.writeEndArray();
            to.writeEndObject();
        }
        to.writeEndArray();
    }

    /** What {@link #json} wrote. */
    static KeptMessages of(byte[] json) {
        String text = new String(json, StandardCharsets.UTF_8);
        try (JsonParser parser = LeanJson.parserOfKept(text)) {
            return new Reading(parser, text).kept();
        } catch (IOException e) {
            throw new UncheckedIOException("a kept transcript cannot be read", e);
        }
    }

    /** Reads value by value: a tree of all would take many times the memory of its text. */
    private record Reading(JsonParser parser, String text) {

        KeptMessages kept() throws IOException {
            List<Message> request = List.of();
            List<Message> said = List.of();
            long bytes = 0;
            long requestBytes = 0;
            boolean truncated = false;
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "bytes" -> bytes = parser.getLongValue();
                    case "requestBytes" -> requestBytes = parser.getLongValue();
                    case "truncated" -> truncated = parser.getBooleanValue();
                    case "request" -> request = messages();
                    case "said" -> said = messages();
                    default -> parser.skipChildren();
                }
            }
            return new KeptMessages(request, said, bytes, requestBytes, truncated);
        }

        private List<Message> messages() throws IOException {
            List<Message> messages = new ArrayList<>();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                Role role = Role.SYSTEM;
                List<Part> parts = new ArrayList<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    boolean isRole = parser.currentName().equals("role");
                    parser.nextToken();
                    if (isRole) {
                        role = Role.valueOf(parser.getText().toUpperCase(Locale.ROOT));
                    } else {
                        while (parser.nextToken() == JsonToken.START_OBJECT) {
                            parts.add(part());
                        }
                    }
                }
                messages.add(new Message(role, parts));
            }
            return messages;
        }

        private Part part() throws IOException {
            Members of = new Members();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "input", "output" -> of.value = value(token);
                    case "exitCode" -> of.exitCode = token == JsonToken.VALUE_NULL ? null : parser.getIntValue();
                    case "failed" -> of.failed = parser.getBooleanValue();
                    case "partial" -> of.partial = parser.getBooleanValue();
                    case "attached" -> of.attached = parser.getBooleanValue();
                    case "type" -> of.type = parser.getText();
                    case "text", "id", "callId", "path", "code" -> of.first = text(token);
                    case "name", "action", "message" -> of.second = text(token);
                    case "diff" -> of.diff = text(token);
                    case "url" -> of.url = text(token);
                    default -> parser.skipChildren();
                }
            }
            return of.part();
        }

        private @Nullable String text(JsonToken token) throws IOException {
            return token == JsonToken.VALUE_NULL ? null : parser.getText();
        }

        /** A value to be written out again: an object or a list stays text. */
        private @Nullable JsonNode value(JsonToken token) throws IOException {
            if (token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (token == JsonToken.VALUE_STRING) {
                return TextNode.valueOf(parser.getText());
            }
            int from = (int) parser.currentTokenLocation().getCharOffset();
            boolean container = token.isStructStart();
            parser.skipChildren();
            String written = container
                    ? text.substring(from, (int) parser.currentLocation().getCharOffset())
                    : parser.getText();
            return container ? JsonNodeFactory.instance.rawValueNode(new RawValue(written)) : Payload.parsed(written);
        }
    }

    /** The members of a part, until its type is known; each kind has the ones that it needs. */
    private static final class Members {

        private String type = "";
        private @Nullable String first;
        private @Nullable String second;
        private @Nullable String diff;
        private @Nullable String url;
        private @Nullable JsonNode value;
        private @Nullable Integer exitCode;
        private boolean failed;
        private boolean partial;
        private boolean attached;

        Part part() throws IOException {
            return switch (type) {
                case "text" -> new Part.Text(text(first), attached);
                case "reasoning" -> new Part.Reasoning(text(first));
                case "tool_call" -> new Part.ToolCall(text(first), text(second), value);
                case "tool_result" -> new Part.ToolResult(text(first), text(second), value, exitCode, failed, partial);
                case "file" -> new Part.FilePart(first, second, diff, url);
                case "error" -> new Part.ErrorPart(text(first), text(second));
                default -> throw new IOException("a part of the type " + type);
            };
        }

        private static String text(@Nullable String member) {
            return member == null ? "" : member;
        }
    }
}
