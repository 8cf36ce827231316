package io.runtape.journal;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What tells a run's row from others, and its thread's. */
record RunKey(long pk, String owner, @Nullable String agent, Instant createdAt) {

    /** How many bits of a run's key count the runs of one node; the bits above are the node's id. */
    static final int RUN_BITS = 40;

    /** The node that records the run. */
    long nodeId() {
        return nodeId(pk);
    }

    /** The node that records the run with this key. */
    static long nodeId(long pk) {
        return pk >> RUN_BITS;
    }
}
