package io.runtape.dialect.runtools;

import org.jspecify.annotations.Nullable;

/**
 * The events of RunTools. Its documentation has two vocabularies, one of threads ({@code assistant_message_delta}) and
 * an older one of runs ({@code thinking}, {@code complete}); a stream may use either.
 */
enum RunToolsEvent {
    RUN_STARTED,
    COMPLETED,
    FAILED,
    CANCELLED,
    ERROR,
    USER_MESSAGE,
    MESSAGE,
    MESSAGE_DELTA,
    THINKING,
    THINKING_DELTA,
    TOOL_CALL,
    TOOL_OUTPUT_DELTA,
    TOOL_RESULT,
    TOOL_CALL_COMPLETED,
    FILE_EDIT,
    DEV_URL,
    /** Events that say nothing about the conversation, such as {@code compaction_started}, and those of other runtimes. */
    OTHER;

    static RunToolsEvent of(@Nullable String type) {
        if (type == null) {
            return OTHER;
        }
        return switch (type) {
            case "run_started" -> RUN_STARTED;
            case "run_completed", "complete" -> COMPLETED;
            case "run_failed" -> FAILED;
            case "run_cancelled", "run_canceled" -> CANCELLED;
            case "error" -> ERROR;
            case "user_message" -> USER_MESSAGE;
            case "assistant_message" -> MESSAGE;
            case "assistant_message_delta" -> MESSAGE_DELTA;
            case "thinking" -> THINKING;
            case "assistant_thinking_delta" -> THINKING_DELTA;
            case "tool_call", "tool_call_started" -> TOOL_CALL;
            case "tool_output_delta" -> TOOL_OUTPUT_DELTA;
            case "tool_result" -> TOOL_RESULT;
            case "tool_call_completed" -> TOOL_CALL_COMPLETED;
            case "file_edit" -> FILE_EDIT;
            case "dev_url" -> DEV_URL;
            default -> OTHER;
        };
    }

    /** What the event says of the run's outcome. */
    enum Meaning {
        /** Its payload tells the outcome. */
        OUTCOME,
        /** The agent works on, so an error before it was not the end. */
        STEP,
        /** Nothing. */
        NONE
    }

    Meaning meaning() {
        return switch (this) {
            case COMPLETED, FAILED, CANCELLED, ERROR, MESSAGE -> Meaning.OUTCOME;
            case RUN_STARTED, USER_MESSAGE, TOOL_CALL, TOOL_RESULT, TOOL_CALL_COMPLETED, FILE_EDIT, DEV_URL ->
                Meaning.STEP;
            case MESSAGE_DELTA, THINKING, THINKING_DELTA, TOOL_OUTPUT_DELTA, OTHER -> Meaning.NONE;
        };
    }
}
