package io.runtape.dialect.responses;

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

/** OpenAI's Responses API: {@code POST /v1/responses}. */
@Singleton
public final class ResponsesDialect extends FoldDialect {

    /** At OpenAI's platform, whose clients may have the version in their base URL, and at Azure's. */
    private static final List<String> RESPONSES =
            List.of("/v1/responses", "/responses", "/openai/v1/responses", "/openai/responses");

    private static final ApiPaths PATHS = new ApiPaths(
            PathTemplate.ending("/responses"),
            false,
            each("/{runId}/cancel"),
            Map.of(ResumeKind.RESPONSE, each("/{runId}")));

    private static List<PathTemplate> each(String below) {
        return PathTemplate.all(
                RESPONSES.stream().map(responses -> responses + below).toArray(String[]::new));
    }

    public ResponsesDialect() {
        super("openai-responses", ResponsesFold::new);
    }

    @Override
    public boolean begins(String type, JsonNode data) {
        return type.startsWith("response.");
    }

    @Override
    public boolean answers(JsonNode body) {
        return body.path("object").asText("").equals("response");
    }

    @Override
    public byte[] errorEvent(Failure failure) {
        ObjectNode data = error(failure).put("type", "error").put("sequence_number", 0);
        // Flat as the API documents it, and nested as OpenAI's clients look for it.
        data.set("error", error(failure).put("type", failure.code()));
        return written("error", data);
    }

    private static ObjectNode error(Failure failure) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("code", failure.code())
                .put("message", failure.message())
                .putNull("param");
    }

    @Override
    public ApiPaths paths() {
        return PATHS;
    }
}
