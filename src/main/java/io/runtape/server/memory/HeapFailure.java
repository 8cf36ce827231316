package io.runtape.server.memory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells that the heap is used up from what else goes by the same type: a thread or a direct buffer that cannot be had, and a
 * length that no array can have. These fail one call.
 */
final class HeapFailure {

    /** How the messages begin: of HotSpot, and the last one of a native image. */
    private static final List<String> MESSAGES = List.of(
            "Java heap space",
            "GC overhead limit exceeded",
            "Metaspace",
            "Compressed class space",
            "Garbage-collected heap size exceeded");

    /** Causes of causes that are looked at: chains that lead back into themselves exist. */
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

    /** H2 has one without a message, made beforehand, for when it has met one. */
    private static boolean isOfTheHeap(@Nullable String message) {
        return message == null || MESSAGES.stream().anyMatch(message::startsWith);
    }
}
