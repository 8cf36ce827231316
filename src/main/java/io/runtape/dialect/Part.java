package io.runtape.dialect;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A piece of a {@link Message}. In JSON its kind is the field {@code type}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Part.Text.class, name = "text"),
    @JsonSubTypes.Type(value = Part.Reasoning.class, name = "reasoning"),
    @JsonSubTypes.Type(value = Part.ToolCall.class, name = "tool_call"),
    @JsonSubTypes.Type(value = Part.ToolResult.class, name = "tool_result"),
    @JsonSubTypes.Type(value = Part.FilePart.class, name = "file"),
    @JsonSubTypes.Type(value = Part.ErrorPart.class, name = "error")
})
public sealed interface Part {
    /**
     * Text as the runtime wrote it, often Markdown.
     *
     * @param attached whether it stands for what came with a message, such as an image or a document; in JSON only if so
     */
    record Text(
            String text,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean attached) implements Part {

        /** Text that was said. */
        public Text(String text) {
            this(text, false);
        }
    }

    /** The model's reasoning before its text. */
    record Reasoning(String text) implements Part {}

    /**
     * The agent calls a tool.
     *
     * @param id pairs the call with its result; generated ({@code call-1}) if the runtime gave none
     * @param name the tool, empty if it is not named
     * @param input the arguments, null if there are none
     */
    record ToolCall(String id, String name, @Nullable JsonNode input) implements Part {}

    /**
     * The result of a tool.
     *
     * @param callId the call of this result; empty if no call fits
     * @param name the tool, empty if it is not named
     * @param output a JSON string or another value; null if the tool returned nothing
     * @param exitCode the exit code of a command; null for other tools
     * @param failed whether the runtime says that the tool failed
     * @param partial whether the output was gathered from streamed pieces, because no result followed
     */
    record ToolResult(
            String callId,
            String name,
            @Nullable JsonNode output,
            @Nullable Integer exitCode,
            boolean failed,
            boolean partial)
            implements Part {}

    /**
     * A file that the agent made, changed or names, or an address to look at.
     *
     * @param path the file; null for an address
     * @param action for example {@code created}; null if unknown
     * @param diff the change; null if unknown
     * @param url the address; null for a file
     */
    record FilePart(
            @Nullable String path,
            @Nullable String action,
            @Nullable String diff,
            @Nullable String url) implements Part {}

    /** An error that the runtime reports. */
    record ErrorPart(String code, String message) implements Part {}
}
