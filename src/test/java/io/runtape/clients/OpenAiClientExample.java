package io.runtape.clients;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import java.util.UUID;

/** Asks OpenAI's Responses API through a gateway. */
final class OpenAiClientExample {

    private final OpenAIClient client;

    /** Of a gateway at that origin. */
    OpenAiClientExample(String gateway, String key) {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(gateway + "/openai/v1")
                .apiKey(key)
                .build();
    }

    private static ResponseCreateParams asked(String prompt) {
        return ResponseCreateParams.builder()
                .model("gpt-5-nano")
                .input(prompt)
                .putAdditionalHeader("Idempotency-Key", UUID.randomUUID().toString())
                .build();
    }

    /** The text, as it is streamed. */
    String stream(String prompt) {
        StringBuilder text = new StringBuilder();
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(asked(prompt))) {
            events.stream()
                    .flatMap(event -> event.outputTextDelta().stream())
                    .forEach(delta -> text.append(delta.delta()));
        }
        return text.toString();
    }

    /** The text of a whole response. */
    String whole(String prompt) {
        StringBuilder text = new StringBuilder();
        client.responses().create(asked(prompt)).output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(content -> content.outputText().stream())
                .forEach(part -> text.append(part.text()));
        return text.toString();
    }
}
