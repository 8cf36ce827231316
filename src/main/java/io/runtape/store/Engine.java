package io.runtape.store;

import java.util.Map;

/** The two databases that one jar runs on. */
public enum Engine {
    /** Its varbinary ends at 1 MiB, below the largest frame; it has no partial index, and a placeholder cannot be empty. */
    H2(Map.of(
            "bytes", "binary large object",
            "short_bytes", "varbinary(1048576)",
            "only_running", "/* of any status */",
            "only_with_runs", "/* with or without runs */",
            "only_with_key", "/* with a key */",
            "only_unpacked", "/* packed or not */",
            "only_ended", "/* ended or not */",
            "only_unindexed", "/* indexed or not */",
            "by_run", "/* one table */",
            "on_postgresql", "--")),
    POSTGRESQL(Map.of(
            "bytes", "bytea",
            "short_bytes", "bytea",
            "only_running", "where status = 'running'",
            "only_with_runs", "where last_ordinal > 0",
            "only_with_key", "where run_pk > 0",
            "only_unpacked", "where packed_at is null",
            "only_ended", "where completed_at is not null",
            "only_unindexed", "where indexed_at is null and completed_at is not null",
            "by_run", "partition by range (run_pk)",
            "on_postgresql", "/* only here */"));

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
