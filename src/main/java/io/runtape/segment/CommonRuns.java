package io.runtape.segment;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The runs that two queries both find. Each query goes on to where the other one is, since most of what both find may be runs that
 * only one of them finds. Blocks; confined to one thread.
 */
public final class CommonRuns implements RunSource {

    /**
     * No more segments are opened once those that are have so many runs, which takes some tens of milliseconds; but each query
     * goes on to its next run, however far that is.
     */
    private static final int RUNS_MAX = 500_000;

    /** Runs of each query that are looked for at once. */
    private static final int AHEAD = 200;

    private final Candidates one;
    private final Candidates other;

    /** The next ones of each query; null where they are not known yet. */
    private @Nullable Document first;

    private @Nullable Document second;
    private @Nullable Document reached;

    public CommonRuns(Candidates one, Candidates other) {
        this.one = one;
        this.other = other;
    }

    @Override
    public List<Document> next(int max) throws SQLException {
        List<Document> common = new ArrayList<>();
        while (common.size() < max && !takesLong()) {
            first = first == null ? one.following(AHEAD) : first;
            second = second == null ? other.following(AHEAD) : second;
            if (first == null || second == null) {
                reached = null;
                break;
            }
            int order = Document.NEWEST_FIRST.compare(first, second);
            if (order == 0) {
                common.add(first);
                reached = first;
                first = null;
                second = null;
            } else if (order < 0) {
                one.skipTo(second);
                reached = second.justBefore();
                first = null;
            } else {
                other.skipTo(first);
                reached = first.justBefore();
                second = null;
            }
        }
        return common;
    }

    private boolean takesLong() {
        boolean mustOpen = first == null && one.mustOpen() || second == null && other.mustOpen();
        return mustOpen && one.lookedAt() + other.lookedAt() > RUNS_MAX;
    }

    @Override
    public Optional<Document> reached() {
        return Optional.ofNullable(reached);
    }
}
