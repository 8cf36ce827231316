package io.runtape.run;

import io.runtape.run.StoredRows.Bounds;
import io.runtape.run.StoredRows.Span;
import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Goes over all frames of a run in one table, from the first on, over one connection. Blocks; confined to one thread. */
public final class FrameWalk {

    /** About so many frames are asked for first: most packed blocks have as many. */
    private static final int FIRST_FRAMES = 1000;

    private final Connection connection;
    private final Engine engine;
    private final FrameTable table;
    private final long runPk;
    private final LikelyFrames likely = new LikelyFrames(FIRST_FRAMES);
    private long last;

    /** @param engine the connection's */
    public FrameWalk(Connection connection, Engine engine, FrameTable table, long runPk) {
        this.connection = connection;
        this.engine = engine;
        this.table = table;
        this.runPk = runPk;
    }

    /**
     * The next frames, with their last event IDs.
     *
     * @param bytes the row that reaches so many bytes, as it is stored, is the last; there may be fewer although more follow
     * @return a block without frames after the last
     * @throws DamagedFramesException if frames cannot be read, or some are missing
     */
    public FrameBlock next(long bytes) throws SQLException {
        Span span = new Span(last, Integer.MAX_VALUE, false);
        Bounds bounds = new Bounds(likely.with(bytes), bytes);
        Optional<StoredRows> rows = StoredRows.nextIn(connection, engine, table, runPk, span, bounds);
        if (rows.isEmpty()) {
            return new FrameBlock(last + 1, 1, 0);
        }
        FrameBlock block = rows.get().block(connection, span, true);
        likely.read(block.count(), rows.get().bytes());
        last = block.last();
        return block;
    }

    /** The sequence of the last frame that was read; 0 before the first. */
    public long last() {
        return last;
    }
}
