package io.runtape.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Verdict;
import io.runtape.journal.RunEnd;
import io.runtape.model.RunReason;
import io.runtape.model.RunStatus;
import io.runtape.upstream.AgentAnswer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How a run ends, by how its answer ended and what its events said. */
record Ending(Dialect dialect, Outcome outcome) {

    /** The end of a run whose answer is whole. */
    RunEnd whole(AgentAnswer answer, boolean cancelNoted) {
        @Nullable Verdict verdict = outcome.verdict();
        if (answer.status() < 200 || answer.status() > 299 || verdict == Verdict.FAILED) {
            return end(RunStatus.FAILED, RunReason.UPSTREAM_ERROR, false);
        }
        if (verdict == Verdict.CANCELLED || verdict == null && cancelNoted) {
            return end(RunStatus.CANCELLED, RunReason.CANCEL_REQUESTED, false);
        }
        return end(RunStatus.COMPLETED, null, false);
    }

    /** The end of a run whose answer broke off. */
    RunEnd cut(RunStatus status, RunReason reason) {
        return end(status, reason, true);
    }

    private RunEnd end(RunStatus status, @Nullable RunReason reason, boolean cut) {
        boolean known = !outcome.equals(Outcome.UNKNOWN);
        return new RunEnd(
                status,
                reason,
                cut,
                Instant.now(),
                known ? dialect.name() : null,
                json(outcome.result()),
                json(outcome.usage()),
                outcome.iterations() == null ? null : outcome.iterations().longValue(),
                json(error(outcome.error())));
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
        return node == null || node.isMissingNode() || node.isNull() ? null : node.toString();
    }
}
