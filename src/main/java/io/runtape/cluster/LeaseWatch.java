package io.runtape.cluster;

import io.runtape.cluster.Nodes.Other;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides which gateways are dead: those whose beat has stood still for a whole lease while this gateway watched it all
 * the time. Only this gateway's own monotonic clock counts, so clocks need not agree. After an outage of the database,
 * or a pause of this gateway, every gateway gets a new lease.
 */
final class LeaseWatch {

    private final long leaseNanos;
    private final Map<Long, Seen> seen = new HashMap<>();
    private boolean looked;
    private long lastLook;

    private record Seen(long beat, long since) {}

    LeaseWatch(long leaseNanos) {
        this.leaseNanos = leaseNanos;
    }

    /**
     * Takes the beats of all other gateways, as read from the database at that time.
     *
     * @param now the time by {@link System#nanoTime}
     * @return the dead ones
     */
    List<Other> dead(Map<Long, Other> others, long now) {
        if (!looked || now - lastLook > leaseNanos / 2) {
            seen.clear();
        }
        looked = true;
        lastLook = now;
        seen.keySet().retainAll(others.keySet());
        List<Other> dead = new ArrayList<>();
        for (Other other : others.values()) {
            Seen before = seen.get(other.nodeId());
            if (before == null || before.beat() != other.beat()) {
                before = new Seen(other.beat(), now);
                seen.put(other.nodeId(), before);
            }
            if (other.dead() || now - before.since() >= leaseNanos) {
                dead.add(other);
            }
        }
        return dead;
    }
}
