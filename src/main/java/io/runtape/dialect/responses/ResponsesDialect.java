package io.runtape.dialect.responses;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.FoldDialect;
import jakarta.inject.Singleton;

/** OpenAI's Responses API: {@code POST /v1/responses}. */
@Singleton
public final class ResponsesDialect extends FoldDialect {

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
}
