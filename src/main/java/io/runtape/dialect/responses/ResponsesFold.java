package io.runtape.dialect.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.runtape.dialect.EventFold;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Ids;
import io.runtape.dialect.Json;
import io.runtape.dialect.OpenAiItem;
import io.runtape.dialect.Payload;
import io.runtape.dialect.RecentById;
import io.runtape.dialect.RunSink;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;
import java.util.List;
import java.util.function.Consumer;

/**
 * The events of OpenAI's Responses API. The terminal event repeats the whole response, and may exceed the length that
 * the gateway reads of an event. So the fold takes texts also from the events that end each part.
 */
final class ResponsesFold implements EventFold {

    /** The fields of tool items with the tool's input, which may be JSON in a text: functions and OpenAI's own tools. */
    private static final List<String> INPUTS = List.of("arguments", "action", "operation", "queries");

    /** The same for tools that take plain text: custom tools and the code interpreter. */
    private static final List<String> TEXT_INPUTS = List.of("input", "code");

    /**
     * The fields with the tool's output. The {@code result} of an image's generation is the image itself, and is left
     * out.
     */
    private static final List<String> OUTPUTS = List.of("output", "outputs", "results");

    /** How the name of a terminal event begins; the status of the response follows. */
    private static final String RESPONSE = "response.";

    private final RunSink run;

    /**
     * The ids of calls by the index of their items: the deltas of arguments name this index. Deltas of a forgotten call
     * are left out; the item has the whole arguments when it is done.
     */
    private final RecentById<String> callIds;

    ResponsesFold(RunSink run) {
        this.run = run;
        this.callIds = run.memory().map("callIds");
    }

    @Override
    public boolean concernsOutcome(String type) {
        return switch (type) {
            case "response.created",
                    "response.queued",
                    "response.output_text.delta",
                    "response.output_text.done",
                    "response.refusal.delta",
                    "response.refusal.done",
                    "response.completed",
                    "response.incomplete",
                    "response.failed",
                    "response.cancelled",
                    "error" -> true;
            default -> false;
        };
    }

    @Override
    public void event(String type, JsonNode data) {
        String item = data.path("output_index").asText("0");
        String part = data.path("content_index").asText("0");
        switch (type) {
            case "response.created", "response.queued", "response.in_progress" -> begun(data.path("response"));
            case "response.output_text.delta" ->
                run.text(item, part, data.path("delta").asText(""));
            case "response.output_text.done" ->
                run.wholeText(item, part, data.path("text").asText(""));
            case "response.refusal.delta" ->
                run.text(item, part, data.path("delta").asText(""));
            case "response.refusal.done" ->
                run.wholeText(item, part, data.path("refusal").asText(""));
            case "response.reasoning_text.delta" ->
                run.reasoning(item, "t" + part, data.path("delta").asText(""));
            case "response.reasoning_text.done" ->
                run.wholeReasoning(item, "t" + part, data.path("text").asText(""));
            case "response.reasoning_summary_text.delta" ->
                run.reasoning(item, summary(data), data.path("delta").asText(""));
            case "response.reasoning_summary_text.done" ->
                run.wholeReasoning(item, summary(data), data.path("text").asText(""));
            // The item has the whole arguments when it is done.
            case "response.function_call_arguments.delta", "response.mcp_call_arguments.delta" ->
                typed(item, id -> run.arguments(id, data.path("delta").asText("")));
            case "response.custom_tool_call_input.delta", "response.code_interpreter_call_code.delta" ->
                typed(item, id -> run.input(id, data.path("delta").asText("")));
            case "response.output_item.added" -> called(item, data.path("item"));
            case "response.output_item.done" -> {
                called(item, data.path("item"));
                finished(data.path("item"));
            }
            case "response.completed", "response.incomplete", "response.failed", "response.cancelled" ->
                response(data.path("response"));
            // Flat, or nested in an object, depending on the version of the API.
            case "error" -> failed(data.path("error").isObject() ? data.path("error") : data);
            default -> {}
        }
    }

    /** The terminal event repeats the whole response; its name alone says how that ended. */
    @Override
    public void unread(String type) {
        if (type.equals("error")) {
            failed(MissingNode.getInstance());
        } else if (type.startsWith(RESPONSE)) {
            ended(type.substring(RESPONSE.length()), MissingNode.getInstance());
        }
    }

    private static String summary(JsonNode data) {
        return "s" + data.path("summary_index").asText("0");
    }

    private void begun(JsonNode response) {
        Json.text(response, "/id").ifPresent(run::id);
        Json.text(response, "/model").ifPresent(run::model);
    }

    private void called(String at, JsonNode item) {
        String type = item.path("type").asText("");
        if (OpenAiItem.isCall(type)) {
            String id = callId(item);
            callIds.put(at, id);
            run.call(at, id, item.path("name").asText(OpenAiItem.tool(type)));
        }
    }

    /**
     * The call's id is its call_id, which its result has too; calls of OpenAI's own tools have only the id of the item.
     */
    private static String callId(JsonNode item) {
        return Ids.kept(
                Json.text(item, "/call_id").orElseGet(() -> item.path("id").asText("")));
    }

    private void typed(String at, Consumer<String> toCall) {
        String id = callIds.get(at);
        if (id != null) {
            toCall.accept(id);
        }
    }

    private void finished(JsonNode item) {
        String type = item.path("type").asText("");
        boolean call = OpenAiItem.isCall(type);
        if (!call && !OpenAiItem.isOutput(type)) {
            return;
        }
        String id = callId(item);
        if (call) {
            input(id, item);
        }
        JsonNode error = item.path("error");
        JsonNode output = Json.isGiven(error) ? error : first(item, OUTPUTS);
        boolean failed = Json.isGiven(error) || item.path("status").asText("").equals("failed");
        if (failed || Json.isGiven(output) || OpenAiItem.endsWithoutResult(item)) {
            run.result(id, Json.isGiven(output) ? output : null, failed);
        }
    }

    private void input(String id, JsonNode item) {
        JsonNode text = first(item, TEXT_INPUTS);
        JsonNode input = first(item, INPUTS);
        if (text.isTextual()) {
            run.wholeInput(id, text.textValue());
        } else if (Json.isGiven(input)) {
            run.wholeArguments(id, input);
        }
    }

    private static JsonNode first(JsonNode item, List<String> names) {
        for (String name : names) {
            if (item.hasNonNull(name)) {
                return item.path(name);
            }
        }
        return MissingNode.getInstance();
    }

    private void failed(JsonNode error) {
        run.error(Failure.of(error));
        run.end(Verdict.FAILED);
    }

    @Override
    public void response(JsonNode response) {
        begun(response);
        String status = response.path("status").asText("");
        boolean goesOn = status.equals("queued") || status.equals("in_progress");
        int index = 0;
        for (JsonNode item : Payload.elements(response.path("output"))) {
            output(Integer.toString(index++), item, goesOn);
        }
        JsonNode usage = response.path("usage");
        if (usage.isObject()) {
            run.usage(new Usage(
                    Usage.count(usage, "/input_tokens"),
                    Usage.count(usage, "/output_tokens"),
                    Usage.count(usage, "/input_tokens_details/cached_tokens"),
                    Usage.count(usage, "/input_tokens_details/cache_write_tokens"),
                    Usage.count(usage, "/output_tokens_details/reasoning_tokens")));
        }
        if (response.path("error").isObject()) {
            run.error(Failure.of(response.path("error")));
        }
        if (goesOn) {
            // It goes on in the background, and this call does not see its end.
            run.finishReason(status);
        } else {
            ended(status, response.at("/incomplete_details/reason"));
        }
    }

    /**
     * Any other status is no end.
     *
     * @param incomplete why the response is incomplete, if that is told
     */
    private void ended(String status, JsonNode incomplete) {
        switch (status) {
            case "completed" -> {
                run.finishReason("completed");
                run.end(Verdict.COMPLETED);
            }
            case "incomplete" -> {
                run.finishReason(incomplete.asText("incomplete"));
                run.end(Verdict.COMPLETED);
            }
            case "failed" -> run.end(Verdict.FAILED);
            case "cancelled" -> run.end(Verdict.CANCELLED);
            default -> {}
        }
    }

    /** @param goesOn whether the response goes on, so that its text so far is not the run's result */
    private void output(String at, JsonNode item, boolean goesOn) {
        int part = 0;
        switch (item.path("type").asText("")) {
            case "message" -> {
                for (JsonNode content : Payload.elements(item.path("content"))) {
                    String text =
                            content.path("text").asText(content.path("refusal").asText(""));
                    if (goesOn) {
                        run.otherText(at, Integer.toString(part++), text);
                    } else {
                        run.wholeText(at, Integer.toString(part++), text);
                    }
                }
            }
            case "reasoning" -> {
                thoughts(at, "s", item.path("summary"));
                thoughts(at, "t", item.path("content"));
            }
            default -> {
                called(at, item);
                finished(item);
            }
        }
    }

    private void thoughts(String at, String kind, JsonNode thoughts) {
        int part = 0;
        for (JsonNode thought : thoughts) {
            run.wholeReasoning(at, kind + part++, thought.path("text").asText(""));
        }
    }
}
