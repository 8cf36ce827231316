package io.runtape.facet;

import io.runtape.facet.RunCriteria.Group;
import io.runtape.facet.RunCriteria.Range;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statements over the index of ended runs. All values in them are numbers that the gateway has made, and stand in the text:
 * so the database plans for exactly these. In each subquery on a run {@code offset 0} keeps PostgreSQL from turning it into a
 * join, for which it might read all of a table; so each is one look-up by a key.
 */
final class FacetSql {

    /** What is read of a row, to check it and to sort by it. */
    private static final String OF_FACETS = "d.created_us, d.run_pk";

    private static final String OF_FACTS = "d.created_us, d.run_pk, d.completed_us, d.duration_ms, d.total_tokens";

    private static final String OFFSET = " offset 0 rows";

    /** For more keys than that, all that is known of a run is compared with them. */
    private static final int LOOK_UPS_MAX = 10;

    private final RunCriteria criteria;
    private final RunOrder order;

    FacetSql(RunCriteria criteria, RunOrder order) {
        this.criteria = criteria;
        this.order = order;
    }

    /**
     * Ended runs that are found in one index range, or in a few.
     *
     * @param keys of the table of facets; empty for the table of facts
     * @param column what the range of facts is about
     * @param covered the groups of traits that each of these runs meets
     */
    record IndexRange(Set<Long> keys, @Nullable String column, Range range, Set<Group> covered) {

        boolean areFacets() {
            return !keys.isEmpty();
        }

        private String columns() {
            return areFacets() ? OF_FACETS : OF_FACTS;
        }

        boolean areOfThread() {
            return covered.stream().anyMatch(group -> group.kind() == Kind.THREAD);
        }
    }

    /** Facets with one of these keys, of the time that is asked for. */
    IndexRange facets(Set<Long> keys, Set<Group> covered) {
        return new IndexRange(keys, null, criteria.created(), covered);
    }

    /** Facts whose value in this column is in the range. */
    static IndexRange facts(String column, Range range) {
        return new IndexRange(Set.of(), column, range, Set.of());
    }

    /** Counts the candidates of each of some ranges, in a column each, but not beyond a bound and one more. */
    String counts(List<IndexRange> ranges, int bound) {
        return ranges.stream()
                .map(range -> "(select count(*) from (" + first(range, "1 as n", bound, " union all ") + ") c)")
                .collect(Collectors.joining(", ", "select ", ""));
    }

    /** All of the candidates, which are few, are looked at and sorted. */
    String collect(IndexRange candidates, int bound, @Nullable Place after, boolean unknown, int limit) {
        List<String> outer = new ArrayList<>(List.of(unknown ? "v is null" : "v is not null"));
        past(outer, "v", "run_pk", after, unknown);
        // Without the offset PostgreSQL would look a value up once more for each of the conditions on it.
        return "select v, run_pk from (select " + value(candidates) + " as v, d.run_pk from ("
                + first(candidates, candidates.columns(), bound, " union ") + ") d where "
                + String.join(" and ", checks(candidates))
                + OFFSET + ") t where "
                + String.join(" and ", outer) + " order by v" + order.direction() + ", run_pk" + order.direction()
                + " limit " + limit;
    }

    /** The list's own index is walked, from the place on, until enough runs have met all conditions. */
    String walk(IndexRange candidates, @Nullable Place after, boolean unknown, int limit) {
        if (!candidates.areFacets()) {
            return walk("run_fact", "owner_key = " + owner(), order.by().column(), candidates, after, unknown, limit);
        }
        List<String> walks = candidates.keys().stream()
                .map(key ->
                        walk("run_facet", "facet = " + key, By.CREATED_AT.column(), candidates, after, false, limit))
                .toList();
        return walks.size() == 1
                ? walks.get(0)
                : "select v, run_pk from (" + united(walks, " union ", "") + ") u order by v" + order.direction()
                        + ", run_pk" + order.direction() + " limit " + limit;
    }

    /**
     * The same, but it walks past some only, of the candidates with one trait or of all runs: more are found where these have not enough
     * that meet all conditions.
     *
     * @param past so many are looked at, at the most
     */
    String walkShort(IndexRange candidates, int past, @Nullable Place after, boolean unknown, int limit) {
        String equal = candidates.areFacets()
                ? "facet = " + candidates.keys().iterator().next()
                : "owner_key = " + owner();
        String column = (candidates.areFacets() ? By.CREATED_AT : order.by()).column();
        String direction = order.direction();
        String inOrder = "d." + column + direction + ", d.run_pk" + direction;
        return "select d." + column + " as v, d.run_pk from (select " + candidates.columns() + " from "
                + table(candidates)
                + " d where "
                + String.join(" and ", walked(equal, column, candidates, after, unknown)) + " order by d."
                + equal.substring(0, equal.indexOf(' ')) + direction + ", " + inOrder + " limit " + past + ") d where "
                + String.join(" and ", checks(candidates)) + " order by " + inOrder + " limit " + limit;
    }

    /** What is walked in an order, from a place on. */
    private List<String> walked(
            String equal, String column, IndexRange candidates, @Nullable Place after, boolean unknown) {
        List<String> conditions = new ArrayList<>(List.of("d." + equal));
        if (!candidates.areFacets() && order.by() == By.TOTAL_TOKENS) {
            conditions.add("d.total_tokens is " + (unknown ? "null" : "not null"));
        }
        past(conditions, "d." + column, "d.run_pk", after, unknown);
        if (column.equals(By.CREATED_AT.column())) {
            between(conditions, "d.created_us", criteria.created());
        }
        if (column.equals(By.DURATION_MS.column())) {
            between(conditions, "d.duration_ms", criteria.duration());
        }
        return conditions;
    }

    private String walk(
            String table,
            String equal,
            String column,
            IndexRange candidates,
            @Nullable Place after,
            boolean unknown,
            int limit) {
        List<String> conditions = walked(equal, column, candidates, after, unknown);
        conditions.addAll(checks(candidates));
        // All columns of the index from its first one: otherwise H2 sorts all rows.
        String direction = order.direction();
        return "select d." + column + " as v, d.run_pk from " + table + " d where " + String.join(" and ", conditions)
                + " order by d." + equal.substring(0, equal.indexOf(' ')) + direction + ", d." + column + direction
                + ", d.run_pk" + direction + " limit " + limit;
    }

    /** The next run of the order that has a value, whether it meets the conditions or not. */
    String next(@Nullable Place after) {
        String column = order.by().column();
        String direction = order.direction();
        List<String> conditions = walked("owner_key = " + owner(), column, facts(column, Range.ALL), after, false);
        return "select d." + column + " as v, d.run_pk from run_fact d where " + String.join(" and ", conditions)
                + " order by d.owner_key" + direction + ", d." + column + direction + ", d.run_pk" + direction
                + " limit 1";
    }

    /**
     * Those of some runs that meet all conditions, with what the list is sorted by; the parameter is an array of their keys. The sum keeps
     * H2 from reading all that the owner has.
     */
    String among() {
        IndexRange all = facts("created_us", Range.ALL);
        return "select d." + order.by().column()
                + " as v, d.run_pk from run_fact d where d.run_pk = any(?) and d.owner_key + 0 = " + owner() + " and "
                + String.join(" and ", checks(all));
    }

    private static String table(IndexRange candidates) {
        return candidates.areFacets() ? "run_facet" : "run_fact";
    }

    /**
     * Some of the candidates, up to a bound and one more. For a list of keys H2 would read all runs of each, of whatever time.
     *
     * @param union how those with one key are put together with those with another one
     */
    private String first(IndexRange candidates, String columns, int bound, String union) {
        String limit = " limit " + (bound + 1);
        if (!candidates.areFacets()) {
            return "select " + columns + " from run_fact d where " + facts(candidates) + limit;
        }
        return united(
                candidates.keys().stream()
                        .map(key -> "select " + columns + " from run_facet d where " + facets(candidates, key) + limit)
                        .toList(),
                union,
                limit);
    }

    /**
     * Halves of halves are few around each other: neither database's stack has room for as many unions as there may be keys.
     *
     * @param limit of each union: H2 copies all rows of one, once more for each union around it
     */
    private static String united(List<String> selects, String union, String limit) {
        int half = selects.size() / 2;
        return half == 0
                ? selects.get(0)
                : "(" + united(selects.subList(0, half), union, limit) + ")" + union + "("
                        + united(selects.subList(half, selects.size()), union, limit) + ")" + limit;
    }

    private static String facets(IndexRange candidates, long key) {
        List<String> conditions = new ArrayList<>(List.of("d.facet = " + key));
        between(conditions, "d.created_us", candidates.range());
        return String.join(" and ", conditions);
    }

    private String facts(IndexRange candidates) {
        List<String> conditions = new ArrayList<>(List.of("d.owner_key = " + owner()));
        between(conditions, "d." + candidates.column(), candidates.range());
        return String.join(" and ", conditions);
    }

    private long owner() {
        return Trait.ofOwner(criteria.owner());
    }

    private String value(IndexRange candidates) {
        return candidates.areFacets() && order.by() != By.CREATED_AT
                ? "(select r." + order.by().column() + " from run_fact r where r.run_pk = d.run_pk)"
                : "d." + order.by().column();
    }

    /** The conditions that the candidates need not meet; the alias of a candidate is {@code d}. */
    private List<String> checks(IndexRange candidates) {
        List<String> checks = new ArrayList<>();
        for (Set<Long> keys : uncovered(candidates)) {
            checks.add(
                    keys.size() > LOOK_UPS_MAX
                            ? lookAtAll(keys)
                            : keys.stream().map(FacetSql::look).collect(Collectors.joining(" or ", "(", ")")));
        }
        List<String> facts = new ArrayList<>();
        String alias = candidates.areFacets() ? "r." : "d.";
        between(facts, alias + "completed_us", criteria.completed());
        between(facts, alias + "duration_ms", criteria.duration());
        if (!facts.isEmpty() && candidates.areFacets()) {
            checks.add("exists (select 1 from run_fact r where r.run_pk = d.run_pk and " + String.join(" and ", facts)
                    + OFFSET + ")");
        } else {
            checks.addAll(facts);
        }
        if (!candidates.areFacets()) {
            between(checks, "d.created_us", criteria.created());
        }
        if (checks.isEmpty()) {
            checks.add("d.run_pk is not null");
        }
        return checks;
    }

    private static String look(long facet) {
        return "exists (select 1 from run_facet g where g.facet = " + facet
                + " and g.created_us = d.created_us and g.run_pk = d.run_pk" + OFFSET + ")";
    }

    /** The sum keeps the database from looking all keys up for each run, and H2 from reading all runs of each key. */
    private static String lookAtAll(Set<Long> facets) {
        return "exists (select 1 from run_facet g where g.run_pk = d.run_pk and g.facet + 0 in (" + joined(facets) + ")"
                + OFFSET + ")";
    }

    /**
     * The keys that the candidates must have one of each set of. Two groups are one set where runs are found by pairs of both, and
     * there are no more pairs than values.
     */
    private List<Set<Long>> uncovered(IndexRange candidates) {
        List<Group> groups = new ArrayList<>(criteria.groups());
        groups.removeAll(candidates.covered());
        List<Set<Long>> uncovered = new ArrayList<>();
        while (!groups.isEmpty()) {
            Group one = groups.remove(0);
            Set<Long> keys = one.keys();
            for (Group other : groups) {
                Optional<Set<Long>> pairs = fewPairs(one, other);
                if (pairs.isPresent()) {
                    keys = pairs.get();
                    groups.remove(other);
                    break;
                }
            }
            uncovered.add(keys);
        }
        return uncovered;
    }

    private static Optional<Set<Long>> fewPairs(Group one, Group other) {
        return one.pairedWith(other)
                .filter(pairs ->
                        pairs.size() <= one.keys().size() + other.keys().size());
    }

    private static void between(List<String> conditions, String column, Range range) {
        if (range.from() != Long.MIN_VALUE) {
            conditions.add(column + " >= " + range.from());
        }
        if (range.to() != Long.MAX_VALUE) {
            conditions.add(column + " < " + range.to());
        }
    }

    /** What comes after a place; in the part of the list whose values are unknown, the keys alone are in order. */
    private void past(List<String> to, String value, String key, @Nullable Place after, boolean unknown) {
        if (after == null || unknown && after.value() != null) {
            return;
        }
        String past = order.past();
        if (unknown) {
            to.add(key + " " + past + " " + after.runPk());
        } else {
            // The database searches the index by the first half.
            to.add(value + " " + past + "= " + after.value());
            to.add("(" + value + " " + past + " " + after.value() + " or " + key + " " + past + " " + after.runPk()
                    + ")");
        }
    }

    private static String joined(Collection<Long> keys) {
        return keys.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
