package io.runtape.server.names;

import java.util.List;
import java.util.Set;

/**
 * Names that a later version will know. The gateway refuses them like unknown names, but with another message: the
 * caller has not misspelt them.
 */
public final class PlannedNames {

    /** Request headers. On unrecorded calls they are the agent API's business. */
    public static final List<String> HEADERS = List.of("Runtape-Fault", "Runtape-Replay", "Runtape-Speed");


    private PlannedNames() {}

    static boolean isParameter(String name) {
        return PARAMETERS.contains(name);
    }
}
