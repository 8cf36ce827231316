package io.runtape.retention;

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
import org.jspecify.annotations.Nullable;

/**
 * The way through the ended runs, from the oldest on, for one time that runs or frames are kept. Runs that it has passed
 * and that stay are not looked at again until the next sweep. Plain SQL: its one query must be served by an
 * index. Confined to one thread.
 */
final class EndedWalk {

    /** Runs of one look, due or not. */
    static final int RUNS_AT_ONCE = 500;

    /** The same at the most, where one that stays holds up the looks; all of them are in memory. */
    private static final int RUNS_AT_ONCE_MAX = 64_000;

    /** Longer paths are not read, since they are in memory too. None comes in a call, unless the gateway is set to take it. */
    static final int PATH_CHARS_MAX = 4096;

    /** The second condition is in the first, but H2 finds rows by an index only where one column is compared. */
    static final String ENDED = """
            select run_pk, completed_at, owner, agent, case when char_length(path) <= %d then path end, frames_expired_at
            from run where (completed_at, run_pk) >= (?, ?) and completed_at >= ? and completed_at <= ?
            order by completed_at, run_pk limit ?""".formatted(PATH_CHARS_MAX);

    private final Duration time;
    private final InstantSource clock;
    private Place from = Place.FIRST;

    /**
     * For runs that came with an end in the past. None begins before it has come to its end, or what is behind would have to wait for
     * ever where there are many runs.
     */
    private final Sweeps sweeps;

    private Instant now;
    private int limit = RUNS_AT_ONCE;

    /** Whether it has come to its end since it began with the oldest run. */
    private boolean ended;

    /** The place of the first run of a look that was due and is not gone. */
    private @Nullable Place stays;

    /** Whether something that was due is gone. */
    private boolean progressed;

    /** Whether something failed that may not after a rest. */
    private boolean later;

    /** A place in the order of the walk: many runs may have ended in one and the same moment. */
    private record Place(Instant completedAt, long runPk) {

        private static final Place FIRST = new Place(Instant.EPOCH, Long.MIN_VALUE);

        static Place of(Ended run) {
            return new Place(run.completedAt, run.runPk);
        }

        Place next() {
            return new Place(completedAt, runPk + 1);
        }

        boolean isBefore(Place other) {
            int moments = completedAt.compareTo(other.completedAt);
            return moments < 0 || moments == 0 && runPk < other.runPk;
        }
    }

    /** A run that has ended; {@code expired} if its frames are deleted. The path is null if it is too long for any rule. */
    record Ended(
            long runPk,
            Instant completedAt,
            String owner,
            @Nullable String agent,
            @Nullable String path,
            boolean expired) {}

    /**
     * @param time how long after its end something of a run is due
     * @param clock tells what time it is
     */
    EndedWalk(Duration time, InstantSource clock) {
        this.time = time;
        this.clock = clock;
        this.now = clock.instant();
        this.sweeps = new Sweeps(now);
    }

    /** The time of the last look. */
    Instant now() {
        return now;
    }

    /** How long after its end something of a run is due. */
    Duration time() {
        return time;
    }

    /** The next runs whose end is so long ago. */
    List<Ended> next(Connection connection) throws SQLException {
        stays = null;
        progressed = false;
        later = false;
        now = earlier(clock.instant(), connection);
        if (ended && sweeps.begin(now)) {
            from = Place.FIRST;
            ended = false;
        }
        try (PreparedStatement select = connection.prepareStatement(ENDED)) {
            OffsetDateTime since = from.completedAt.atOffset(ZoneOffset.UTC);
            select.setObject(1, since);
            select.setLong(2, from.runPk);
            select.setObject(3, since);
            select.setObject(4, now.minus(time).atOffset(ZoneOffset.UTC));
            select.setInt(5, limit);
            try (ResultSet row = select.executeQuery()) {
                List<Ended> runs = new ArrayList<>();
                while (row.next()) {
                    runs.add(new Ended(
                            row.getLong(1),
                            row.getObject(2, OffsetDateTime.class).toInstant(),
                            row.getString(3),
                            row.getString(4),
                            row.getString(5),
                            row.getObject(6) != null));
                }
                return runs;
            }
        }
    }

    /** A clock of this machine that is wrong must not have runs deleted that the database's clock says are to be kept. */
    private static Instant earlier(Instant now, Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select current_timestamp");
                ResultSet row = select.executeQuery()) {
            row.next();
            Instant ofDatabase = row.getObject(1, OffsetDateTime.class).toInstant();
            return now.isBefore(ofDatabase) ? now : ofDatabase;
        }
    }

    /**
     * What was due of this run is gone, or given up; or it stays, to be looked at again: another gateway has it at present, or its
     * end is not durable.
     */
    void note(Ended run, boolean gone) {
        progressed |= gone;
        if (!gone && (stays == null || Place.of(run).isBefore(stays))) {
            stays = Place.of(run);
        }
    }

    /** Something failed: the next look comes after a rest. */
    void tryLater() {
        later = true;
    }

    /**
     * Goes on behind these runs, or at the first that stays.
     *
     * @return whether more may be due at once
     */
    boolean took(List<Ended> runs) {
        boolean full = runs.size() == limit;
        ended |= !full;
        if (runs.isEmpty()) {
            return false;
        }
        Place behind = stays == null ? Place.of(runs.get(runs.size() - 1)).next() : stays;
        // The run at which the last look began still stays: the next one is to come to those behind it.
        limit = full && !progressed && behind.equals(from) ? Math.min(2 * limit, RUNS_AT_ONCE_MAX) : RUNS_AT_ONCE;
        from = behind;
        return full && (stays == null || progressed && !later);
    }
}
