package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a live run, for dialects with an {@link EventFold}. Keeps only the text of the last message and the
 * figures.
 */
final class FoldDigest implements RunDigest, RunSink {

    /**
     * The most characters of a text in a run's row. Another value is left out if it is longer. Lists of runs show these
     * values, and a live run holds them until its end. The events have the full text.
     */
    public static final int KEPT_CHARS_MAX = 1 << 20;

    private final String dialect;
    private final boolean saysThatItEnds;
    private final EventFold fold;
    private @Nullable String id;
    private @Nullable String model;
    private String message = "";

    /**
     * The messages that have begun; the digest keeps the text of the last one. Later deltas of an earlier message do
     * not bring that message back, nor does its whole text, unless the last message was taken back.
     */
    private final Set<String> begun = new HashSet<>();

    private final Map<String, StringBuilder> texts = new LinkedHashMap<>();
    private int chars;
    private @Nullable JsonNode result;
    private @Nullable String finishReason;
    private @Nullable Usage usage;
    private @Nullable Failure error;
    private @Nullable Verdict verdict;
    private boolean streamed;

    /** @param saysThatItEnds whether a stream of the dialect says that it is complete */
    FoldDigest(String dialect, boolean saysThatItEnds, Function<RunSink, EventFold> fold) {
        this.dialect = dialect;
        this.saysThatItEnds = saysThatItEnds;
        this.fold = fold.apply(this);
    }

    @Override
    public void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart) {
        streamed = true;
        if (type != null && !fold.concernsOutcome(type)) {
            return;
        }
        ServerSentEvent parsed = EventParser.parse(block, from, to, streamStart, "");
        if (parsed != null) {
            JsonNode data = Payload.parsed(parsed.data());
            fold.event(type == null ? EventType.of(data) : type, data);
        }
    }

    @Override
    public void response(byte[] body, int from, int to) {
        fold.response(Payload.parsed(new String(body, from, to - from, StandardCharsets.UTF_8)));
    }

    @Override
    public Outcome outcome() {
        fold.end();
        // An error before a successful attempt does not fail the run.
        Failure failure = verdict == Verdict.COMPLETED ? null : error;
        boolean unfinished = streamed && saysThatItEnds && verdict == null;
        return new Outcome(dialect, verdict, result(), usage, null, failure, model, finishReason, id, unfinished);
    }

    private @Nullable JsonNode result() {
        if (result != null || texts.isEmpty()) {
            return result;
        }
        StringBuilder joined = new StringBuilder(chars);
        texts.values().forEach(joined::append);
        return joined.isEmpty() ? null : TextNode.valueOf(joined.toString());
    }

    @Override
    public void id(String id) {
        this.id = id;
    }

    @Override
    public void model(String model) {
        this.model = model;
    }

    @Override
    public void text(String message, String part, String delta) {
        if (!delta.isEmpty() && isLast(message)) {
            append(part(part), delta);
        }
    }

    @Override
    public void otherText(String message, String part, String delta) {
        // Not part of the outcome.
    }

    @Override
    public void wholeText(String message, String part, String text) {
        if (text.isEmpty() ? !message.equals(this.message) : !isLast(message)) {
            return;
        }
        StringBuilder kept = part(part);
        chars -= kept.length();
        kept.setLength(0);
        append(kept, text);
    }

    private boolean isLast(String message) {
        if (begun.add(message) || chars == 0) {
            this.message = message;
            texts.clear();
            chars = 0;
        }
        return message.equals(this.message);
    }

    private StringBuilder part(String part) {
        return texts.computeIfAbsent(part, key -> new StringBuilder());
    }

    private void append(StringBuilder to, String text) {
        int room = Math.max(0, KEPT_CHARS_MAX - chars);
        int length = Math.min(text.length(), room);
        if (length < text.length() && length > 0 && Character.isHighSurrogate(text.charAt(length - 1))) {
            length--;
        }
        to.append(text, 0, length);
        chars += length;
    }

    @Override
    public void reasoning(String message, String part, String delta) {
        // Not part of the outcome.
    }

    @Override
    public void wholeReasoning(String message, String part, String text) {
        // Not part of the outcome.
    }

    @Override
    public void call(String message, String callId, String name) {
        // Not part of the outcome.
    }

    @Override
    public void arguments(String callId, String delta) {
        // Not part of the outcome.
    }

    @Override
    public void input(String callId, String delta) {
        // Not part of the outcome.
    }

    @Override
    public void wholeInput(String callId, String text) {
        // Not part of the outcome.
    }

    @Override
    public void wholeArguments(String callId, JsonNode arguments) {
        // Not part of the outcome.
    }

    @Override
    public void result(String callId, @Nullable JsonNode output, boolean failed) {
        // Not part of the outcome.
    }

    @Override
    public void resultIs(JsonNode result) {
        this.result = result.toString().length() <= KEPT_CHARS_MAX ? result : null;
    }

    @Override
    public void error(Failure failure) {
        error = failure;
    }

    @Override
    public void finishReason(String reason) {
        finishReason = reason;
    }

    @Override
    public void usage(Usage usage) {
        this.usage = usage;
    }

    @Override
    public void end(@Nullable Verdict verdict) {
        this.verdict = verdict;
    }
}
