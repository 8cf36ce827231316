package io.runtape.history.run;

import io.runtape.run.Run;
import io.runtape.run.RunTotals;
import org.jspecify.annotations.Nullable;

/**
 * A run as it is at this moment.
 *
 * @param row its row; of a live run, only the columns from its beginning and its head are valid
 * @param live the durable totals of a live run; null once it has ended
 */
public record RunSnapshot(Run row, @Nullable RunTotals live) {

    /** How many durable frames the run has. */
    public long frameCount() {
        return live == null ? row.frameCount : live.frames();
    }
}
