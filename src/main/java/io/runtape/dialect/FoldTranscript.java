package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The transcript of a run's response, for dialects with an {@link EventFold}: one message with its parts in the order
 * in which they began.
 */
final class FoldTranscript implements RunSink {

    private final EventFold fold;
    private final List<PartDraft> drafts = new ArrayList<>();
    private final Map<String, PartDraft.Prose> prose = new HashMap<>();
    private final Map<String, PartDraft.Call> calls = new HashMap<>();
    private final Map<String, StringBuilder> arguments = new HashMap<>();
    private final Map<String, StringBuilder> inputs = new HashMap<>();
    private final Map<String, PartDraft.Result> results = new HashMap<>();
    private @Nullable JsonNode result;
    private @Nullable Failure error;

    FoldTranscript(Function<RunSink, EventFold> dialect) {
        this.fold = dialect.apply(this);
    }

    void event(String type, JsonNode data) {
        fold.event(type, data);
    }

    void response(JsonNode body) {
        fold.response(body);
    }

    /** The messages; empty if no event was understood. */
    List<Message> messages() {
        fold.end();
        arguments.forEach((id, text) -> {
            PartDraft.Call call = calls.get(id);
            if (call != null && call.input == null) {
                // Some models write an empty text if there are no arguments.
                call.take(Payload.parsed(text.isEmpty() ? "{}" : text.toString()));
            }
        });
        inputs.forEach((id, text) -> {
            PartDraft.Call call = calls.get(id);
            if (call != null && call.input == null) {
                call.take(TextNode.valueOf(text.toString()));
            }
        });
        List<Part> parts = new ArrayList<>();
        drafts.stream()
                .map(PartDraft::part)
                .filter(part -> !(part instanceof Part.Text text && text.text().isEmpty()))
                .filter(part -> !(part instanceof Part.Reasoning thought
                        && thought.text().isEmpty()))
                .forEach(parts::add);
        // A result that is not text, such as a graph's state, only repeats the parts, if there are any.
        if (result != null
                && (parts.isEmpty() || result.isTextual() && parts.stream().noneMatch(Part.Text.class::isInstance))) {
            parts.add(new Part.Text(result.isTextual() ? result.textValue() : result.toPrettyString()));
        }
        return parts.isEmpty() ? List.of() : List.of(new Message(Role.ASSISTANT, parts));
    }

    @Override
    public void text(String message, String part, String delta) {
        prose(false, message, part).append(delta);
    }

    @Override
    public void otherText(String message, String part, String delta) {
        text(message, part, delta);
    }

    @Override
    public void wholeText(String message, String part, String text) {
        prose(false, message, part).replace(text);
    }

    @Override
    public void reasoning(String message, String part, String delta) {
        prose(true, message, part).append(delta);
    }

    @Override
    public void wholeReasoning(String message, String part, String text) {
        prose(true, message, part).replace(text);
    }

    private PartDraft.Prose prose(boolean reasoning, String message, String part) {
        return prose.computeIfAbsent((reasoning ? "r" : "t") + message + '\n' + part, key -> {
            PartDraft.Prose fresh = new PartDraft.Prose(reasoning, "", false);
            drafts.add(fresh);
            return fresh;
        });
    }

    @Override
    public void call(String message, String callId, String name) {
        PartDraft.Call known = calls.get(callId);
        if (known == null) {
            known = new PartDraft.Call(callId, name, null);
            calls.put(callId, known);
            drafts.add(known);
        } else if (!name.isEmpty()) {
            known.name = name;
        }
    }

    @Override
    public void arguments(String callId, String delta) {
        arguments.computeIfAbsent(callId, key -> new StringBuilder()).append(delta);
    }

    @Override
    public void input(String callId, String delta) {
        inputs.computeIfAbsent(callId, key -> new StringBuilder()).append(delta);
    }

    @Override
    public void wholeInput(String callId, String text) {
        PartDraft.Call call = calls.get(callId);
        if (call != null) {
            call.take(TextNode.valueOf(text));
        }
    }

    @Override
    public void wholeArguments(String callId, JsonNode whole) {
        PartDraft.Call call = calls.get(callId);
        if (call != null) {
            // Models write arguments as JSON in a text.
            call.take(
                    whole.isTextual() ? Payload.parsed(whole.textValue().isEmpty() ? "{}" : whole.textValue()) : whole);
        }
    }

    @Override
    public void result(String callId, @Nullable JsonNode output, boolean failed) {
        PartDraft.Call call = calls.get(callId);
        results.computeIfAbsent(callId, key -> {
                    PartDraft.Result fresh = new PartDraft.Result(callId, call == null ? "" : call.name);
                    drafts.add(fresh);
                    return fresh;
                })
                .give(output, null, failed);
    }

    @Override
    public void resultIs(JsonNode result) {
        this.result = result;
    }

    /**
     * An error may come twice, for example in an error event and in the failed response; the transcript shows it once.
     */
    @Override
    public void error(Failure failure) {
        if (!failure.equals(error)) {
            drafts.add(new PartDraft.Whole(new Part.ErrorPart(failure.code(), failure.message())));
        }
        error = failure;
    }

    @Override
    public void id(String id) {
        // Not part of the transcript.
    }

    @Override
    public void model(String model) {
        // Not part of the transcript.
    }

    @Override
    public void finishReason(String reason) {
        // Not part of the transcript.
    }

    @Override
    public void usage(Usage usage) {
        // Not part of the transcript.
    }

    @Override
    public void end(@Nullable Verdict verdict) {
        // Not part of the transcript.
    }
}
