package io.runtape.clients;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.runtape.clients.Spoken.ToolCall;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** OpenAI's chat completions by {@code langchain4j-open-ai}: a model has one set of headers, so a model is made for each call. */
final class LangChain4jChat implements ChatCases {

    private static final Pattern REQUEST_ID = Pattern.compile("\"requestId\":\"([^\"]+)\"");

    @Override
    public String prefix() {
        return "/openai";
    }

    @Override
    public List<String> streams() {
        return List.of(text(), "openai-chat/reasoning-content.case", "openai-chat/parallel-tools-in-turn.case");
    }

    private static Map<String, String> headers(JavaCall call) {
        Map<String, String> all = new HashMap<>(call.headers());
        all.put("Idempotency-Key", call.idempotencyKey());
        return all;
    }

    /** The client's own HTTP, told of each try. */
    private static HttpClientBuilder http(JavaCall call) {
        AtomicInteger tries = new AtomicInteger();
        Runnable trying = () -> {
            if (tries.getAndIncrement() > 0) {
                call.pause().accept(Duration.ZERO);
            }
        };
        return new JdkHttpClientBuilder() {
            @Override
            public JdkHttpClient build() {
                return new JdkHttpClient(this) {
                    @Override
                    public SuccessfulHttpResponse execute(HttpRequest request) {
                        trying.run();
                        return super.execute(request);
                    }
                };
            }
        };
    }

    /** Takes what a stream tells; the result comes at its end. */
    private static class Answer implements StreamingChatResponseHandler {

        final CompletableFuture<AiMessage> whole = new CompletableFuture<>();

        @Override
        public void onCompleteResponse(ChatResponse response) {
            whole.complete(response.aiMessage());
        }

        @Override
        public void onError(Throwable failure) {
            whole.completeExceptionally(failure);
        }

        AiMessage await() {
            try {
                return whole.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : e;
            }
        }
    }

    private static <T extends Answer> T open(JavaCall call, T answer) {
        OpenAiStreamingChatModel.builder()
                .baseUrl(call.url() + "/v1")
                .apiKey(call.credential())
                .modelName("gpt-5-nano")
                .timeout(call.timeout())
                .returnThinking(true)
                .customHeaders(headers(call))
                .build()
                .chat(JavaCall.PROMPT, answer);
        return answer;
    }

    @Override
    public Spoken stream(JavaCall call) {
        return spoken(open(call, new Answer()).await());
    }

    @Override
    public Spoken whole(JavaCall call) {
        return spoken(OpenAiChatModel.builder()
                .baseUrl(call.url() + "/v1")
                .apiKey(call.credential())
                .modelName("gpt-5-nano")
                .timeout(call.timeout())
                .httpClientBuilder(http(call))
                .customHeaders(headers(call))
                .build()
                .chat(UserMessage.from(JavaCall.PROMPT))
                .aiMessage());
    }

    private static Spoken spoken(AiMessage message) {
        return new Spoken(
                Optional.ofNullable(message.text()).orElse(""),
                Optional.ofNullable(message.thinking()).orElse(""),
                message.toolExecutionRequests().stream()
                        .map(tool -> ToolCall.of(tool.id(), tool.name(), tool.arguments()))
                        .toList());
    }

    @Override
    public void leave(JavaCall call) {
        CompletableFuture<Void> left = new CompletableFuture<>();
        open(call, new Answer() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                context.streamingHandle().cancel();
                left.complete(null);
            }

            @Override
            public void onError(Throwable failure) {
                left.completeExceptionally(failure);
            }
        });
        left.join();
    }

    @Override
    public void events(JavaCall call, Consumer<String> each) {
        open(call, new Answer() {
                    @Override
                    public void onPartialResponse(String part) {
                        each.accept(part);
                    }
                })
                .await();
    }

    @Override
    public Shown shown(Throwable thrown) {
        HttpException error = (HttpException) thrown.getCause();
        Matcher id = REQUEST_ID.matcher(thrown.getMessage());
        return new Shown(
                error.statusCode(), thrown.getMessage(), id.find() ? Optional.of(id.group(1)) : Optional.empty());
    }

    @Override
    public boolean isCut(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isTurnedAway(Throwable thrown) {
        return thrown.getCause() instanceof HttpException error && error.statusCode() == 503;
    }

    @Override
    public boolean repeatsStreams() {
        return false;
    }

    /** It takes the chunk with the error for one without text. */
    @Override
    public boolean throwsErrorsOfStreams() {
        return false;
    }

    @Override
    public String toString() {
        return "langchain4j-open-ai";
    }
}
