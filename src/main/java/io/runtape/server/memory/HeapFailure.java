package io.runtape.server.memory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells an exhausted heap from other errors of the same type: a missing thread or direct buffer, and a length that no
 * array can have. Those fail only one call.
 */
final class HeapFailure {

    /** How the messages begin: those of HotSpot, and last that of a native image. */
    private static final List<String> MESSAGES = List.of(
            "Java heap space",
            "GC overhead limit exceeded",
            "Metaspace",
            "Compressed class space",
            "Garbage-collected heap size exceeded");

    /** The depth of causes to check: chains of causes may be cyclic. */
    private static final int CAUSES_MAX = 20;

    private HeapFailure() {}

    static boolean isIn(@Nullable Throwable failure) {
        Throwable at = failure;
        for (int i = 0; at != null && i < CAUSES_MAX; i++) {
            if (at.getClass() == OutOfMemoryError.class && isOfTheHeap(at.getMessage())) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }

    /** H2 throws a prepared error without a message once it has met one. */
    private static boolean isOfTheHeap(@Nullable String message) {
        return message == null || MESSAGES.stream().anyMatch(message::startsWith);
    }
}
