package io.runtape.history.event;

import io.runtape.access.Owner;
import io.runtape.run.ThreadPosition;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The runs of a thread that have the wanted frames, one after the other; the database skips all other runs. Blocks.
 * Confined to one thread at a time.
 */
final class ThreadFrames implements EventScan.Runs {

    private final FrameQueries queries;
    private final Owner owner;
    private final String threadId;
    private final boolean descending;
    private long from;
    private long to;

    /** @param horizon the place of the last run that may be read */
    ThreadFrames(FrameQueries queries, Owner owner, String threadId, long horizon, EventRange span) {
        this.queries = queries;
        this.owner = owner;
        this.threadId = threadId;
        this.descending = span.descending();
        this.from = ThreadPosition.ordinal(span.after());
        this.to = Math.min(horizon, ThreadPosition.ordinal(span.before() - 1));
    }

    @Override
    public @Nullable RunFrames next() throws SQLException {
        if (from > to) {
            return null;
        }
        Optional<RunFrames> found = queries.runOfThread(owner, threadId, from, to, descending);
        if (found.isEmpty()) {
            return null;
        }
        long ordinal = ThreadPosition.ordinal(found.get().base());
        if (descending) {
            to = ordinal - 1;
        } else {
            from = ordinal + 1;
            // Nothing may be shown behind a run whose end is not durable, even if its row already has the end.
            to = found.get().goesOn() ? ordinal : to;
        }
        return found.get();
    }
}
