package io.runtape.history;

import io.runtape.model.Run;
import io.runtape.rows.RunTotals;
import org.jspecify.annotations.Nullable;

/**
 * A run as it stands.
 *
 * @param row its row; of a run that goes on, only what its beginning and its head wrote counts
 * @param live what is durable of a run that goes on; null once it has ended
 */
record RunSnapshot(Run row, @Nullable RunTotals live) {

    long frameCount() {
        return live == null ? row.frameCount : live.frames();
    }
}
