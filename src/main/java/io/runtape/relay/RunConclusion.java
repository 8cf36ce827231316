package io.runtape.relay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Verdict;
import io.runtape.run.RunEnd;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.upstream.AgentResponse;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a run ends, by its response and its events; all values are the texts to store.
 *
 * @param verdict how it ended, by its events
 * @param dialect the dialect of the events; null if they say nothing
 * @param result any JSON
 * @param usage a JSON object
 * @param iterations how many turns the agent took
 * @param error a JSON object
 */
record RunConclusion(
        @Nullable Verdict verdict,
        @Nullable String dialect,
        @Nullable String result,
        @Nullable String usage,
        @Nullable Long iterations,
        @Nullable String error) {

    /** The events say nothing. */
    static final RunConclusion UNKNOWN = new RunConclusion(null, null, null, null, null, null);

    /** The outcome of the events, as texts. */
    static RunConclusion of(Dialect dialect, Outcome outcome) {
        return outcome.equals(Outcome.UNKNOWN)
                ? UNKNOWN
                : new RunConclusion(
                        outcome.verdict(),
                        dialect.name(),
                        json(outcome.result()),
                        json(outcome.usage()),
                        outcome.iterations() == null
                                ? null
                                : outcome.iterations().longValue(),
                        json(error(outcome.error())));
    }

    /**
     * Whether a passed cancel would explain the end of a run with this complete response: neither the response nor its
     * events do.
     */
    boolean isExplainedByCancel(AgentResponse response) {
        return isSuccess(response) && verdict == null;
    }

    /** The end of a run whose response is complete. */
    RunEnd whole(AgentResponse response, boolean cancelNoted, Instant at) {
        if (!isSuccess(response) || verdict == Verdict.FAILED) {
            return end(RunStatus.FAILED, RunReason.UPSTREAM_ERROR, false, at);
        }
        if (verdict == Verdict.CANCELLED || verdict == null && cancelNoted) {
            return end(RunStatus.CANCELLED, RunReason.CANCEL_REQUESTED, false, at);
        }
        return end(RunStatus.COMPLETED, null, false, at);
    }

    private static boolean isSuccess(AgentResponse response) {
        return response.status() >= 200 && response.status() <= 299;
    }

    /** The end of a run whose response broke off. */
    RunEnd cut(RunStatus status, RunReason reason, Instant at) {
        return end(status, reason, true, at);
    }

    private RunEnd end(RunStatus status, @Nullable RunReason reason, boolean cut, Instant at) {
        return new RunEnd(status, reason, cut, at, dialect, result, usage, iterations, error);
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
