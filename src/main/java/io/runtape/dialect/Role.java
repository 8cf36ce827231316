package io.runtape.dialect;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The speaker of a {@link Message}. */
public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    /** Results that a client sends back for the agent's tool calls. */
    TOOL;

    /** The lower-case name, as in JSON. */
    @JsonValue
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role with that name; other names, for example {@code developer}, count as the system. */
    static Role of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "user", "human" -> USER;
            case "assistant", "agent", "ai", "model" -> ASSISTANT;
            case "tool", "function" -> TOOL;
            default -> SYSTEM;
        };
    }
}
