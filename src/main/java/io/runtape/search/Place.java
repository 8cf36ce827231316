package io.runtape.search;

import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;

/** Where in a run, or in a thread, a text stands. The order is that of the bytes that store it: add at the end. */
@RegisterForReflection
public enum Place {
    PROMPT,
    RESULT,
    ERROR,
    TEXT,
    TOOL_CALL,
    TOOL_RESULT,
    /** The title of a thread. */
    TITLE;

    /** The lower-case name, as in JSON. */
    @JsonValue
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
