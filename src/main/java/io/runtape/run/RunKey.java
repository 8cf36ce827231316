package io.runtape.run;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What tells a run's row from others, and its thread's.
 *
 * @param pk the key that its row and its frames are stored under, unique in the database; the id of its node leads it
 * @param owner the id of the owner whose history it belongs to
 * @param agent the agent's name, where the call names one
 * @param title the title that its prompt gives to a thread without one, see {@link ThreadTitle}; null where it has none
 * @param createdAt when the call came in
 */
public record RunKey(
        long pk,
        String owner,
        @Nullable String agent,
        @Nullable String title,
        Instant createdAt) {

    /** How many bits of a run's key count the runs of one node; the bits above are the node's id. */
    public static final int RUN_BITS = 40;

    /** The node that records the run. */
    public long nodeId() {
        return nodeId(pk);
    }

    /** The node that records the run with this key. */
    public static long nodeId(long pk) {
        return pk >> RUN_BITS;
    }
}
