package io.runtape.dialect.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldDialect;
import jakarta.inject.Singleton;
import java.util.Optional;

/** OpenAI's Responses API: {@code POST /v1/responses}. */
@Singleton
public final class ResponsesDialect extends FoldDialect {

    public ResponsesDialect() {
        super("openai-responses", ResponsesFold::new);
    }

    @Override
    public Optional<String> cancelPath() {
        return Optional.of("/v1/responses/{runId}/cancel");
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
    public boolean isUsualAt(String path) {
        return path.endsWith("/responses");
    }
}
