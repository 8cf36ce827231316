package io.runtape.dialect;

import java.util.List;

/**
 * A message of a transcript that may go on.
 *
 * @param role the speaker
 * @param parts its parts in their order
 */
public record OpenMessage(Role role, List<OpenPart> parts) {
    public OpenMessage {
        parts = List.copyOf(parts);
    }
}
