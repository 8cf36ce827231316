package io.runtape.server.names;

import java.util.List;
import java.util.Set;

/**
 * Names that a later version will know. They are refused like unknown ones, but by saying so: whoever writes one has not
 * misspelt it.
 */
public final class PlannedNames {

    /** Request headers; what a call that is not recorded does with them is the agent API's to say. */
    public static final List<String> HEADERS =
            List.of("Runtape-Fault", "Runtape-Keep-Alive", "Runtape-Replay", "Runtape-Speed");

    private static final Set<String> PARAMETERS = Set.of(
            "completedSince",
            "completedUntil",
            "errorCode",
            "fields",
            "from",
            "maxDurationMs",
            "maxGap",
            "minDurationMs",
            "model",
            "q",
            "sort",
            "to",
            "tool",
            "upstream");

    /** Parameters whose names callers choose the rest of. */
    private static final String METADATA = "metadata.";

    private PlannedNames() {}

    static boolean isParameter(String name) {
        return PARAMETERS.contains(name) || name.startsWith(METADATA);
    }
}
