package io.runtape.model;

/** The two databases that one jar runs on. */
public enum Engine {
    H2("binary large object", "/* of any status */"),
    POSTGRESQL("bytea", "where status = 'running'");

    private final String bytesType;
    private final String onlyRunning;

    Engine(String bytesType, String onlyRunning) {
        this.bytesType = bytesType;
        this.onlyRunning = onlyRunning;
    }

    /** The column type of a byte string of any length: H2's varbinary ends at 1 MiB, below the largest frame. */
    String bytesType() {
        return bytesType;
    }

    /** The condition of a partial index over live runs; H2 has none, and the placeholder cannot be empty. */
    String onlyRunning() {
        return onlyRunning;
    }
}
