package io.runtape.store;

import static java.util.Map.entry;

import java.util.Map;

/** The two databases that one jar runs on. */
public enum Engine {
    /** Its varbinary ends at 1 MiB, below the largest frame; it has no partial index, and a placeholder cannot be empty. */
    H2(Map.ofEntries(
            entry("bytes", "binary large object"),
            entry("short_bytes", "varbinary(1048576)"),
            entry("only_running", "/* of any status */"),
            entry("only_with_runs", "/* with or without runs */"),
            entry("only_with_key", "/* with a key */"),
            entry("only_unpacked", "/* packed or not */"),
            entry("only_ended", "/* ended or not */"),
            entry("only_unindexed", "/* indexed or not */"),
            entry("only_not_in_months", "/* in months or not */"),
            entry("only_not_in_segment", "/* in a segment or not */"),
            entry("only_not_in_overall", "/* in overall sums or not */"),
            entry("only_not_in_labels", "/* in sums by label or not */"),
            entry("of_archived", "(owner, archived, updated_at, id)"),
            entry("by_run", "/* one table */"),
            entry("on_postgresql", "--"))),
    POSTGRESQL(Map.ofEntries(
            entry("bytes", "bytea"),
            entry("short_bytes", "bytea"),
            entry("only_running", "where status = 'running'"),
            entry("only_with_runs", "where last_ordinal > 0"),
            entry("only_with_key", "where run_pk > 0"),
            entry("only_unpacked", "where packed_at is null"),
            entry("only_ended", "where completed_at is not null"),
            entry("only_unindexed", "where indexed_at is null and completed_at is not null"),
            entry("only_not_in_months", "where in_months is null"),
            entry("only_not_in_segment", "where in_segment = false"),
            entry("only_not_in_overall", "where in_overall is null"),
            entry("only_not_in_labels", "where in_labels is null"),
            entry("of_archived", "(owner, updated_at, id) where archived and last_ordinal > 0"),
            entry("by_run", "partition by range (run_pk)"),
            entry("on_postgresql", "/* only here */")));

    private final Map<String, String> placeholders;

    Engine(Map<String, String> placeholders) {
        this.placeholders = placeholders;
    }

    /**
     * The values of the placeholders in the migrations: the type of a byte string of any length, conditions of indexes.
     */
    Map<String, String> placeholders() {
        return placeholders;
    }
}
