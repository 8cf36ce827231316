package io.runtape.relay;

import static java.lang.Boolean.FALSE;
import static java.lang.Boolean.TRUE;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.runtape.json.LeanJson;
import io.runtape.run.ChosenId;
import io.runtape.run.RunStart;
import io.runtape.store.StorableText;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a call once, token by token, and keeps the members of {@link RunRequest}; the rest may be
 * megabytes. If a member comes twice, the last one counts. Confined to one thread.
 */
final class RunRequestReader {

    /** More than the stored length of any name or id. */
    private static final int ID_CHARS_MAX = 1000;

    private final JsonParser parser;
    private @Nullable String agent;
    private @Nullable String model;
    private @Nullable String threadId;
    private @Nullable String id;
    private @Nullable String previousRunId;
    private boolean chat;
    private @Nullable Boolean stream;
    private @Nullable Boolean cancelOnDisconnect;
    private @Nullable String prompt;
    private @Nullable String lastSaid;
    private String metadata = "{}";
    private String config = "{}";

    RunRequestReader(JsonParser parser) {
        this.parser = parser;
    }

    /** Reads the whole body. */
    RunRequest read() throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw RunRequest.noObject();
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            member(name, parser.nextToken());
        }
        if (parser.nextToken() != null) {
            throw RunRequest.noObject();
        }
        @Nullable String asked = prompt == null ? lastSaid : prompt;
        return new RunRequest(
                RunRequest.cut(agent),
                RunRequest.cut(model),
                thread(),
                RunRequest.cut(previousRunId),
                stream,
                cancelOnDisconnect,
                asked == null ? null : StorableText.of(asked),
                metadata,
                config);
    }

    /** The thread that the body names. A chat of the AI SDK has it as its {@code id}; elsewhere that may be anything. */
    private @Nullable String thread() {
        @Nullable String named = threadId == null && chat ? id : threadId;
        return ChosenId.isFit(named) ? named : null;
    }

    private void member(String name, JsonToken value) throws IOException {
        switch (name) {
            case "agent" -> agent = LeanJson.text(parser, ID_CHARS_MAX);
            // LangGraph's name for the agent.
            case "assistant_id" -> {
                @Nullable String assistant = LeanJson.text(parser, ID_CHARS_MAX);
                agent = agent == null ? assistant : agent;
            }
            case "model" -> model = LeanJson.text(parser, ID_CHARS_MAX);
            case "threadId" -> threadId = LeanJson.text(parser, ID_CHARS_MAX);
            case "id" -> id = LeanJson.text(parser, ID_CHARS_MAX);
            // The AI SDK says so in each call of a chat.
            case "trigger" -> {
                chat = value == JsonToken.VALUE_STRING;
                parser.skipChildren();
            }
            // OpenAI's name for the run that this one goes on from.
            case "previous_response_id" -> previousRunId = LeanJson.text(parser, ID_CHARS_MAX);
            case "conversation" -> conversation(value);
            case "prompt" -> prompt = LeanJson.text(parser, RunStart.PROMPT_CHARS_MAX);
            case "messages" -> lastSaid = lastSaidByUser();
            case "input" -> input(value);
            case "command" -> command(value);
            case "metadata" -> metadata = object();
            case "config" -> config = object();
            // LangGraph's name for what happens to a run whose client is gone.
            case "on_disconnect" -> {
                @Nullable String said = LeanJson.text(parser, ID_CHARS_MAX);
                cancelOnDisconnect =
                        "cancel".equals(said) ? TRUE : "continue".equals(said) ? FALSE : cancelOnDisconnect;
            }
            case "stream" -> {
                stream = value.isBoolean() ? value == JsonToken.VALUE_TRUE : null;
                parser.skipChildren();
            }
            default -> parser.skipChildren();
        }
    }

    /** OpenAI's name for a thread: its id, or an object that has it. */
    private void conversation(JsonToken value) throws IOException {
        @Nullable String id = null;
        if (value == JsonToken.START_OBJECT) {
            while (goesTo("id")) {
                id = LeanJson.text(parser, ID_CHARS_MAX);
            }
        } else {
            id = LeanJson.text(parser, ID_CHARS_MAX);
        }
        threadId = threadId == null ? id : threadId;
    }

    /** LangGraph's way to go on from an interrupt: what a person answers. */
    private void command(JsonToken value) throws IOException {
        if (value != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (goesTo("resume")) {
            @Nullable String answer = LeanJson.text(parser, RunStart.PROMPT_CHARS_MAX);
            lastSaid = answer == null ? lastSaid : answer;
        }
    }

    /** Goes on in the object at the parser, to the value of its next member of this name; false at its end. */
    private boolean goesTo(String name) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean named = parser.currentName().equals(name);
            parser.nextToken();
            if (named) {
                return true;
            }
            parser.skipChildren();
        }
        return false;
    }

    /** A text or messages, as OpenAI's responses take it, or the state of a graph, which has messages. */
    private void input(JsonToken value) throws IOException {
        switch (value) {
            case VALUE_STRING -> lastSaid = LeanJson.text(parser, RunStart.PROMPT_CHARS_MAX);
            case START_ARRAY -> lastSaid = lastSaidByUser();
            case START_OBJECT -> {
                while (goesTo("messages")) {
                    lastSaid = lastSaidByUser();
                }
            }
            default -> parser.skipChildren();
        }
    }

    private String object() throws IOException {
        @Nullable String text = LeanJson.object(parser, RunStart.OBJECT_CHARS_MAX);
        return text == null ? "{}" : StorableText.of(text);
    }

    /** The text of the user's last message, in the list at the parser. */
    private @Nullable String lastSaidByUser() throws IOException {
        @Nullable String last = null;
        if (!parser.currentToken().isStructStart()) {
            return last;
        }
        while (nextElement()) {
            if (parser.currentToken() == JsonToken.START_OBJECT) {
                Message message = message();
                last = isUser(message.role) ? message.text : last;
            } else {
                parser.skipChildren();
            }
        }
        return last;
    }

    /** LangGraph calls the user human. */
    private static boolean isUser(@Nullable String role) {
        return "user".equals(role) || "human".equals(role);
    }

    /** Goes on to the next value of the list, or of the object, that the parser is in; false at its end. */
    private boolean nextElement() throws IOException {
        JsonToken next = parser.nextToken();
        if (next == JsonToken.FIELD_NAME) {
            next = parser.nextToken();
        }
        return !next.isStructEnd();
    }

    private record Message(@Nullable String role, @Nullable String text) {}

    /**
     * The message at the parser: its content is a text, or a list of parts with texts, and the message may have parts
     * beside it too.
     */
    private Message message() throws IOException {
        @Nullable String role = null;
        @Nullable String content = null;
        @Nullable String listed = null;
        @Nullable String parts = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "role" -> role = LeanJson.text(parser, ID_CHARS_MAX);
                case "type" -> {
                    @Nullable String type = LeanJson.text(parser, ID_CHARS_MAX);
                    role = role == null ? type : role;
                }
                case "content" -> {
                    listed = value == JsonToken.START_ARRAY ? joined() : null;
                    content = listed == null ? LeanJson.text(parser, RunStart.PROMPT_CHARS_MAX) : null;
                }
                case "parts" -> parts = joined();
                default -> parser.skipChildren();
            }
        }
        @Nullable String joined = listed == null ? parts : listed;
        return new Message(role, content != null || joined == null || joined.isEmpty() ? content : joined);
    }

    /** The texts of the parts in the list at the parser, each on lines of its own. */
    private String joined() throws IOException {
        if (!parser.currentToken().isStructStart()) {
            return "";
        }
        boolean list = parser.currentToken() == JsonToken.START_ARRAY;
        StringBuilder joined = new StringBuilder();
        while (nextElement()) {
            String text = textOfElement(list);
            String gap = joined.isEmpty() || text.isEmpty() ? "" : "\n";
            if (joined.length() + gap.length() + text.length() <= RunStart.PROMPT_CHARS_MAX) {
                joined.append(gap).append(text);
            }
        }
        return joined.toString();
    }

    /** @param list whether a string is a part, and not a member of anything */
    private String textOfElement(boolean list) throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            return textOfPart();
        }
        @Nullable
        String text = list && parser.currentToken() == JsonToken.VALUE_STRING
                ? LeanJson.text(parser, RunStart.PROMPT_CHARS_MAX)
                : null;
        parser.skipChildren();
        return text == null ? "" : text;
    }

    private String textOfPart() throws IOException {
        @Nullable String text = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean said = parser.currentName().equals("text");
            parser.nextToken();
            if (said) {
                text = LeanJson.text(parser, RunStart.PROMPT_CHARS_MAX);
            } else {
                parser.skipChildren();
            }
        }
        return text == null ? "" : text;
    }
}
