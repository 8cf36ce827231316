package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * What a run holds, counted from the rows of its frames.
 *
 * @param totals of the frames before the first row that cannot be read, and of all if there is none
 * @param damage of that row; null if all can be read
 */
public record FrameCount(RunTotals totals, @Nullable DamagedFramesException damage) {

    /**
     * The totals of all frames.
     *
     * @throws DamagedFramesException if a row cannot be read
     */
    RunTotals whole() throws DamagedFramesException {
        if (damage != null) {
            throw damage;
        }
        return totals;
    }
}
