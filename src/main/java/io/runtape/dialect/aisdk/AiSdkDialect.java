package io.runtape.dialect.aisdk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.ApiPaths;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldDialect;
import io.runtape.dialect.ResumeKind;
import io.runtape.path.PathTemplate;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;

/** The UI message stream of Vercel's AI SDK. */
@Singleton
public final class AiSdkDialect extends FoldDialect {

    /** A chat's stream lies below the path of its calls, wherever that is. */
    private static final ApiPaths PATHS = new ApiPaths(
            PathTemplate.ending("/api/chat"),
            false,
            List.of(),
            Map.of(ResumeKind.CHAT_STREAM, PathTemplate.all("/{+chat}/{threadId}/stream")));

    public AiSdkDialect() {
        super("aisdk", UiMessageFold::new);
    }

    /**
     * The events have no name, and ids at the top of their data. Other APIs with similar types, such as Mastra's, have
     * names or a {@code payload}.
     */
    @Override
    public boolean begins(String type, JsonNode data) {
        if (!data.path("type").asText("").equals(type) || data.has("payload")) {
            return false;
        }
        return switch (type) {
            case "start" -> data.path("messageId").isTextual() || data.has("messageMetadata") || data.size() == 1;
            case "start-step" -> true;
            case "text-start", "reasoning-start" -> data.path("id").isTextual();
            case "tool-input-start", "tool-input-available" ->
                data.path("toolCallId").isTextual();
            default -> false;
        };
    }

    @Override
    public byte[] errorEvent(Failure failure) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("type", "error").put("errorText", failure.message());
        return written(null, data);
    }

    @Override
    public ApiPaths paths() {
        return PATHS;
    }
}
