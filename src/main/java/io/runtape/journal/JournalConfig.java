package io.runtape.journal;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the journal. */
@ConfigMapping(prefix = "runtape")
public interface JournalConfig {

    /**
     * How long live runs wait for a database that is away. Past it they end as failed with reason store_unavailable,
     * and the gateway cuts their clients off. Raise it if the database's failover takes longer.
     */
    @WithDefault("60s")
    Duration storeTimeout();

    /**
     * The least time from the beginning of one commit to that of the next while commits follow each other; a commit
     * after a pause does not wait. A longer time saves CPU of gateway and database, and delays frames by up to as much.
     * At most a second. Unset, it is 0.3 ms on H2; on PostgreSQL, after commits of 4 to 256 frames, it is twice the
     * time of the commit, with a rest of 2 ms at most.
     */
    Optional<Duration> commitDistance();

    /**
     * How long live runs may go on after SIGTERM. Runs that are still live then end as failed with reason
     * gateway_stopped.
     */
    @WithDefault("10m")
    Duration drainTimeout();

    /**
     * How many runs this gateway records at once; a call past it gets 429 and is not recorded. Each run holds two
     * sockets and tens of kilobytes. Lower it if memory or open files do not suffice.
     */
    @WithDefault("10000")
    int maxLiveRuns();

    /** How many of them one owner may have, so that no owner takes all places. */
    @WithDefault("1000")
    int maxLiveRunsPerOwner();
}
