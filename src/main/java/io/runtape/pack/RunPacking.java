package io.runtape.pack;

import io.runtape.run.BodyDigest;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameDeletion;
import io.runtape.run.FrameTable;
import io.runtape.run.FrameWalk;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Packs runs over one connection, each in a transaction of its own: reads its frames, writes them as larger, compressed
 * blocks, reads those back, and compares what they hold with the run's digest and count. Rows are deleted only then, and
 * only where they are not dropped with their partition. Plain SQL: it locks the run's row, and rows of frames are no
 * entities. Blocks; confined to one thread.
 */
final class RunPacking {

    private static final String CLAIM = """
            select digest, frame_count from run where run_pk = ? and packed_at is null for update skip locked""";

    private static final String DONE = "update run set packed_at = ?, digest = ? where run_pk = ?";

    private final Connection connection;
    private final Engine engine;
    private final FrameDeletion.Room room;
    private final Runnable afterPiece;

    /**
     * @param room is asked for before each block is written, and before the rows of blocks are deleted, see {@link Store#requireRoom(long)}
     * @param afterPiece is called after each piece of work on a run, whose row is locked: it may rest for a moment
     */
    RunPacking(Connection connection, Engine engine, FrameDeletion.Room room, Runnable afterPiece) {
        this.connection = connection;
        this.engine = engine;
        this.room = room;
        this.afterPiece = afterPiece;
    }

    /**
     * Packs a run.
     *
     * @return empty if another gateway packs it now, or it is packed or gone
     * @throws UnpackableRunException if its frames are not those that its row tells of
     * @throws io.runtape.run.DamagedFramesException if they cannot be read, or some are missing
     */
    Optional<PackedRun> pack(long runPk) throws SQLException {
        // If it is lost, the frames are where they were. Dropping a partition makes all commits before it durable.
        return Transaction.losable(connection, engine, () -> packClaimed(runPk));
    }

    private Optional<PackedRun> packClaimed(long runPk) throws SQLException {
        @Nullable String digest;
        long frames;
        try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
            claim.setLong(1, runPk);
            try (ResultSet row = claim.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                digest = row.getString(1);
                frames = row.getLong(2);
            }
        }
        // Where the driver prepares no statements, no plan is kept either.
        if (engine == Engine.POSTGRESQL && connection.unwrap(PGConnection.class).getPrepareThreshold() > 0) {
            try (Statement set = connection.createStatement()) {
                set.execute(Store.ONE_PLAN_BY_KEY);
            }
        }
        Writing writing = new Writing(runPk);
        FrameTable source = writing.copyAll();
        String packed = writing.digest.hex();
        if (writing.frames != frames) {
            throw new UnpackableRunException("it has " + writing.frames + " frames, and should have " + frames);
        }
        if (digest != null && !digest.equals(packed)) {
            throw new UnpackableRunException("its frames have the digest " + packed + ", and should have " + digest);
        }
        if (engine == Engine.H2 || source == FrameTable.FRAME) {
            new FrameDeletion(connection, engine, room).of(source, runPk);
        }
        try (PreparedStatement done = connection.prepareStatement(DONE)) {
            done.setObject(1, Instant.now().atOffset(ZoneOffset.UTC));
            done.setString(2, packed);
            done.setLong(3, runPk);
            done.executeUpdate();
        }
        return Optional.of(new PackedRun(frames, writing.bytes, writing.packedBytes));
    }

    /** The packed blocks of one run on their way. */
    private final class Writing {

        private final long runPk;
        private final BodyDigest digest = new BodyDigest();
        private long frames;
        private long bytes;
        private long packedBytes;

        Writing(long runPk) {
            this.runPk = runPk;
        }

        /** Copies all frames of the run; returns the table that had them. */
        FrameTable copyAll() throws SQLException {
            for (FrameTable source : List.of(FrameTable.BLOCK, FrameTable.FRAME)) {
                copy(source);
                if (frames > 0) {
                    return source;
                }
            }
            return FrameTable.BLOCK;
        }

        private void copy(FrameTable source) throws SQLException {
            FrameWalk walk = new FrameWalk(connection, engine, source, runPk);
            @Nullable FrameBlock gathered = null;
            FrameBlock next = walk.next(PackedBlock.BLOCK_BYTES);
            while (next.count() > 0) {
                if (gathered == null) {
                    gathered = next;
                } else {
                    gathered.addAll(next);
                }
                if (PackedBlock.isFull(gathered)) {
                    write(gathered);
                    gathered = null;
                    afterPiece.run();
                }
                next = walk.next(PackedBlock.BLOCK_BYTES - (gathered == null ? 0 : gathered.length()));
            }
            if (gathered != null) {
                write(gathered);
            }
        }

        private void write(FrameBlock block) throws SQLException {
            PackedBlock made = PackedBlock.of(block, (sequence, frame) -> {
                if (sequence != frames + 1) {
                    throw new UnpackableRunException("frame " + (frames + 1) + " is missing");
                }
                frames++;
                bytes += frame.length();
                digest.add(frame);
            });
            packedBytes += made.content().length;
            room.require(0);
            made.insert(connection, runPk);
        }
    }
}
