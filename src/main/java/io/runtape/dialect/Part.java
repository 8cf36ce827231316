package io.runtape.dialect;

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
    /** What is said, as the runtime wrote it; often Markdown. */
    record Text(String text) implements Part {}

    /** What the model thought before it spoke. */
    record Reasoning(String text) implements Part {}

    /**
     * The agent calls a tool.
     *
     * @param id pairs the call with its result; made up ({@code call-1}) where the runtime gave none
     * @param name the tool, empty where it is not named
     * @param input the arguments, null where none were given
     */
    record ToolCall(String id, String name, @Nullable JsonNode input) implements Part {}

    /**
     * What a tool gave back.
     *
     * @param callId the call that this answers; empty where none fits
     * @param name the tool, empty where it is not named
     * @param output a JSON string or another value; null where the tool gave nothing back
     * @param exitCode of a command; null elsewhere
     * @param failed whether the runtime says that the tool failed
     * @param partial whether the output was gathered from what streamed, because no result followed
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
     * A file that was made or changed, or an address where something can be looked at.
     *
     * @param path the file; null for an address
     * @param action such as {@code created}; null where not told
     * @param diff what changed; null where not told
     * @param url the address; null for a file
     */
    record FilePart(
            @Nullable String path,
            @Nullable String action,
            @Nullable String diff,
            @Nullable String url) implements Part {}

    /** Something went wrong, by the runtime's own account. */
    record ErrorPart(String code, String message) implements Part {}
}
