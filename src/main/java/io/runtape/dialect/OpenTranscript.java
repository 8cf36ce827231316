package io.runtape.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The transcript of a beginning of a run, such that folding the later events into it gives the transcript of the whole
 * (docs/reference/http-api.md, "Snapshots").
 *
 * @param dialect the dialect that the later events are read in
 * @param messages the messages of the response so far
 * @param state what the dialect remembers of earlier events besides the parts
 */
public record OpenTranscript(String dialect, List<OpenMessage> messages, ObjectNode state) {
    public OpenTranscript {
        messages = List.copyOf(messages);
    }
}
