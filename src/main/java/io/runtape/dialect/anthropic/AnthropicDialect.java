package io.runtape.dialect.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.ApiPaths;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldDialect;
import io.runtape.path.PathTemplate;
import jakarta.inject.Singleton;

/** Anthropic's Messages API: {@code POST /v1/messages}. */
@Singleton
public final class AnthropicDialect extends FoldDialect {

    private static final ApiPaths PATHS = ApiPaths.of(PathTemplate.ending("/messages"));

    public AnthropicDialect() {
        super("anthropic", MessagesFold::new);
    }

    @Override
    public boolean begins(String type, JsonNode data) {
        return type.equals("message_start");
    }

    @Override
    public boolean answers(JsonNode body) {
        return body.path("type").asText("").equals("message")
                || body.path("type").asText("").equals("error")
                        && body.path("error").isObject();
    }

    @Override
    public byte[] errorEvent(Failure failure) {
        ObjectNode data = JsonNodeFactory.instance.objectNode().put("type", "error");
        data.putObject("error").put("type", failure.code()).put("message", failure.message());
        return written("error", data);
    }

    @Override
    public ApiPaths paths() {
        return PATHS;
    }
}
