package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What the events of a run mean, as an {@link EventFold} tells it. Texts are parts of messages; the dialect makes up the keys of
 * both. Confined to one thread at a time.
 */
public interface RunSink {

    /** The run's id at the agent API. */
    void id(String id);

    /** The model that the run uses. */
    void model(String model);

    /** More of a text. */
    void text(String message, String part, String delta);

    /** More of a text that cannot be the run's result, such as that of another choice. */
    void otherText(String message, String part, String delta);

    /** A text as it is at last; it replaces what came of it before. */
    void wholeText(String message, String part, String text);

    /** More of what the model thinks. */
    void reasoning(String message, String part, String delta);

    /** A thought as it is at last. */
    void wholeReasoning(String message, String part, String text);

    /** A tool is called; told again where its name becomes known. */
    void call(String message, String callId, String name);

    /** More of the JSON text of a call's arguments. */
    void arguments(String callId, String delta);

    /** The arguments of a call as they are at last. */
    void wholeArguments(String callId, JsonNode arguments);

    /** What a tool gave back; told again it replaces what was told before. */
    void result(String callId, @Nullable JsonNode output, boolean failed);

    /** The run's result, where that is not the last message with a text. */
    void resultIs(JsonNode result);

    /** Something went wrong. Whether the run failed is {@link #end}'s to say. */
    void error(Failure failure);

    /** Why the model stopped, in the agent API's own word. */
    void finishReason(String reason);

    /** The run's usage so far; it replaces what was told before. */
    void usage(Usage usage);

    /** How the run ended; the last one counts. Null takes an earlier one back. */
    void end(@Nullable Verdict verdict);
}
