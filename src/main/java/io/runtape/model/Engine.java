package io.runtape.model;

/** The two databases that one jar runs on. */
public enum Engine {
    H2("binary large object", "/* of any status */", "/* with or without runs */", "/* with a key */"),
    POSTGRESQL("bytea", "where status = 'running'", "where last_ordinal > 0", "where run_pk > 0");

    private final String bytesType;
    private final String onlyRunning;
    private final String onlyWithRuns;
    private final String onlyWithKey;

    Engine(String bytesType, String onlyRunning, String onlyWithRuns, String onlyWithKey) {
        this.bytesType = bytesType;
        this.onlyRunning = onlyRunning;
        this.onlyWithRuns = onlyWithRuns;
        this.onlyWithKey = onlyWithKey;
    }

    /** The column type of a byte string of any length: H2's varbinary ends at 1 MiB, below the largest frame. */
    String bytesType() {
        return bytesType;
    }

    /** The condition of a partial index over live runs; H2 has none, and the placeholder cannot be empty. */
    String onlyRunning() {
        return onlyRunning;
    }

    /** The condition of a partial index over threads that have a run, as all have that are listed. */
    String onlyWithRuns() {
        return onlyWithRuns;
    }

    /** The condition of a partial index over runs that have a key, as all have. */
    String onlyWithKey() {
        return onlyWithKey;
    }
}
