package io.runtape.diff;

import io.runtape.history.run.RunView;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The time that two runs took. */
@Schema(
        description = "The time that the runs took, in milliseconds.",
        requiredProperties = {"durationMs", "timeToFirstEventMs"})
record TimeDiff(
        @Schema(description = "From the beginning to the end; not known while the run goes on.")
        Figure durationMs,

        @Schema(description = "From the beginning to the first event.")
        Figure timeToFirstEventMs) {

    static TimeDiff of(RunView first, RunView second) {
        return new TimeDiff(
                Figure.of(first.durationMs(), second.durationMs()),
                Figure.of(first.timeToFirstEventMs(), second.timeToFirstEventMs()));
    }
}
