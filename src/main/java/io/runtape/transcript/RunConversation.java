package io.runtape.transcript;

import io.runtape.dialect.Message;
import java.util.List;

/**
 * What a run was asked and what it brought.
 *
 * @param asked all messages of its request, also those that repeat earlier runs
 * @param said the parts of its own response in their order
 * @param askedTruncated whether something of its request was too long and is left out
 * @param truncated the same of its request or its response
 */
public record RunConversation(List<Message> asked, List<PlacedPart> said, boolean askedTruncated, boolean truncated) {

    public RunConversation {
        asked = List.copyOf(asked);
        said = List.copyOf(said);
    }
}
