package io.runtape.relay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;
import io.runtape.run.RunEnd;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.store.StorableText;
import io.runtape.upstream.AgentResponse;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a run ends, decided by the end of its response and by its events.
 *
 * @param verdict the run's end, as its events report it
 * @param brokeOff whether a stream that ends now, without a verdict, has broken off by the rules of its dialect
 * @param inferred whether the verdict only follows from the stream's end in good order
 * @param outcome the run's outcome, as its events report it
 */
public record RunConclusion(@Nullable Verdict verdict, boolean brokeOff, boolean inferred, RunOutcome outcome) {

    /** A conclusion without any information from events. */
    static final RunConclusion UNKNOWN = new RunConclusion(null, false, false, RunOutcome.UNKNOWN);

    /** The usage of a completed run whose agent API told none. */
    static final String NO_USAGE = usage(Usage.UNKNOWN, "none").toString();

    private static final int WORD_CHARS_MAX = 100;

    /** Writes the outcome out as text. */
    static RunConclusion of(Outcome outcome) {
        return new RunConclusion(
                outcome.verdict(),
                outcome.unfinished(),
                outcome.inferred(),
                new RunOutcome(
                        outcome.dialect(),
                        RunRequest.cut(outcome.model()),
                        word(outcome.finishReason()),
                        json(outcome.result()),
                        usage(outcome),
                        outcome.iterations() == null
                                ? null
                                : outcome.iterations().longValue(),
                        json(error(outcome.error()))));
    }

    /**
     * The end of a run whose agent API tells it later than in the response to the call.
     *
     * @param at when the end came
     * @return empty if the outcome has no verdict
     */
    public static Optional<RunEnd> told(Outcome outcome, Instant at) {
        return of(outcome).told(at);
    }

    private Optional<RunEnd> told(Instant at) {
        return Optional.ofNullable(verdict).map(known -> switch (known) {
            case COMPLETED -> end(RunStatus.COMPLETED, null, false, at);
            case FAILED -> end(RunStatus.FAILED, RunReason.UPSTREAM_ERROR, false, at);
            case CANCELLED -> end(RunStatus.CANCELLED, RunReason.CANCEL_REQUESTED, false, at);
        });
    }

    private static @Nullable String word(@Nullable String word) {
        return word == null ? null : StorableText.of(word, WORD_CHARS_MAX);
    }

    /** Null if the run did not complete as its dialect says, so that nothing can be said of its usage. */
    private static @Nullable String usage(Outcome outcome) {
        Usage told = outcome.usage();
        if (told != null) {
            return json(usage(told, "upstream"));
        }
        return outcome.dialect() != null && outcome.verdict() == Verdict.COMPLETED ? NO_USAGE : null;
    }

    private static ObjectNode usage(Usage usage, String source) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("inputTokens", usage.inputTokens())
                .put("outputTokens", usage.outputTokens())
                .put("cachedInputTokens", usage.cachedInputTokens())
                .put("cacheWriteTokens", usage.cacheWriteTokens())
                .put("reasoningTokens", usage.reasoningTokens())
                .put("source", source);
    }

    /**
     * Whether a passed cancel would explain the end of a run with this complete response: neither the response nor its
     * events explain it.
     */
    boolean isExplainedByCancel(AgentResponse response) {
        return isSuccess(response) && isOpen();
    }

    /** Whether the events leave open why the stream ended. */
    private boolean isOpen() {
        return verdict == null || inferred;
    }

    /** The end of a run whose response is complete. */
    RunEnd whole(AgentResponse response, boolean cancelNoted, Instant at) {
        if (!isSuccess(response)) {
            return end(RunStatus.FAILED, RunReason.UPSTREAM_ERROR, false, at);
        }
        if (cancelNoted && inferred) {
            return end(RunStatus.CANCELLED, RunReason.CANCEL_REQUESTED, false, at);
        }
        return told(at).orElseGet(() -> untold(cancelNoted, at));
    }

    private RunEnd untold(boolean cancelNoted, Instant at) {
        if (cancelNoted) {
            return end(RunStatus.CANCELLED, RunReason.CANCEL_REQUESTED, false, at);
        }
        return brokeOff
                ? end(RunStatus.FAILED, RunReason.UPSTREAM_CLOSED, false, at)
                : end(RunStatus.COMPLETED, null, false, at);
    }

    static boolean isSuccess(AgentResponse response) {
        return response.status() >= 200 && response.status() <= 299;
    }

    /** The end of a run whose response broke off. */
    RunEnd cut(RunStatus status, RunReason reason, Instant at) {
        return end(status, reason, true, at);
    }

    private RunEnd end(RunStatus status, @Nullable RunReason reason, boolean cut, Instant at) {
        return new RunEnd(status, reason, cut, at, outcome);
    }

    private static @Nullable JsonNode error(@Nullable Failure failure) {
        return failure == null
                ? null
                : JsonNodeFactory.instance
                        .objectNode()
                        .put("code", failure.code())
                        .put("message", failure.message());
    }

    private static @Nullable String json(@Nullable JsonNode node) {
        return node == null || node.isMissingNode() || node.isNull() ? null : StorableText.of(node.toString());
    }
}
