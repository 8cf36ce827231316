package io.runtape.dialect.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.ApiPaths;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldDialect;
import io.runtape.dialect.Payload;
import io.runtape.path.PathTemplate;
import jakarta.inject.Singleton;

/** OpenAI's chat completions, {@code POST /v1/chat/completions}, and its imitations. */
@Singleton
public final class ChatDialect extends FoldDialect {

    private static final ApiPaths PATHS = ApiPaths.of(PathTemplate.ending("/chat/completions"));

    public ChatDialect() {
        super("openai-chat", ChatFold::new);
    }

    @Override
    public boolean begins(String type, JsonNode data) {
        return Payload.isList(data.path("choices"));
    }

    @Override
    public boolean answers(JsonNode body) {
        return Payload.isList(body.path("choices"));
    }

    @Override
    public byte[] errorEvent(Failure failure) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.putObject("error")
                .put("message", failure.message())
                .put("type", failure.code())
                .putNull("param")
                .put("code", failure.code());
        return written(null, data);
    }

    @Override
    public ApiPaths paths() {
        return PATHS;
    }
}
