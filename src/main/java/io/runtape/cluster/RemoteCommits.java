package io.runtape.cluster;

import io.runtape.run.FrameBlock;
import io.runtape.run.FrameReader;
import io.runtape.run.FrameTable;
import io.runtape.run.RunEnd;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames that other gateways have committed, for many runs in one statement. For PostgreSQL only: an embedded
 * database has one gateway. Every method blocks; safe for any thread.
 */
@ApplicationScoped
public class RemoteCommits {

    /** Frames of one run in one read, unless a row has more; a run that has more is read again. */
    private static final int FRAMES_OF_A_RUN = 256;

    /** The initial room of a block; it grows as needed. */
    private static final int FRAMES_EXPECTED = 4;

    private static final int BYTES_EXPECTED = 1024;

    /** Bytes of one read in total, plus the row that goes past them. */
    private static final long BYTES = 4 << 20;

    private final DataSource database;
    private final FrameReader frames;

    RemoteCommits(DataSource database, FrameReader frames) {
        this.database = database;
        this.frames = frames;
    }

    /**
     * What one read brought.
     *
     * @param blocks the next frames of runs, by the runs' keys
     * @param isFull whether it ended at its bound: runs without a block may have frames too
     */
    public record NextFrames(Map<Long, FrameBlock> blocks, boolean isFull) {}

    /**
     * The frames behind those positions, of each run that has some: as many as fit one read.
     *
     * @param positions the sequence to read after, by the runs' keys
     */
    public NextFrames after(Map<Long, Long> positions) throws SQLException {
        Map<Long, FrameBlock> blocks = new HashMap<>();
        boolean isFull = false;
        if (positions.isEmpty()) {
            return new NextFrames(blocks, isFull);
        }
        try (Connection connection = database.getConnection()) {
            for (FrameTable table : FrameTable.values()) {
                Map<Long, Long> left = new HashMap<>(positions);
                left.keySet().removeAll(blocks.keySet());
                Reach reach = left.isEmpty() ? Reach.NONE : reach(connection, table, left);
                isFull |= reach.isFull;
                if (!reach.through.isEmpty()) {
                    blocks.putAll(blocks(connection, table, left, reach.through));
                }
            }
        }
        return new NextFrames(blocks, isFull);
    }

    /** Selects sizes only, so that no more is read than memory may hold. */
    private static String selectSizes(FrameTable table) {
        return """
                select v.run_pk, f.*
                from unnest(?, ?) v(run_pk, after)
                cross join lateral (%s) f
                order by v.run_pk, f.%s""".formatted(table.nextSizes("v.run_pk", "v.after", "v.after + ?"), table.key());
    }

    private static String selectRows(FrameTable table) {
        return """
                select f.*, v.run_pk
                from unnest(?, ?, ?) v(run_pk, after, through)
                cross join lateral (
                    select %2$s from %1$s
                    where run_pk = v.run_pk and %3$s > v.after and %3$s <= v.through order by run_pk, %3$s) f
                order by v.run_pk, f.%3$s""".formatted(table.table(), table.rows(), table.key());
    }

    /**
     * How far a read goes.
     *
     * @param through the last sequence to read of each run that has some
     * @param isFull whether the bound was reached
     */
    private record Reach(Map<Long, Long> through, boolean isFull) {
        private static final Reach NONE = new Reach(Map.of(), false);
    }

    private static Reach reach(Connection connection, FrameTable table, Map<Long, Long> positions) throws SQLException {
        Map<Long, Long> through = new LinkedHashMap<>();
        List<Long> runs = new ArrayList<>(positions.keySet());
        try (PreparedStatement select = connection.prepareStatement(selectSizes(table))) {
            select.setArray(1, bigints(connection, runs));
            select.setArray(2, bigints(connection, values(positions, runs)));
            select.setInt(3, FRAMES_OF_A_RUN);
            long bytes = 0;
            try (ResultSet row = select.executeQuery()) {
                while (bytes < BYTES && row.next()) {
                    through.put(row.getLong(1), row.getLong(2));
                    bytes += row.getLong(3);
                }
            }
            return new Reach(through, bytes >= BYTES);
        }
    }

    private static Map<Long, FrameBlock> blocks(
            Connection connection, FrameTable table, Map<Long, Long> positions, Map<Long, Long> through)
            throws SQLException {
        Map<Long, FrameBlock> blocks = new HashMap<>();
        List<Long> runs = new ArrayList<>(through.keySet());
        try (PreparedStatement select = connection.prepareStatement(selectRows(table))) {
            select.setArray(1, bigints(connection, runs));
            select.setArray(2, bigints(connection, values(positions, runs)));
            select.setArray(3, bigints(connection, values(through, runs)));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    long run = row.getLong("run_pk");
                    long position = positions.getOrDefault(run, 0L);
                    FrameBlock block = blocks.computeIfAbsent(
                            run, first -> new FrameBlock(position + 1, FRAMES_EXPECTED, BYTES_EXPECTED));
                    table.read(row, (sequence, frame) -> {
                        if (sequence > position) {
                            block.addNext(sequence, frame.withoutId());
                        }
                    });
                }
            }
        }
        return blocks;
    }

    private static List<Long> values(Map<Long, Long> byRun, List<Long> runs) {
        return runs.stream().map(byRun::get).toList();
    }

    private static Array bigints(Connection connection, Collection<Long> values) throws SQLException {
        return connection.createArrayOf("int8", values.toArray());
    }

    /** The sequence of a run's last frame; 0 if it has none. */
    public long last(long runPk) throws SQLException {
        return frames.last(runPk);
    }

    /**
     * The end of a run of another gateway.
     *
     * @param how how it ended, by its row
     * @param lastSequence the sequence of its last frame
     */
    public record Ended(RunEnd how, long lastSequence) {}

    /** The ends of those runs that have ended; a deleted run has no value. */
    public Map<Long, Optional<Ended>> ended(Collection<Long> runs) throws SQLException {
        Map<Long, Optional<Ended>> ended = new HashMap<>();
        if (runs.isEmpty()) {
            return ended;
        }
        runs.forEach(run -> ended.put(run, Optional.empty()));
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement("""
                        select run_pk, status, reason, completed_at, last_sequence, cut from run
                        where run_pk = any(?)""")) {
            select.setArray(1, bigints(connection, runs));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    long run = row.getLong(1);
                    RunStatus status = RunStatus.ofLabel(row.getString(2)).orElseThrow();
                    if (status == RunStatus.RUNNING) {
                        ended.remove(run);
                        continue;
                    }
                    String reason = row.getString(3);
                    ended.put(
                            run,
                            Optional.of(new Ended(end(status, reason, row.getBoolean(6), at(row)), row.getLong(5))));
                }
            }
        }
        return ended;
    }

    private static Instant at(ResultSet row) throws SQLException {
        OffsetDateTime at = row.getObject(4, OffsetDateTime.class);
        return at == null ? Instant.EPOCH : at.toInstant();
    }

    private static RunEnd end(RunStatus status, @Nullable String label, boolean cut, Instant at) {
        RunReason reason = label == null ? null : RunReason.ofLabel(label);
        return new RunEnd(status, reason, cut, at, RunOutcome.UNKNOWN);
    }
}
