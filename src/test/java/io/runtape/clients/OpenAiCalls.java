package io.runtape.clients;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.ObjectMappers;
import com.openai.core.Sleeper;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.OpenAIServiceException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What both APIs of OpenAI's client have in common. */
abstract class OpenAiCalls implements JavaApi {

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

    static OpenAIClient client(JavaCall call) {
        OpenAIOkHttpClient.Builder builder = OpenAIOkHttpClient.builder()
                .baseUrl(call.url() + "/v1")
                .apiKey(call.credential())
                .timeout(call.timeout())
                .sleeper(new Pauses(call.pause()));
        call.headers().forEach(builder::putHeader);
        return builder.build();
    }

    static String json(Object event) {
        return ObjectMappers.jsonMapper().valueToTree(event).toString();
    }

    @Override
    public String prefix() {
        return "/openai";
    }

    @Override
    public Shown shown(Throwable thrown) {
        OpenAIServiceException error = (OpenAIServiceException) thrown;
        return new Shown(
                error.statusCode(),
                error.getMessage(),
                error.headers().values("x-request-id").stream().findFirst());
    }

    @Override
    public boolean isCut(Throwable thrown) {
        return thrown instanceof OpenAIIoException || thrown.getCause() instanceof IOException;
    }

    @Override
    public boolean isTurnedAway(Throwable thrown) {
        return thrown instanceof OpenAIServiceException error && error.statusCode() == 503;
    }
}
