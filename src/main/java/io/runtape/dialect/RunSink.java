package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Takes the meaning of a run's events, as an {@link EventFold} reports it. Texts are parts of messages; the dialect
 * makes up the keys of messages and parts. Confined to one thread at a time.
 */
public interface RunSink {

    /** What the fold must remember between events. */
    FoldMemory memory();

    /** The run's id at the agent API. */
    void id(String id);

    /** The model that the run uses. */
    void model(String model);

    /** The next piece of a text. */
    void text(String message, String part, String delta);

    /** The next piece of a text that cannot be the run's result, such as the text of another choice. */
    void otherText(String message, String part, String delta);

    /** The final form of such a text; it replaces the earlier pieces. */
    void wholeOtherText(String message, String part, String text);

    /** The final form of a text; it replaces the earlier pieces. */
    void wholeText(String message, String part, String text);

    /** The next piece of the model's reasoning. */
    void reasoning(String message, String part, String delta);

    /** The final form of a piece of reasoning. */
    void wholeReasoning(String message, String part, String text);

    /** A tool is called; reported again once the tool's name is known. */
    void call(String message, String callId, String name);

    /** The next piece of the JSON text of a call's arguments. */
    void arguments(String callId, String delta);

    /** The next piece of the input of a call whose tool takes plain text: the text is never read as JSON. */
    void input(String callId, String delta);

    /** The final input of a call whose tool takes plain text; it replaces the earlier pieces. */
    void wholeInput(String callId, String text);

    /** The final arguments of a call. */
    void wholeArguments(String callId, JsonNode arguments);

    /** The result of a tool; it replaces an earlier result of the same call. */
    void result(String callId, @Nullable JsonNode output, boolean failed);

    /**
     * A file that came whole, or an address to look at.
     *
     * @param path the file; null for an address
     * @param url the address; null for a file
     */
    void file(@Nullable String path, @Nullable String url);

    /** The run's result, if it is not the last message with a text. */
    void resultIs(JsonNode result);

    /** An error was reported. Only {@link #end} decides whether the run failed. */
    void error(Failure failure);

    /** Why the model stopped, in the agent API's own word. */
    void finishReason(String reason);

    /** The run's usage so far; it replaces the earlier usage. */
    void usage(Usage usage);

    /** How the run ended; the last call counts. Null takes back an earlier verdict. */
    void end(@Nullable Verdict verdict);
}
