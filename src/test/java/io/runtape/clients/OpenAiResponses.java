package io.runtape.clients;

import com.google.errorprone.annotations.MustBeClosed;
import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.runtape.clients.Spoken.ToolCall;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Responses API by {@code openai-java}. */
final class OpenAiResponses extends OpenAiCalls {

    @Override
    public String text() {
        return "openai-responses/text.case";
    }

    @Override
    public List<String> streams() {
        return List.of(text(), "openai-responses/reasoning.case", "openai-responses/parallel-tools.case");
    }

    @Override
    public List<String> bodies() {
        return List.of("openai-responses/body-with-tools.case");
    }

    @Override
    public String failing() {
        return "openai-responses/error-nested-then-failed.case";
    }

    private static ResponseCreateParams asked(JavaCall call) {
        return ResponseCreateParams.builder()
                .model("gpt-5-nano")
                .input(JavaCall.PROMPT)
                .putAdditionalHeader("Idempotency-Key", call.idempotencyKey())
                .build();
    }

    @MustBeClosed
    private static StreamResponse<ResponseStreamEvent> open(JavaCall call) {
        return client(call).responses().createStreaming(asked(call));
    }

    @Override
    public Spoken stream(JavaCall call) {
        ResponseAccumulator whole = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> events = open(call)) {
            events.stream().forEach(whole::accumulate);
        }
        return spoken(whole.response());
    }

    @Override
    public Spoken whole(JavaCall call) {
        return spoken(client(call).responses().create(asked(call)));
    }

    private static Spoken spoken(Response response) {
        List<ResponseOutputItem> items = response.output();
        return new Spoken(
                items.stream()
                        .flatMap(item -> item.message().stream())
                        .flatMap(message -> message.content().stream())
                        .flatMap(content -> content.outputText().stream())
                        .map(part -> part.text())
                        .collect(Collectors.joining()),
                items.stream()
                        .flatMap(item -> item.reasoning().stream())
                        .flatMap(thought -> Stream.concat(
                                thought.summary().stream().map(part -> part.text()),
                                thought.content().stream().flatMap(List::stream).map(part -> part.text())))
                        .collect(Collectors.joining()),
                items.stream()
                        .flatMap(item -> item.functionCall().stream())
                        .map(tool -> ToolCall.of(tool.callId(), tool.name(), tool.arguments()))
                        .toList());
    }

    @Override
    public void leave(JavaCall call) {
        try (StreamResponse<ResponseStreamEvent> events = open(call)) {
            events.stream().iterator().next();
        }
    }

    @Override
    public void events(JavaCall call, Consumer<String> each) {
        try (StreamResponse<ResponseStreamEvent> events = open(call)) {
            events.stream().forEach(event -> each.accept(json(event)));
        }
    }

    /** The events of a response after that one, by the client's own call. */
    void eventsAfter(JavaCall call, String response, long last, Consumer<String> each) {
        ResponseRetrieveParams rest = ResponseRetrieveParams.builder()
                .responseId(response)
                .startingAfter(last)
                .build();
        try (StreamResponse<ResponseStreamEvent> events =
                client(call).responses().retrieveStreaming(rest)) {
            events.stream().forEach(event -> each.accept(json(event)));
        }
    }

    /** Opens a stream, cancels the response by the client's own call once its first event is there, and reads to the end. */
    Response cancel(JavaCall call, Consumer<String> each) {
        OpenAIClient client = client(call);
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(asked(call))) {
            var coming = events.stream().iterator();
            ResponseStreamEvent first = coming.next();
            Response answer = client.responses()
                    .cancel(first.created().orElseThrow().response().id());
            coming.forEachRemaining(event -> each.accept(json(event)));
            return answer;
        }
    }

    @Override
    public String toString() {
        return "openai-java, responses";
    }
}
