package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.sse.ServerSentEvent;
import io.runtape.sse.SseWriter;
import java.util.List;
import java.util.Optional;

/**
 * The meaning of one agent API's events. No method fails on strange input: a dialect leaves out what it does not
 * understand. Safe for any thread.
 */
public interface Dialect {

    /** A short name, such as {@code runtools}; it is stored with each run. */
    String name();

    /**
     * Whether an event belongs to this dialect. The event comes first in its stream, or after events that begin no
     * dialect.
     *
     * @param type the {@code event} field, else the payload's {@code type}, else {@code message}
     * @param data its payload; a JSON string if it is not JSON
     */
    boolean begins(String type, JsonNode data);

    /** Whether a response that is not an event stream belongs to this dialect; false for one that has streams alone. */
    default boolean answers(JsonNode body) {
        return false;
    }

    /** Whether the agent API streams if a call does not say {@code "stream"} at all. */
    default boolean streamsUnasked() {
        return false;
    }

    /**
     * Whether a whole response names its run and thread in {@code data.runId} and {@code data.threadId}, and mostly not
     * in headers.
     */
    default boolean namesRunInBody() {
        return false;
    }

    /**
     * Whether clients of the agent API resume a stream by naming the {@code id} of its last event, which is the agent
     * API's own.
     */
    default boolean clientsResumeByOwnIds() {
        return false;
    }

    /** Where agent APIs of this dialect are usually called. */
    default ApiPaths paths() {
        return ApiPaths.ANYWHERE;
    }

    /** Makes a digest for one run; feed it while the run is live. */
    RunDigest digest();

    /** The same for a run whose response has a status outside 2xx: it tells an error, in this dialect or in none. */
    default RunDigest refusal() {
        return digest();
    }

    /**
     * The messages of a run, folded from its events in their order. Deltas are joined, and a message that sums up its
     * deltas replaces them.
     */
    default List<Message> transcript(Iterable<ServerSentEvent> events) {
        return transcript(events, PartPlaces.unasked());
    }

    /** @param places learns where each part of the messages began */
    List<Message> transcript(Iterable<ServerSentEvent> events, PartPlaces places);

    /** The same for a run whose response is one JSON document instead of a stream. */
    List<Message> answered(String responseBody);

    /**
     * The transcript of a beginning of a run, such that later events can be folded into it.
     *
     * @return empty as long as the events say nothing in this dialect: then the transcript begins with the first event
     */
    Optional<OpenTranscript> openTranscript(Iterable<ServerSentEvent> events);

    /**
     * The event with which an agent API of this dialect reports an error in its stream. The gateway sends it to a client
     * whose stream began before the agent API failed. Without a form of its own a dialect writes RunTools' form, an
     * event {@code error} with a code and a message.
     */
    default byte[] errorEvent(Failure failure) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("code", failure.code()).put("message", failure.message());
        return SseWriter.event("error", null, data.toString());
    }
}
