package io.runtape.dialect;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a run ended, as the runtime itself reports it. */
public enum Verdict {
    COMPLETED,
    FAILED,
    CANCELLED;

    /** The verdict in a runtime's status word; null for words without a verdict, such as {@code dispatched}. */
    public static @Nullable Verdict of(@Nullable String status) {
        if (status == null) {
            return null;
        }
        return switch (status.toLowerCase(Locale.ROOT)) {
            case "completed", "complete", "success", "succeeded", "ok", "done" -> COMPLETED;
            case "failed", "failure", "error", "errored", "timeout", "timed_out" -> FAILED;
            case "cancelled", "canceled", "aborted" -> CANCELLED;
            default -> null;
        };
    }
}
