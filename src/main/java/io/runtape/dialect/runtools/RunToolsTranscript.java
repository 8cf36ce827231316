package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Failure;
import io.runtape.dialect.JsonLines;
import io.runtape.dialect.Message;
import io.runtape.dialect.OpenMessage;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.Part;
import io.runtape.dialect.PartDraft;
import io.runtape.dialect.PartPlaces;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import io.runtape.dialect.Verdict;
import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Folds the events of a RunTools run into messages. Everything that the agent does between two messages of the user is
 * one message, with its parts in the order in which they began. Confined to one thread.
 */
final class RunToolsTranscript {
    private static final String[] CALL_ID = {
        "toolCallId", "tool_call_id", "callId", "call_id", "toolUseId", "tool_use_id", "id"
    };

    private final List<Message> messages = new ArrayList<>();
    private final ToolCalls calls = new ToolCalls();
    private final PartPlaces places;
    private List<PartDraft> drafts = new ArrayList<>();
    private SaidPieces texts = new SaidPieces();
    private SaidPieces thoughts = new SaidPieces();
    private ToldOnce told = new ToldOnce();
    private boolean understood;

    RunToolsTranscript(PartPlaces places) {
        this.places = places;
    }

    void event(ServerSentEvent event) {
        RunToolsEvent meaning = RunToolsEvent.of(event.event());
        if (meaning == RunToolsEvent.OTHER) {
            meaning = RunToolsEvent.of(Payload.typeIn(event.data()));
        }
        if (meaning != RunToolsEvent.OTHER) {
            understood = true;
            take(meaning, RunToolsPayload.of(event.data()));
        }
    }

    /** Whether any event so far belonged to the dialect. */
    boolean isUnderstood() {
        return understood;
    }

    List<Message> messages() {
        List<Message> all = new ArrayList<>(messages);
        if (!drafts.isEmpty()) {
            all.add(assistant());
        }
        return all;
    }

    /** The messages, with each part that later events may change marked as open. */
    List<OpenMessage> openMessages() {
        List<OpenMessage> all = new ArrayList<>();
        for (Message message : messages) {
            all.add(new OpenMessage(
                    message.role(),
                    message.parts().stream()
                            .map(part -> OpenPart.inPlace(part, false))
                            .toList()));
        }
        if (!drafts.isEmpty()) {
            all.add(new OpenMessage(
                    Role.ASSISTANT,
                    drafts.stream()
                            .map(draft -> OpenPart.inPlace(draft.part(), isOpen(draft)))
                            .toList()));
        }
        return all;
    }

    private boolean isOpen(PartDraft draft) {
        return draft instanceof PartDraft.Prose text && !text.isSettled()
                || draft instanceof PartDraft.Call call && calls.isAnnounced(call)
                || draft instanceof PartDraft.Result result && !result.isGiven();
    }

    private void take(RunToolsEvent meaning, RunToolsPayload payload) {
        switch (meaning) {
            case USER_MESSAGE -> userMessage(payload.said());
            case MESSAGE -> {
                summed(true, payload.text("reasoning", "thinking"));
                summed(false, payload.said());
            }
            case MESSAGE_DELTA -> typed(false, payload.saidDelta());
            case THINKING_DELTA -> typed(true, payload.delta());
            case THINKING -> whole(new Part.Reasoning(payload.text()));
            case TOOL_CALL -> toolCall(payload);
            case TOOL_OUTPUT_DELTA -> result(payload).stream(payload.delta());
            case TOOL_RESULT -> result(payload).give(output(payload), payload.integer("exitCode"), isFailed(payload));
            case TOOL_CALL_COMPLETED -> toolCallCompleted(payload);
            case FILE_EDIT -> file(payload);
            case DEV_URL -> address(payload.string("url", "devUrl"));
            case ERROR, FAILED -> error(payload);
            case COMPLETED -> completed(payload);
            case RUN_STARTED, CANCELLED, OTHER -> {}
        }
    }

    /** The user's message ends the agent's message before it. */
    void userMessage(String text) {
        if (text.isEmpty()) {
            return;
        }
        if (!drafts.isEmpty()) {
            messages.add(assistant());
            drafts = new ArrayList<>();
            texts = new SaidPieces();
            thoughts = new SaidPieces();
            told = new ToldOnce();
        }
        messages.add(new Message(Role.USER, List.of(new Part.Text(text))));
    }

    private Message assistant() {
        return new Message(Role.ASSISTANT, drafts.stream().map(places::made).toList());
    }

    private void typed(boolean reasoning, String delta) {
        if (delta.isEmpty()) {
            return;
        }
        if (!drafts.isEmpty()
                && drafts.get(drafts.size() - 1) instanceof PartDraft.Prose last
                && last.takes(reasoning)) {
            last.append(delta);
        } else {
            add(new PartDraft.Prose(reasoning, delta, false));
        }
    }

    /**
     * Takes a full text, which usually repeats the deltas before it. If the last of those deltas have the same text,
     * the pieces stay where they are, even with tools and thoughts between them. Otherwise the text replaces the last
     * piece.
     */
    private void summed(boolean reasoning, String text) {
        if (text.isBlank()) {
            return;
        }
        SaidPieces pieces = pieces(reasoning);
        PartDraft.@Nullable Prose last = pieces.lastOpen();
        if (last == null) {
            add(new PartDraft.Prose(reasoning, text, true));
        } else if (!pieces.openEnd(text)) {
            last.replace(text);
        }
        pieces.settle();
    }

    private SaidPieces pieces(boolean reasoning) {
        return reasoning ? thoughts : texts;
    }

    private void toolCall(RunToolsPayload payload) {
        JsonNode function = payload.object("function");
        RunToolsPayload called = function == null ? payload : RunToolsPayload.of(function);
        String name = Objects.requireNonNullElse(called.string("name", "tool", "toolName"), "");
        JsonNode input = called.field("arguments", "input", "args", "params", "parameters");
        // Arguments often come as JSON in a string, as models write them.
        JsonNode arguments = input != null && input.isTextual() ? Payload.whole(input.asText()) : input;
        call(payload.id(CALL_ID), name, arguments);
    }

    /** A call begins, or an announced one is completed. */
    void call(@Nullable String id, String name, @Nullable JsonNode input) {
        PartDraft.Call fresh = calls.called(id, name, input);
        if (fresh != null) {
            add(fresh);
        }
    }

    private PartDraft.Result result(RunToolsPayload payload) {
        return result(payload.id(CALL_ID), payload.string("name", "tool", "toolName"));
    }

    /** The result that an output of this call, or of this tool, belongs to; it begins if there is none. */
    PartDraft.Result result(@Nullable String id, @Nullable String name) {
        return calls.result(id, name, this::add);
    }

    /** Begins a part of the agent's message. */
    void add(PartDraft draft) {
        drafts.add(places.begin(draft));
        if (draft instanceof PartDraft.Prose piece) {
            pieces(piece.isReasoning()).add(piece);
        } else if (draft instanceof PartDraft.Whole whole) {
            told.add(whole.part());
        }
    }

    /** Ends a call. Some runtimes put the result into this event, others send it separately; an error replaces no such result. */
    private void toolCallCompleted(RunToolsPayload payload) {
        JsonNode output = payload.field("output", "result");
        JsonNode error = payload.error();
        if (output != null || error != null) {
            PartDraft.Result result = result(payload);
            JsonNode told = output == null && !result.isGiven() ? error : output;
            result.give(told, payload.integer("exitCode"), isFailed(payload));
        }
    }

    private static @Nullable JsonNode output(RunToolsPayload payload) {
        JsonNode output = payload.field("output", "result", "content", "text");
        if (output != null) {
            return output;
        }
        JsonNode error = payload.error();
        return error == null ? payload.plain() : error;
    }

    private static boolean isFailed(RunToolsPayload payload) {
        JsonNode error = payload.error();
        JsonNode flag = payload.field("isError", "is_error");
        Integer exitCode = payload.integer("exitCode");
        return error != null
                || (flag != null && flag.asBoolean())
                || (exitCode != null && exitCode != 0)
                || Verdict.of(payload.string("status")) == Verdict.FAILED;
    }

    private void file(RunToolsPayload payload) {
        String path = payload.string("path", "file", "filename", "name");
        if (path != null) {
            whole(new Part.FilePart(path, payload.string("action"), payload.string("diff", "patch"), null));
        }
    }

    private void address(@Nullable String url) {
        if (url != null && !told.hasAddress(url)) {
            whole(new Part.FilePart(null, null, null, url));
        }
    }

    private void error(RunToolsPayload payload) {
        Failure failure = payload.failure();
        Part.ErrorPart part = failure == null
                ? new Part.ErrorPart(Failure.NO_CODE, "")
                : new Part.ErrorPart(failure.code(), failure.message());
        if (!told.has(part)) {
            whole(part);
        }
    }

    /** Ends a run, with its response if no message gave it before. */
    private void completed(RunToolsPayload payload) {
        JsonNode result = payload.field("result", "output", "text");
        if (result != null) {
            // A value too large to expand is not text either.
            if (result.isContainerNode() || result.isPojo()) {
                if (texts.isEmpty()) {
                    add(new PartDraft.Prose(false, JsonLines.of(result), true));
                }
            } else if (!result.asText().isBlank() && !texts.end(result.asText())) {
                summed(false, result.asText());
            }
        }
        JsonNode files = payload.field("files");
        if (files != null) {
            files.forEach(this::finishedFile);
        }
        address(payload.string("devUrl"));
        if (payload.error() != null) {
            error(payload);
        }
    }

    private void finishedFile(JsonNode entry) {
        String path =
                entry.isTextual() ? entry.asText() : RunToolsPayload.of(entry).string("path", "file", "name");
        if (path != null && !told.hasPath(path)) {
            whole(new Part.FilePart(path, null, null, null));
        }
    }

    private void whole(Part part) {
        add(new PartDraft.Whole(part));
    }
}
