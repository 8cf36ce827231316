package io.runtape.dialect;

import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role the speaker
 * @param parts the parts of the turn in their order; at least one
 */
public record Message(Role role, List<Part> parts) {
    public Message {
        parts = List.copyOf(parts);
    }
}
