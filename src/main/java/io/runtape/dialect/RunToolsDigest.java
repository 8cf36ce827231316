package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a RunTools run. The last verdict wins: an error after which the agent works on, or completes, was a passing
 * one.
 */
final class RunToolsDigest implements RunDigest {
    private @Nullable Verdict verdict;
    private @Nullable JsonNode result;
    private @Nullable JsonNode usage;
    private @Nullable Integer iterations;
    private @Nullable Failure error;
    private String lastMessage = "";

    @Override
    public void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart) {
        if (type == null) {
            // Only the payload can tell the type of such an event.
            untyped(EventParser.parse(block, from, to, streamStart, ""));
            return;
        }
        RunToolsEvent event = RunToolsEvent.of(type);
        if (event.tellsOutcome()) {
            ServerSentEvent parsed = EventParser.parse(block, from, to, streamStart, "");
            if (parsed != null) {
                read(event, parsed.data());
            }
        } else if (event.isStep()) {
            forgetError();
        }
    }

    private void untyped(@Nullable ServerSentEvent parsed) {
        if (parsed == null) {
            return;
        }
        RunToolsEvent event = RunToolsEvent.of(Payload.typeIn(parsed.data()));
        if (event.tellsOutcome()) {
            read(event, parsed.data());
        } else if (event.isStep()) {
            forgetError();
        }
    }

    private void read(RunToolsEvent event, String data) {
        Payload payload = Payload.of(data);
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
                lastMessage = payload.text();
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

    /** An end that may carry another verdict than its name says: {@code run_completed} with the status {@code failed}. */
    private void ended(Payload payload, Verdict named) {
        Verdict stated = Verdict.of(payload.string("status"));
        if (stated == null && named == Verdict.COMPLETED && payload.field("error") != null) {
            stated = Verdict.FAILED;
        }
        verdict = stated == null ? named : stated;
        Failure earlier = error;
        error = null;
        if (verdict == Verdict.FAILED) {
            Failure own = payload.field("error") != null || named == Verdict.FAILED ? payload.failure() : null;
            error = own == null ? earlier : own;
        }
        figures(payload);
    }

    private void figures(Payload payload) {
        JsonNode given = payload.field("result", "output", "text");
        if (given != null) {
            result = given;
        }
        JsonNode counted = payload.object("usage");
        if (counted != null) {
            usage = counted;
        }
        Integer turns = payload.integer("iterations");
        if (turns != null) {
            iterations = turns;
        }
    }

    private void forgetError() {
        if (error != null) {
            error = null;
            verdict = null;
        }
    }

    private static Failure failure(Payload payload) {
        Failure stated = payload.failure();
        return stated == null ? new Failure(Failure.NO_CODE, "") : stated;
    }

    @Override
    public void response(byte[] body, int from, int to) {
        JsonNode node = Payload.parsed(new String(body, from, to - from, StandardCharsets.UTF_8));
        if (!node.isObject()) {
            return;
        }
        Payload payload = Payload.of(node);
        verdict = Verdict.of(payload.string("status"));
        if (payload.field("error") != null) {
            error = failure(payload);
            verdict = verdict == null ? Verdict.FAILED : verdict;
        }
        figures(payload);
    }

    @Override
    public Outcome outcome() {
        JsonNode answer = result == null && !lastMessage.isEmpty() ? TextNode.valueOf(lastMessage) : result;
        return new Outcome(verdict, answer, usage, iterations, error);
    }
}
