package io.runtape.clients;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.ObjectMappers;
import com.anthropic.core.Sleeper;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicIoException;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.MustBeClosed;
import io.runtape.clients.Spoken.ToolCall;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Anthropic's Messages API by {@code anthropic-java}. */
final class AnthropicMessages implements JavaApi {

    private record Pauses(Consumer<Duration> pause) implements Sleeper {
        @Override
        public void sleep(Duration duration) {
            pause.accept(duration);
        }

        @Override
        public CompletableFuture<Void> sleepAsync(Duration duration) {
            pause.accept(duration);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {}
    }

    @Override
    public String prefix() {
        return "/anthropic";
    }

    @Override
    public String text() {
        return "anthropic/text.case";
    }

    @Override
    public List<String> streams() {
        return List.of(text(), "anthropic/thinking.case", "anthropic/parallel-tools.case");
    }

    @Override
    public List<String> bodies() {
        return List.of("anthropic/body.case");
    }

    @Override
    public String failing() {
        return "anthropic/error-after-text.case";
    }

    private static AnthropicClient client(JavaCall call) {
        AnthropicOkHttpClient.Builder builder = AnthropicOkHttpClient.builder()
                .baseUrl(call.url())
                .apiKey(call.credential())
                .timeout(call.timeout())
                .sleeper(new Pauses(call.pause()));
        call.headers().forEach(builder::putHeader);
        return builder.build();
    }

    private static MessageCreateParams asked(JavaCall call) {
        return MessageCreateParams.builder()
                .model("claude-sonnet-5")
                .maxTokens(1024)
                .addUserMessage(JavaCall.PROMPT)
                .putAdditionalHeader("Idempotency-Key", call.idempotencyKey())
                .build();
    }

    @MustBeClosed
    private static StreamResponse<RawMessageStreamEvent> open(JavaCall call) {
        return client(call).messages().createStreaming(asked(call));
    }

    @Override
    public Spoken stream(JavaCall call) {
        MessageAccumulator whole = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = open(call)) {
            events.stream().forEach(whole::accumulate);
        }
        return spoken(whole.message());
    }

    @Override
    public Spoken whole(JavaCall call) {
        return spoken(client(call).messages().create(asked(call)));
    }

    private static Spoken spoken(Message message) {
        List<ContentBlock> blocks = message.content();
        return new Spoken(
                blocks.stream()
                        .flatMap(block -> block.text().stream())
                        .map(block -> block.text())
                        .collect(Collectors.joining()),
                blocks.stream()
                        .flatMap(block -> block.thinking().stream())
                        .map(block -> block.thinking())
                        .collect(Collectors.joining()),
                blocks.stream()
                        .flatMap(block -> block.toolUse().stream())
                        .map(tool -> new ToolCall(
                                tool.id(), tool.name(), tool._input().convert(JsonNode.class)))
                        .toList());
    }

    @Override
    public void leave(JavaCall call) {
        try (StreamResponse<RawMessageStreamEvent> events = open(call)) {
            events.stream().iterator().next();
        }
    }

    @Override
    public void events(JavaCall call, Consumer<String> each) {
        try (StreamResponse<RawMessageStreamEvent> events = open(call)) {
            events.stream()
                    .forEach(event -> each.accept(
                            ObjectMappers.jsonMapper().valueToTree(event).toString()));
        }
    }

    @Override
    public Shown shown(Throwable thrown) {
        AnthropicServiceException error = (AnthropicServiceException) thrown;
        return new Shown(error.statusCode(), error.getMessage(), error.requestId());
    }

    @Override
    public boolean isCut(Throwable thrown) {
        return thrown instanceof AnthropicIoException || thrown.getCause() instanceof IOException;
    }

    @Override
    public boolean isTurnedAway(Throwable thrown) {
        return thrown instanceof AnthropicServiceException error && error.statusCode() == 503;
    }

    @Override
    public String toString() {
        return "anthropic-java";
    }
}
