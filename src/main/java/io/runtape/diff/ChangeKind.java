package io.runtape.diff;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What has become of a thing of the first run in the second one. */
enum ChangeKind {
    SAME,
    CHANGED,
    /** Only the first run has it. */
    REMOVED,
    /** Only the second run has it. */
    ADDED;

    /** The change from the one to the other; at least one of them is there. */
    static ChangeKind of(@Nullable Object first, @Nullable Object second, boolean equal) {
        if (first == null) {
            return ADDED;
        }
        if (second == null) {
            return REMOVED;
        }
        return equal ? SAME : CHANGED;
    }

    /** The lower-case name, as in JSON. */
    @JsonValue
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
