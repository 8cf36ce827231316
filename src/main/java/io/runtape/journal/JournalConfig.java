package io.runtape.journal;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How the journal writes. */
@ConfigMapping(prefix = "runtape")
public interface JournalConfig {

    /**
     * How long live runs wait for a database that is away. Past it they end as failed with reason store_unavailable and
     * their clients are cut off. Raise it where the database's failover takes longer.
     */
    @WithDefault("60s")
    Duration storeTimeout();

    /**
     * The least time from the beginning of one commit to that of the next while commits follow each other; one that comes
     * after a pause is not held up. Longer saves processor time of gateway and database, and delays frames by up to as much.
     * At most a second; unset it is 0.3 ms on H2, and on PostgreSQL, after commits of 4 to 256 frames, twice what
     * the commit took, with a rest of 2 ms at most.
     */
    Optional<Duration> commitDistance();

    /**
     * How long live runs may go on once the gateway is told to stop. What is left then ends as failed with reason
     * gateway_stopped.
     */
    @WithDefault("10m")
    Duration drainTimeout();

    /**
     * How many runs this gateway records at once; a call past it is answered 429 and nothing is recorded. Each holds two
     * sockets and tens of kilobytes. Lower it where memory or open files do not suffice for as many.
     */
    @WithDefault("10000")
    int maxLiveRuns();

    /** How many of them may be one owner's, so that nobody takes all places. */
    @WithDefault("1000")
    int maxLiveRunsPerOwner();
}
