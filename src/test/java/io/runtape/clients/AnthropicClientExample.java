package io.runtape.clients;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import java.util.UUID;

/** Asks Anthropic's Messages API through a gateway. */
final class AnthropicClientExample {

    private final AnthropicClient client;

    /** Of a gateway at that origin. */
    AnthropicClientExample(String gateway, String key) {
        client = AnthropicOkHttpClient.builder()
                .baseUrl(gateway + "/anthropic")
                .apiKey(key)
                .build();
    }

    private static MessageCreateParams asked(String prompt) {
        return MessageCreateParams.builder()
                .model("claude-sonnet-5")
                .maxTokens(1024)
                .addUserMessage(prompt)
                .putAdditionalHeader("Idempotency-Key", UUID.randomUUID().toString())
                .build();
    }

    /** The text, as it is streamed. */
    String stream(String prompt) {
        StringBuilder text = new StringBuilder();
        try (StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(asked(prompt))) {
            events.stream()
                    .flatMap(event -> event.contentBlockDelta().stream())
                    .flatMap(delta -> delta.delta().text().stream())
                    .forEach(part -> text.append(part.text()));
        }
        return text.toString();
    }

    /** The text of a whole response. */
    String whole(String prompt) {
        StringBuilder text = new StringBuilder();
        client.messages().create(asked(prompt)).content().stream()
                .flatMap(block -> block.text().stream())
                .forEach(part -> text.append(part.text()));
        return text.toString();
    }
}
