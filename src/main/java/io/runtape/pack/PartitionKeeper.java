package io.runtape.pack;

import io.runtape.journal.Journal;
import io.runtape.journal.sql.BlockPartitions;
import io.runtape.store.BackgroundWorker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps the partitions of the table of blocks, on PostgreSQL: goes on to the next one after a while or when the present one
 * is large, and drops those whose runs are packed. Blocks; confined to one thread.
 */
final class PartitionKeeper {

    /** How much a partition holds, about: space comes back in such pieces. */
    private static final long BYTES_MAX = 1L << 30;

    /** Each of a node's second half of partitions lasts for as long: they then suffice for ten years. */
    private static final Duration AGE_MAX = Duration.ofMinutes(10);

    /** Nor does one last less: each changes the table, for which all sessions plan their statements anew. */
    private static final Duration AGE_MIN = Duration.ofSeconds(1);

    /** How often it looks, at least. A run has its row, or is given up, within that time after it got its key. */
    private static final Duration LOOK = Duration.ofMinutes(1);

    /** Who has a key is not at once a live run: the thread may be preempted in between. */
    static final Duration SETTLES = Duration.ofSeconds(5);

    private final Journal journal;
    private final long lookNanos;
    private final long ageNanos;
    private final long settlesNanos;
    private long lookedAt;
    private long begunAt;

    /** The partition in which runs began when it was noted, and then. */
    private long noted;

    private long notedAt;

    /** Partitions are dropped from then on. */
    private long dropsAt;

    /** The one that was noted before: whoever got a key of an earlier one has a live run, or had one. */
    private long settled;

    /**
     * @param settles within which time a run is live after it got its key
     * @param age how long a partition takes. Where nothing is packed, only its size ends a partition, since it stays for as long as
     *     its runs
     */
    PartitionKeeper(Journal journal, Duration settles, Optional<Duration> age) {
        this.journal = journal;
        this.settlesNanos = settles.toNanos();
        this.ageNanos = age.map(Duration::toNanos).orElse(Long.MAX_VALUE);
        this.lookNanos = Math.min(ageNanos, LOOK.toNanos());
        this.lookedAt = System.nanoTime();
        this.begunAt = lookedAt;
        this.noted = BlockPartitions.number(journal.lastRunPk());
        this.notedAt = lookedAt;
        this.settled = noted;
        this.dropsAt = lookedAt;
    }

    /** How long a partition takes: about as long as runs rest before they are packed. */
    static Duration age(Duration rest) {
        return BackgroundWorker.within(AGE_MIN, AGE_MAX, rest);
    }

    /** Does what is due; most of the time, nothing is. */
    void look(Connection connection) throws SQLException {
        long now = System.nanoTime();
        if (now - lookedAt < lookNanos) {
            return;
        }
        lookedAt = now;
        Set<Long> live =
                journal.liveRunPks().map(BlockPartitions::number).collect(Collectors.toCollection(HashSet::new));
        // Before others are dropped, which may have to wait: runs can begin only in partitions that are there.
        goOnWhereDue(connection, now);
        if (now - notedAt >= settlesNanos) {
            settled = noted;
            noted = BlockPartitions.number(journal.lastRunPk());
            notedAt = System.nanoTime();
        }
        if (now - dropsAt >= 0 && !BlockPartitions.drop(connection, journal.nodeId(), settled, live)) {
            // Packing waits meanwhile, and a backup takes hours.
            dropsAt = now + LOOK.toNanos();
        }
    }

    private void goOnWhereDue(Connection connection, long now) throws SQLException {
        long last = journal.lastRunPk();
        long present = BlockPartitions.number(last);
        // The present one as well: imports may have used up the keys of the one behind the last look's.
        BlockPartitions.make(connection, present);
        BlockPartitions.make(connection, present + 1);
        boolean empty = last == BlockPartitions.beforeFirst(present);
        long age = BlockPartitions.isInSecondHalf(present) ? Math.max(ageNanos, AGE_MAX.toNanos()) : ageNanos;
        if (!empty && (now - begunAt >= age || BlockPartitions.bytes(connection, present) >= BYTES_MAX)) {
            BlockPartitions.make(connection, present + 2);
            journal.skipTo(BlockPartitions.beforeFirst(present + 1));
            begunAt = now;
        }
    }
}
