package io.runtape.history.run;

import io.runtape.run.Run;
import io.runtape.run.RunTotals;
import org.jspecify.annotations.Nullable;

/**
 * A run as it stands.
 *
 * @param row its row; of a run that goes on, only what its beginning and its head wrote counts
 * @param live what is durable of a run that goes on; null once it has ended
 */
public record RunSnapshot(Run row, @Nullable RunTotals live) {

    /** How many frames it has that are durable. */
    public long frameCount() {
        return live == null ? row.frameCount : live.frames();
    }
}
