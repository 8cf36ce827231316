package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Payload;
import io.runtape.dialect.RunDigest;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a RunTools run. The last verdict wins: if the agent works on after an error, or completes, the error
 * was temporary.
 */
final class RunToolsDigest implements RunDigest {
    private final Dialect dialect;
    private final int charsMax;
    private final Function<JsonNode, @Nullable Failure> failureInBody;
    private @Nullable Verdict verdict;
    private @Nullable JsonNode result;
    private @Nullable Usage usage;
    private @Nullable Integer iterations;
    private @Nullable Failure error;
    private String lastMessage = "";

    /** @param charsMax longer texts are cut, and longer values of another kind are left out */
    RunToolsDigest(Dialect dialect, int charsMax) {
        this(dialect, charsMax, body -> null);
    }

    /** @param failureInBody reads a response that need not be RunTools' own; null is nothing */
    RunToolsDigest(Dialect dialect, int charsMax, Function<JsonNode, @Nullable Failure> failureInBody) {
        this.dialect = dialect;
        this.charsMax = charsMax;
        this.failureInBody = failureInBody;
    }

    @Override
    public void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart) {
        @Nullable RunToolsEvent named = type == null ? null : RunToolsEvent.of(type);
        if (named != null && named.meaning() != RunToolsEvent.Meaning.OUTCOME) {
            goesOn(named);
            return;
        }
        ServerSentEvent parsed = EventParser.parse(block, from, to, streamStart, "");
        if (parsed == null) {
            return;
        }
        // Only the payload has the type of an event without a name.
        take(named == null ? RunToolsEvent.of(Payload.typeIn(parsed.data())) : named, parsed.data());
    }

    @Override
    public void unread(String type) {
        take(RunToolsEvent.of(type), "");
    }

    private void take(RunToolsEvent event, String data) {
        if (event.meaning() == RunToolsEvent.Meaning.OUTCOME) {
            read(event, data);
        } else {
            goesOn(event);
        }
    }

    private void goesOn(RunToolsEvent event) {
        if (event.meaning() == RunToolsEvent.Meaning.STEP) {
            forgetError();
        }
    }

    private void read(RunToolsEvent event, String data) {
        RunToolsPayload payload = RunToolsPayload.of(data);
        switch (event) {
            case COMPLETED -> ended(payload, Verdict.COMPLETED);
            case FAILED -> ended(payload, Verdict.FAILED);
            case CANCELLED -> ended(payload, Verdict.CANCELLED);
            case ERROR -> {
                verdict = Verdict.FAILED;
                error = failure(payload);
            }
            case MESSAGE -> {
                forgetError();
                lastMessage = cut(payload.said());
            }
            case RUN_STARTED,
                    USER_MESSAGE,
                    MESSAGE_DELTA,
                    THINKING,
                    THINKING_DELTA,
                    TOOL_CALL,
                    TOOL_OUTPUT_DELTA,
                    TOOL_RESULT,
                    TOOL_CALL_COMPLETED,
                    FILE_EDIT,
                    DEV_URL,
                    OTHER -> throw new IllegalArgumentException("Tells no outcome: " + event);
        }
    }

    /**
     * Ends the run with a verdict that may differ from the event's name, as in {@code run_completed} with the status
     * {@code failed}.
     */
    private void ended(RunToolsPayload payload, Verdict named) {
        Verdict stated = Verdict.of(payload.string("status"));
        if (stated == null && named == Verdict.COMPLETED && payload.error() != null) {
            stated = Verdict.FAILED;
        }
        verdict = stated == null ? named : stated;
        Failure earlier = error;
        error = null;
        if (verdict == Verdict.FAILED) {
            Failure own = payload.error() != null || named == Verdict.FAILED ? payload.failure() : null;
            error = own == null ? earlier : cut(own);
        }
        figures(payload);
    }

    private void figures(RunToolsPayload payload) {
        JsonNode given = payload.field("result", "output", "text");
        if (given != null) {
            result = kept(given);
        }
        JsonNode counted = payload.object("usage");
        if (counted != null) {
            usage = usage(counted);
        }
        Integer turns = payload.integer("iterations");
        if (turns != null) {
            iterations = turns;
        }
    }

    /** RunTools' documentation spells the names in two ways. */
    private static Usage usage(JsonNode counted) {
        return new Usage(
                count(counted, "inputTokens", "input_tokens", "promptTokens", "prompt_tokens"),
                count(counted, "outputTokens", "output_tokens", "completionTokens", "completion_tokens"),
                count(counted, "cachedInputTokens", "cached_input_tokens", "cacheReadTokens", "cache_read_tokens"),
                count(counted, "cacheWriteTokens", "cache_write_tokens"),
                count(counted, "reasoningTokens", "reasoning_tokens"));
    }

    private static @Nullable Long count(JsonNode counted, String... names) {
        for (String name : names) {
            Long count = Usage.count(counted, "/" + name);
            if (count != null) {
                return count;
            }
        }
        return null;
    }

    private @Nullable JsonNode kept(JsonNode value) {
        if (value.isTextual()) {
            String text = value.textValue();
            return text.length() <= charsMax ? value : TextNode.valueOf(cut(text));
        }
        // Most values are small, and a small value takes no more memory than its text.
        return value.isValueNode() && !value.isPojo() || value.toString().length() <= charsMax ? value : null;
    }

    private String cut(String text) {
        if (text.length() <= charsMax) {
            return text;
        }
        boolean half = Character.isHighSurrogate(text.charAt(charsMax - 1));
        return text.substring(0, half ? charsMax - 1 : charsMax);
    }

    private void forgetError() {
        if (error != null) {
            error = null;
            verdict = null;
        }
    }

    private Failure failure(RunToolsPayload payload) {
        Failure stated = payload.failure();
        return stated == null ? new Failure(Failure.NO_CODE, "") : cut(stated);
    }

    /** @param told what a body that need not be RunTools' own says; an error in an envelope, and what it lacks, only RunTools has */
    private Failure failure(RunToolsPayload payload, @Nullable Failure told) {
        if (told == null || payload.hasWrappedError()) {
            return failure(payload);
        }
        if (payload.error() == null) {
            return cut(told);
        }
        Failure own = failure(payload);
        return new Failure(
                told.code().equals(Failure.NO_CODE) ? own.code() : cut(told.code()),
                told.message().isEmpty() ? own.message() : cut(told.message()));
    }

    private Failure cut(Failure failure) {
        return new Failure(cut(failure.code()), cut(failure.message()));
    }

    @Override
    public void response(byte[] body, int from, int to) {
        JsonNode node = Payload.parsed(new String(body, from, to - from, StandardCharsets.UTF_8));
        Failure told = failureInBody.apply(node);
        if (!node.isObject() && told == null) {
            return;
        }
        RunToolsPayload payload = RunToolsPayload.of(node);
        verdict = Verdict.of(payload.string("status"));
        if (told != null || payload.error() != null) {
            error = failure(payload, told);
            verdict = verdict == null ? Verdict.FAILED : verdict;
        }
        figures(payload);
    }

    /** Always null: the agent API tells the id in a header, or in the response's {@code data}. */
    @Override
    public @Nullable String upstreamRunId() {
        return null;
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public Outcome outcome() {
        JsonNode response = result == null && !lastMessage.isEmpty() ? TextNode.valueOf(lastMessage) : result;
        return verdict == null && response == null && usage == null && iterations == null && error == null
                ? Outcome.UNKNOWN
                : new Outcome(
                        dialect.name(), verdict, response, usage, iterations, error, null, null, null, false, false);
    }
}
