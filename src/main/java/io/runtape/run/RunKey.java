package io.runtape.run;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What identifies a run's row and its thread's.
 *
 * @param pk the key of its row and its frames, unique in the database; its high bits are the id of its node
 * @param owner the id of its owner
 * @param agent the agent's name, if the call names one
 * @param title the title that its prompt gives to a thread without one, see {@link ThreadTitle}; null if the prompt
 *     gives none
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

    /** A key of the node that no run of it has: they count up from behind it. */
    public static long beforeFirst(long nodeId) {
        return nodeId << RUN_BITS;
    }

    /** The time at which the run may end now: no earlier than it began, whose gateway's clock may have been ahead. */
    public Instant now() {
        Instant now = Instant.now();
        return now.isBefore(createdAt) ? createdAt : now;
    }

    /** The node that records the run. */
    public long nodeId() {
        return nodeId(pk);
    }

    /** The node that records the run with this key. */
    public static long nodeId(long pk) {
        return pk >> RUN_BITS;
    }
}
