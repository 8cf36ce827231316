package io.runtape.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The status of a run (docs/reference/http-api.md, "Runs"). */
public enum RunStatus {
    RUNNING,
    COMPLETED,
    FAILED,
    CANCELLED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The name in JSON and in the table. */
    public String label() {
        return label;
    }

    /** The status with that name, or empty if there is none. */
    public static Optional<RunStatus> ofLabel(String label) {
        return Arrays.stream(values()).filter(s -> s.label.equals(label)).findFirst();
    }
}
