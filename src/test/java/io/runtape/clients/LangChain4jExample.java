package io.runtape.clients;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.concurrent.CompletableFuture;

/** Asks OpenAI's chat completions through a gateway. */
public final class LangChain4jExample {

    private final String url;
    private final String key;

    /** Of a gateway at that origin. */
    public LangChain4jExample(String gateway, String key) {
        this.url = gateway + "/openai/v1";
        this.key = key;
    }

    /** The text, as it is streamed. */
    public String stream(String prompt) {
        CompletableFuture<String> whole = new CompletableFuture<>();
        StringBuilder text = new StringBuilder();
        OpenAiStreamingChatModel.builder()
                .baseUrl(url)
                .apiKey(key)
                .modelName("gpt-5-nano")
                .build()
                .chat(prompt, new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String part) {
                        text.append(part);
                    }

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                        whole.complete(text.toString());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        whole.completeExceptionally(failure);
                    }
                });
        return whole.join();
    }

    /** The text of a whole response. */
    String whole(String prompt) {
        return OpenAiChatModel.builder()
                .baseUrl(url)
                .apiKey(key)
                .modelName("gpt-5-nano")
                .build()
                .chat(prompt);
    }
}
