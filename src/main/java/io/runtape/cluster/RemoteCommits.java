package io.runtape.cluster;

import io.runtape.run.FrameBlock;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
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

    /** Frames of one run in one read; a run that has more is read again. */
    private static final int FRAMES_OF_A_RUN = 256;

    /** The initial room of a block; it grows as needed. */
    private static final int FRAMES_EXPECTED = 4;

    /** Bytes of one read in total, plus the frame that goes past them. */
    private static final long BYTES = 4 << 20;

    /** Selects sizes only, so that no more is read than memory may hold. */
    private static final String SELECT_SIZES = """
            select v.run_pk, f.sequence, f.size
            from unnest(?, ?) v(run_pk, after)
            cross join lateral (
                select sequence, octet_length(bytes) as size from frame
                where run_pk = v.run_pk and sequence > v.after order by run_pk, sequence limit ?) f
            order by v.run_pk, f.sequence""";

    private static final String SELECT_FRAMES = "select " + FrameReader.FRAMES + """
            , v.run_pk
            from unnest(?, ?, ?) v(run_pk, after, through)
            cross join lateral (
                select * from frame
                where run_pk = v.run_pk and sequence > v.after and sequence <= v.through order by run_pk, sequence) f
            order by v.run_pk, f.sequence""";

    private final DataSource database;

    RemoteCommits(DataSource database) {
        this.database = database;
    }

    /**
     * The frames behind those positions, of each run that has some: as many as fit one read.
     *
     * @param positions the sequence to read after, by the runs' keys
     */
    public Map<Long, FrameBlock> after(Map<Long, Long> positions) throws SQLException {
        if (positions.isEmpty()) {
            return Map.of();
        }
        try (Connection connection = database.getConnection()) {
            Map<Long, Long> through = through(connection, positions);
            return through.isEmpty() ? Map.of() : frames(connection, positions, through);
        }
    }

    /** The last sequence to read of each run. */
    private static Map<Long, Long> through(Connection connection, Map<Long, Long> positions) throws SQLException {
        Map<Long, Long> through = new LinkedHashMap<>();
        List<Long> runs = new ArrayList<>(positions.keySet());
        try (PreparedStatement select = connection.prepareStatement(SELECT_SIZES)) {
            select.setArray(1, bigints(connection, runs));
            select.setArray(2, bigints(connection, values(positions, runs)));
            select.setInt(3, FRAMES_OF_A_RUN);
            try (ResultSet row = select.executeQuery()) {
                long bytes = 0;
                while (bytes < BYTES && row.next()) {
                    through.put(row.getLong(1), row.getLong(2));
                    bytes += row.getLong(3);
                }
            }
        }
        return through;
    }

    private static Map<Long, FrameBlock> frames(
            Connection connection, Map<Long, Long> positions, Map<Long, Long> through) throws SQLException {
        Map<Long, FrameBlock> blocks = new HashMap<>();
        List<Long> runs = new ArrayList<>(through.keySet());
        try (PreparedStatement select = connection.prepareStatement(SELECT_FRAMES)) {
            select.setArray(1, bigints(connection, runs));
            select.setArray(2, bigints(connection, values(positions, runs)));
            select.setArray(3, bigints(connection, values(through, runs)));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    RecordedFrame frame = FrameReader.frame(row);
                    blocks.computeIfAbsent(row.getLong(7), run -> blockFor(frame, positions.getOrDefault(run, 0L)))
                            .addNext(frame);
                }
            }
        }
        return blocks;
    }

    /** A block for the frames after that position, with room for some frames like the first. */
    private static FrameBlock blockFor(RecordedFrame first, long position) {
        return new FrameBlock(position + 1, FRAMES_EXPECTED, FRAMES_EXPECTED * first.bytes().length);
    }

    private static List<Long> values(Map<Long, Long> byRun, List<Long> runs) {
        return runs.stream().map(byRun::get).toList();
    }

    private static Array bigints(Connection connection, Collection<Long> values) throws SQLException {
        return connection.createArrayOf("int8", values.toArray());
    }

    /** The sequence of a run's last frame; 0 if it has none. */
    public long last(long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(
                        "select sequence from frame where run_pk = ? order by run_pk desc, sequence desc limit 1")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
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
