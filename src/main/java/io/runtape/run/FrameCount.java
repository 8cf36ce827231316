package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * What a run holds, counted from the summaries of the rows of its frames.
 *
 * @param totals of the frames before the first row that is found to be damaged, and of all if there is none
 * @param damage of that row; null if there is none
 */
public record FrameCount(RunTotals totals, @Nullable DamagedFramesException damage) {

    /**
     * The totals of all frames.
     *
     * @throws DamagedFramesException if a row is found to be damaged
     */
    RunTotals whole() throws DamagedFramesException {
        if (damage != null) {
            throw damage;
        }
        return totals;
    }
}
