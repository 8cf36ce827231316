package io.runtape.pack;

import io.runtape.store.Sweeps;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * The way through the runs that have rested since their end and are not packed, from the oldest on. PostgreSQL keeps those that are packed
 * in the index for as long as an old transaction may see them, such as that of a backup: a look passes only those of the last minutes.
 * Plain SQL: its one query must be served by an index. Confined to one thread.
 */
final class RestedWalk {

    /** In the order of all columns of the index, or each look would sort all runs that are not packed. */
    static final String RESTED = """
            select run_pk, completed_at from run
            where packed_at is null and completed_at >= ? and completed_at <= ? and status <> 'running'
            order by packed_at, completed_at, run_pk limit ?""";

    /** A run may get its row's end so much later than one that ended after it. */
    private static final Duration LATE = Duration.ofMinutes(10);

    private final Duration rest;
    private final InstantSource clock;
    private Instant since = Instant.EPOCH;
    private Instant until = Instant.EPOCH;

    /** For those that came later still, and those that could not be packed. */
    private final Sweeps sweeps;

    /** A run that has rested. */
    record Rested(long runPk, Instant completedAt) {}

    /**
     * @param rest how long runs rest
     * @param clock tells what time it is
     */
    RestedWalk(Duration rest, InstantSource clock) {
        this.rest = rest;
        this.clock = clock;
        this.sweeps = new Sweeps(clock.instant());
    }

    /** The next runs: the same again, unless {@link #took} was told of them. */
    List<Rested> next(Connection connection, int limit) throws SQLException {
        Instant now = clock.instant();
        if (sweeps.begin(now)) {
            since = Instant.EPOCH;
        }
        until = now.minus(rest);
        try (PreparedStatement select = connection.prepareStatement(RESTED)) {
            select.setObject(1, since.atOffset(ZoneOffset.UTC));
            select.setObject(2, until.atOffset(ZoneOffset.UTC));
            select.setInt(3, limit);
            try (ResultSet row = select.executeQuery()) {
                List<Rested> runs = new ArrayList<>();
                while (row.next()) {
                    runs.add(new Rested(
                            row.getLong(1),
                            row.getObject(2, OffsetDateTime.class).toInstant()));
                }
                return runs;
            }
        }
    }

    /**
     * Goes on behind these runs, which are packed, or are not to be packed now.
     *
     * @param all whether there were no more
     */
    void took(List<Rested> runs, boolean all) {
        Instant end = all ? until : runs.get(runs.size() - 1).completedAt;
        Instant late = end.minus(LATE);
        since = late.isAfter(since) ? late : since;
    }
}
