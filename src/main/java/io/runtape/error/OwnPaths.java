package io.runtape.error;

import java.util.List;

/** The paths that are the gateway's own; all others are an agent API's. */
public final class OwnPaths {

    private static final List<String> ROOTS = List.of("/history", "/q", "/console");

    private OwnPaths() {}

    /** Whether a path belongs to the gateway, in any case of its letters. */
    public static boolean contains(String path) {
        // Each call asks this several times, so it copies nothing.
        if (path.isEmpty() || path.equals("/")) {
            return true;
        }
        for (String root : ROOTS) {
            int length = root.length();
            if (path.regionMatches(true, 0, root, 0, length)
                    && (path.length() == length || path.charAt(length) == '/')) {
                return true;
            }
        }
        return false;
    }
}
