package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The transcript of a run's response, for dialects with an {@link EventFold}: one message with its parts in the order
 * in which they began.
 */
final class FoldTranscript implements RunSink {

    private final FoldMemory memory = new FoldMemory();
    private final EventFold fold;
    private final PartPlaces places;
    private final List<PartDraft> drafts = new ArrayList<>();
    private final Map<Place, PartDraft.Prose> prose = new LinkedHashMap<>();
    private final Map<String, PartDraft.Call> calls = new HashMap<>();
    private final Map<String, StringBuilder> arguments = new LinkedHashMap<>();
    private final Map<String, StringBuilder> inputs = new LinkedHashMap<>();
    private final Map<String, PartDraft.Result> results = new HashMap<>();
    private @Nullable JsonNode result;
    private @Nullable Failure error;
    private boolean ended;

    /** Where a text or reasoning belongs, in the keys of its dialect. */
    private record Place(boolean reasoning, String message, String part) {}

    FoldTranscript(Function<RunSink, EventFold> dialect, PartPlaces places) {
        this.places = places;
        this.fold = dialect.apply(this);
    }

    void event(String type, JsonNode data) {
        fold.event(type, data);
    }

    void response(JsonNode body) {
        fold.response(body);
    }

    /** Whether any event has begun a part, even if that was taken back. */
    boolean hasBegun() {
        return !drafts.isEmpty() || result != null;
    }

    /** The messages; empty if no event was understood. */
    List<Message> messages() {
        fold.end();
        arguments.forEach((id, text) -> {
            PartDraft.Call call = calls.get(id);
            if (call != null && call.input() == null) {
                call.take(typed(text));
            }
        });
        inputs.forEach((id, text) -> {
            PartDraft.Call call = calls.get(id);
            if (call != null && call.input() == null) {
                call.take(TextNode.valueOf(text.toString()));
            }
        });
        List<Part> parts = new ArrayList<>();
        drafts.stream()
                .map(places::made)
                .filter(part -> !(part instanceof Part.Text text && text.text().isEmpty()))
                .filter(part -> !(part instanceof Part.Reasoning thought
                        && thought.text().isEmpty()))
                .forEach(parts::add);
        // A result that is not text, such as a graph's state, only repeats the parts, if there are any.
        if (result != null
                && (parts.isEmpty() || result.isTextual() && parts.stream().noneMatch(Part.Text.class::isInstance))) {
            parts.add(new Part.Text(JsonLines.of(result)));
        }
        return parts.isEmpty() ? List.of() : List.of(new Message(Role.ASSISTANT, parts));
    }

    /** Arguments that came in pieces. Some models write an empty text if there are no arguments. */
    private static JsonNode typed(StringBuilder text) {
        return Payload.whole(text.isEmpty() ? "{}" : text.toString());
    }

    /** The transcript so far, such that the same sink in another place goes on as this one would. */
    OpenTranscript open(String dialect) {
        Map<PartDraft, Place> places = new IdentityHashMap<>();
        Map<String, PartDraft> lasts = new HashMap<>();
        prose.forEach((place, draft) -> {
            places.put(draft, place);
            lasts.put(place.message(), draft);
        });
        List<OpenPart> parts =
                drafts.stream().map(draft -> open(draft, places, lasts)).toList();
        ObjectNode state = memory.json();
        arguments.forEach((id, text) -> {
            if (!calls.containsKey(id)) {
                state.withObjectProperty("arguments").put(id, text.toString());
            }
        });
        inputs.forEach((id, text) -> {
            PartDraft.Call call = calls.get(id);
            if (call == null || call.input() == null) {
                state.withObjectProperty("inputs").put(id, text.toString());
            }
        });
        if (result != null) {
            state.set("result", result);
        }
        List<OpenMessage> messages = parts.isEmpty() ? List.of() : List.of(new OpenMessage(Role.ASSISTANT, parts));
        return new OpenTranscript(dialect, messages, state);
    }

    private OpenPart open(PartDraft draft, Map<PartDraft, Place> places, Map<String, PartDraft> lasts) {
        Place place = places.get(draft);
        if (place != null) {
            return open((PartDraft.Prose) draft, place, lasts);
        }
        return draft instanceof PartDraft.Call call ? open(call) : OpenPart.inPlace(draft.part(), false);
    }

    /** A text is complete when it has come whole, or when a later one of its message has begun. */
    private OpenPart open(PartDraft.Prose draft, Place place, Map<String, PartDraft> lasts) {
        boolean open = !ended && !draft.isSettled() && lasts.get(place.message()) == draft;
        return new OpenPart(draft.part(), open, place.message(), place.part(), null);
    }

    private OpenPart open(PartDraft.Call call) {
        StringBuilder input = inputs.get(call.id());
        if (call.input() == null && input != null) {
            Part part = new Part.ToolCall(call.id(), call.name(), TextNode.valueOf(input.toString()));
            return OpenPart.inPlace(part, !ended && !results.containsKey(call.id()));
        }
        StringBuilder text = arguments.get(call.id());
        if (call.input() != null || text == null) {
            boolean open = !ended && call.input() == null && !results.containsKey(call.id());
            return OpenPart.inPlace(call.part(), open);
        }
        Part part = new Part.ToolCall(call.id(), call.name(), typed(text));
        return new OpenPart(part, !ended && !results.containsKey(call.id()), null, null, text.toString());
    }

    @Override
    public FoldMemory memory() {
        return memory;
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
    public void wholeOtherText(String message, String part, String text) {
        wholeText(message, part, text);
    }

    @Override
    public void wholeText(String message, String part, String text) {
        whole(prose(false, message, part), text);
    }

    @Override
    public void reasoning(String message, String part, String delta) {
        prose(true, message, part).append(delta);
    }

    @Override
    public void wholeReasoning(String message, String part, String text) {
        whole(prose(true, message, part), text);
    }

    private static void whole(PartDraft.Prose draft, String text) {
        draft.replace(text);
        draft.settle();
    }

    private PartDraft.Prose prose(boolean reasoning, String message, String part) {
        return prose.computeIfAbsent(new Place(reasoning, message, part), key -> {
            PartDraft.Prose fresh = new PartDraft.Prose(reasoning, "", false);
            drafts.add(places.begin(fresh));
            return fresh;
        });
    }

    @Override
    public void call(String message, String callId, String name) {
        PartDraft.Call known = calls.get(callId);
        if (known == null) {
            known = new PartDraft.Call(callId, name, null);
            calls.put(callId, known);
            drafts.add(places.begin(known));
        } else {
            known.rename(name);
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
                    whole.isTextual() ? Payload.whole(whole.textValue().isEmpty() ? "{}" : whole.textValue()) : whole);
        }
    }

    @Override
    public void result(String callId, @Nullable JsonNode output, boolean failed) {
        PartDraft.Call call = calls.get(callId);
        results.computeIfAbsent(callId, key -> {
                    PartDraft.Result fresh = new PartDraft.Result(callId, call == null ? "" : call.name());
                    drafts.add(places.begin(fresh));
                    return fresh;
                })
                .give(output, null, failed);
    }

    @Override
    public void file(@Nullable String path, @Nullable String url) {
        drafts.add(places.begin(new PartDraft.Whole(new Part.FilePart(path, null, null, url))));
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
            drafts.add(places.begin(new PartDraft.Whole(new Part.ErrorPart(failure.code(), failure.message()))));
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
        ended = verdict != null;
    }
}
