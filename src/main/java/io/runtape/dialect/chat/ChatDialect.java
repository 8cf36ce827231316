package io.runtape.dialect.chat;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.FoldDialect;
import jakarta.inject.Singleton;

/** OpenAI's chat completions, {@code POST /v1/chat/completions}, and its imitations. */
@Singleton
public final class ChatDialect extends FoldDialect {

    public ChatDialect() {
        super("openai-chat", ChatFold::new);
    }

    @Override
    public boolean begins(String type, JsonNode data) {
        return data.path("choices").isArray();
    }

    @Override
    public boolean answers(JsonNode body) {
        return body.path("choices").isArray();
    }
}
