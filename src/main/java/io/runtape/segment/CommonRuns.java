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

    /** Runs of segments that are opened for one page, about: they take some tens of milliseconds. */
    public static final int RUNS_MAX = 500_000;

    /** Runs of each query that are looked for at once. */
    private static final int AHEAD = 200;

    private final Candidates one;
    private final Candidates other;
    private final long lookedAtMax;

    /** The next ones of each query; null where they are not known yet. */
    private @Nullable Document first;

    private @Nullable Document second;
    private @Nullable Document reached;

    /**
     * Begins where both are.
     *
     * @param runsMax no more segments are opened once those that were have about so many runs; but each query goes on to its
     *     next run, however far that is
     */
    public CommonRuns(Candidates one, Candidates other, int runsMax) {
        this.one = one;
        this.other = other;
        this.lookedAtMax = one.lookedAt() + other.lookedAt() + runsMax;
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
        return reached != null && mustOpen && one.lookedAt() + other.lookedAt() > lookedAtMax;
    }

    @Override
    public Optional<Document> reached() {
        return Optional.ofNullable(reached);
    }
}
