package io.runtape.facet;

import io.runtape.facet.FacetSql.IndexRange;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to find runs in the index.
 *
 * @param walked whether the candidates are walked in the list's order, rather than looked at as a whole
 * @param count how many there are, where they are looked at as a whole
 * @param met how many conditions are met by all that is walked, or by more runs than are looked at as a whole
 */
record IndexPlan(IndexRange candidates, boolean walked, long count, int met) {

    /** @param many ranges that have more runs than are looked at as a whole */
    static IndexPlan ofWalk(IndexRange candidates, List<IndexRange> many) {
        int met = many.stream().mapToInt(range -> range.covered().size()).max().orElse(0);
        return new IndexPlan(candidates, true, 0, met);
    }

    /** Whether many runs would be looked up to be sorted by what their traits do not tell. */
    boolean sortsMany(RunOrder order) {
        return count >= IndexedRuns.MANY_TO_SORT && candidates.areFacets() && order.by() != By.CREATED_AT;
    }

    /** Whether all of the owner's runs are walked in the order of a value, whatever is asked for. */
    boolean walksByValue(RunOrder order) {
        return walked && !candidates.areFacets() && order.by() != By.CREATED_AT;
    }

    /** Whether it may go past many runs that meet some of the conditions, but not all. */
    boolean isLong(RunCriteria criteria, RunOrder order) {
        boolean ofThread = criteria.asksFor(Kind.THREAD);
        boolean byDuration = !criteria.duration().isAll() && order.by() != By.DURATION_MS;
        int conditions = criteria.groups().size() + (byDuration ? 1 : 0);
        return walked && !ofThread && conditions > Math.max(criteria.groups().isEmpty() ? 0 : 1, met);
    }

    String sql(FacetSql sql, @Nullable Place after, boolean unknown, int limit) {
        // Some may have come since they were counted.
        int bound = Math.toIntExact(Math.max(IndexedRuns.FEW, 2 * count));
        return walked
                ? sql.walk(candidates, after, unknown, limit)
                : sql.collect(candidates, bound, after, unknown, limit);
    }
}
