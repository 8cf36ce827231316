package io.runtape.error;

import java.util.List;
import java.util.Locale;

/** The paths that are the gateway's own; all others are an agent API's. */
public final class OwnPaths {

    private static final List<String> ROOTS = List.of("/history", "/q", "/console");

    private OwnPaths() {}

    /** Whether a path belongs to the gateway, in any case of its letters. */
    public static boolean contains(String path) {
        String lower = path.toLowerCase(Locale.ROOT);
        return lower.isEmpty()
                || lower.equals("/")
                || ROOTS.stream()
                        .anyMatch(root -> lower.startsWith(root)
                                && (lower.length() == root.length() || lower.charAt(root.length()) == '/'));
    }
}
