package io.runtape.background;

import io.runtape.run.Run;
import io.runtape.run.RunStatus;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A run whose call only began a response in the background, and whose outcome is still open: the agent API answered that
 * the response is {@code queued} or {@code in_progress}.
 *
 * @param runPk the run's key
 * @param responseId the agent API's id of the response
 */
public record BackgroundRun(long runPk, String responseId) {

    /** The dialect of the API that has responses in the background. */
    static final String DIALECT = "openai-responses";

    /** The finish reasons of such runs. */
    static final Set<String> OPEN = Set.of("queued", "in_progress");

    /** The run as such a run, if it is one. */
    public static Optional<BackgroundRun> of(Run run) {
        @Nullable String responseId = run.upstreamRunId;
        boolean open = !run.stream
                && RunStatus.COMPLETED.label().equals(run.status)
                && DIALECT.equals(run.dialect)
                && run.finishReason != null
                && OPEN.contains(run.finishReason);
        return open && responseId != null ? Optional.of(new BackgroundRun(run.runPk, responseId)) : Optional.empty();
    }
}
