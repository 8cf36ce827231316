package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a live run, for dialects with an {@link EventFold}. Keeps only the text of the last message and the
 * figures, in bounded memory whatever the stream says.
 */
final class FoldDigest implements RunDigest, RunSink {

    /** The most characters of an id or a name. */
    private static final int NAME_CHARS_MAX = 1000;

    /** A message's further parts are left out. */
    private static final int PARTS_MAX = 1024;

    private final Dialect dialect;
    private final boolean saysThatItEnds;
    private final FoldMemory memory = new FoldMemory();
    private final EventFold fold;
    private @Nullable String id;
    private @Nullable String model;
    private String message = "";

    /**
     * The messages that have begun; the digest keeps the text of the last one. Later deltas of an earlier message do
     * not bring that message back, nor does its whole text, unless the last message was taken back. A message that has
     * been forgotten, because hundreds began after it, counts as a new one.
     */
    private final RecentIds begun = new RecentIds();

    /** The parts of the last message. */
    private final Map<String, StringBuilder> texts = new LinkedHashMap<>();

    private int chars;
    private @Nullable JsonNode result;
    private @Nullable String finishReason;
    private @Nullable Usage usage;
    private @Nullable Failure error;
    private @Nullable Verdict verdict;
    private boolean streamed;

    /** @param saysThatItEnds whether a stream of the dialect says that it is complete */
    FoldDigest(Dialect dialect, boolean saysThatItEnds, Function<RunSink, EventFold> fold) {
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
    public void unread(String type) {
        streamed = true;
        fold.unread(type);
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
        boolean inferred = streamed && !saysThatItEnds && verdict == Verdict.COMPLETED;
        return new Outcome(
                dialect.name(), verdict, result(), usage, null, failure, model, finishReason, id, unfinished, inferred);
    }

    @Override
    public @Nullable String upstreamRunId() {
        return id;
    }

    @Override
    public Dialect dialect() {
        return dialect;
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
    public FoldMemory memory() {
        return memory;
    }

    @Override
    public void id(String id) {
        // A stream of several runs is one run here, by its first id: that one is durable already.
        this.id = this.id == null ? cut(id, NAME_CHARS_MAX) : this.id;
    }

    @Override
    public void model(String model) {
        this.model = cut(model, NAME_CHARS_MAX);
    }

    @Override
    public void text(String message, String part, String delta) {
        if (!delta.isEmpty() && isLast(Ids.key(message))) {
            append(part(part), delta);
        }
    }

    @Override
    public void otherText(String message, String part, String delta) {
        // Not part of the outcome.
    }

    @Override
    public void wholeOtherText(String message, String part, String text) {
        // Not part of the outcome.
    }

    @Override
    public void wholeText(String message, String part, String text) {
        String key = Ids.key(message);
        if (text.isEmpty() ? !key.equals(this.message) : !isLast(key)) {
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
        String key = Ids.key(part);
        StringBuilder known = texts.get(key);
        if (known == null) {
            known = new StringBuilder();
            if (texts.size() < PARTS_MAX) {
                texts.put(key, known);
            }
        }
        return known;
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
    public void file(@Nullable String path, @Nullable String url) {
        // Not part of the outcome.
    }

    @Override
    public void resultIs(JsonNode result) {
        this.result = result.toString().length() <= KEPT_CHARS_MAX ? result : null;
    }

    @Override
    public void error(Failure failure) {
        error = cut(failure);
    }

    /** As much of a failure as is kept of a run. */
    static Failure cut(Failure failure) {
        return new Failure(cut(failure.code(), NAME_CHARS_MAX), cut(failure.message(), KEPT_CHARS_MAX));
    }

    private static String cut(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(max - 1)) ? max - 1 : max);
    }

    @Override
    public void finishReason(String reason) {
        finishReason = cut(reason, NAME_CHARS_MAX);
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
