package io.runtape.clients;

import com.google.errorprone.annotations.MustBeClosed;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionChunk.Choice.Delta.ToolCall;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Chat completions by {@code openai-java}, whose types have no reasoning. */
final class OpenAiChat extends OpenAiCalls implements ChatCases {

    @Override
    public List<String> streams() {
        return List.of(text(), "openai-chat/parallel-tools.case", "openai-chat/length.case");
    }

    private static ChatCompletionCreateParams.Builder asked(JavaCall call) {
        return ChatCompletionCreateParams.builder()
                .model("gpt-5-nano")
                .addUserMessage(JavaCall.PROMPT)
                .putAdditionalHeader("Idempotency-Key", call.idempotencyKey());
    }

    @MustBeClosed
    private static StreamResponse<ChatCompletionChunk> open(JavaCall call) {
        return client(call)
                .chat()
                .completions()
                .createStreaming(asked(call)
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build());
    }

    /** Not by the client's own accumulator, which wants every chunk to have the time of its making. */
    @Override
    public Spoken stream(JavaCall call) {
        StringBuilder text = new StringBuilder();
        List<Tool> tools = new ArrayList<>();
        try (StreamResponse<ChatCompletionChunk> chunks = open(call)) {
            chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .map(ChatCompletionChunk.Choice::delta)
                    .forEach(delta -> {
                        delta.content().ifPresent(text::append);
                        delta.toolCalls().stream().flatMap(List::stream).forEach(part -> {
                            if (part.index() == tools.size()) {
                                tools.add(new Tool());
                            }
                            tools.get((int) part.index()).add(part);
                        });
                    });
        }
        return new Spoken(text.toString(), "", tools.stream().map(Tool::whole).toList());
    }

    /** A call of a tool that comes in parts, of which the first alone has its id and name. */
    private static final class Tool {

        private String id;
        private String name;
        private final StringBuilder arguments = new StringBuilder();

        void add(ToolCall part) {
            part.id().ifPresent(told -> id = told);
            part.function().flatMap(ToolCall.Function::name).ifPresent(told -> name = told);
            part.function().flatMap(ToolCall.Function::arguments).ifPresent(arguments::append);
        }

        Spoken.ToolCall whole() {
            return Spoken.ToolCall.of(id, name, arguments.toString());
        }
    }

    @Override
    public Spoken whole(JavaCall call) {
        return spoken(client(call).chat().completions().create(asked(call).build()));
    }

    private static Spoken spoken(ChatCompletion completion) {
        ChatCompletionMessage message = completion.choices().get(0).message();
        return new Spoken(
                message.content().orElse(""),
                "",
                message.toolCalls().stream()
                        .flatMap(List::stream)
                        .flatMap(tool -> tool.function().stream())
                        .map(tool -> Spoken.ToolCall.of(
                                tool.id(),
                                tool.function().name(),
                                tool.function().arguments()))
                        .toList());
    }

    @Override
    public void leave(JavaCall call) {
        try (StreamResponse<ChatCompletionChunk> chunks = open(call)) {
            chunks.stream().iterator().next();
        }
    }

    @Override
    public void events(JavaCall call, Consumer<String> each) {
        try (StreamResponse<ChatCompletionChunk> chunks = open(call)) {
            chunks.stream().forEach(chunk -> each.accept(json(chunk)));
        }
    }

    @Override
    public String toString() {
        return "openai-java, chat completions";
    }
}
