package io.runtape.dialect.langgraph;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.runtape.dialect.EventFold;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Ids;
import io.runtape.dialect.Json;
import io.runtape.dialect.Payload;
import io.runtape.dialect.RecentById;
import io.runtape.dialect.RecentIds;
import io.runtape.dialect.RunSink;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;
import java.util.List;
import java.util.function.Consumer;

/**
 * The events of LangGraph's server. The caller chooses their kinds ({@code stream_mode}): messages as deltas, as
 * growing texts, as nodes add them, or as values of the graph's state. With several modes the same message comes
 * several times, and its id shows that. Events of subgraphs, whose names have a namespace, are not the run's result.
 */
final class LangGraphFold implements EventFold {

    private static final String TEXT = "text";
    private static final String REASONING = "reasoning";
    private static final String INTERRUPT = "__interrupt__";
    private static final String ERROR = "__error__";

    private final RunSink run;

    /** The usage of messages that have been forgotten; what comes of them later is added to it. */
    private Usage usageOfForgotten = Usage.UNKNOWN;

    /** The usage of each message: the usages of its chunks add up, and a whole message has the sum. */
    private final RecentById<Usage> usages =
            new RecentById<>(forgotten -> usageOfForgotten = usageOfForgotten.plus(forgotten));

    /**
     * The ids of calls by message and index: only the first chunk of a call has its id. The rest of a forgotten call
     * gets a generated id.
     */
    private final RecentById<String> callIds;

    /**
     * The messages that have come whole: their chunks, from another stream mode, add nothing. Chunks of a forgotten
     * message add up again.
     */
    private final RecentIds wholes;

    /** The questions that have come. */
    private final RecentIds others;

    /**
     * The messages in the state at the run's beginning; of a very long conversation the last ones, and a question that
     * follows the forgotten ones sets them apart.
     */
    private final RecentIds earlier;

    private boolean counted;
    private boolean understood;
    private boolean failed;

    LangGraphFold(RunSink run) {
        this.run = run;
        this.callIds = run.memory().map("callIds");
        this.wholes = run.memory().set("wholes");
        this.others = run.memory().set("others");
        this.earlier = run.memory().set("earlier");
    }

    @Override
    public boolean concernsOutcome(String type) {
        return switch (name(type)) {
            case "metadata", "messages", "messages/partial", "messages/complete", "updates", "error" -> true;
            case "values" -> !isOfSubgraph(type);
            default -> false;
        };
    }

    private static boolean isOfSubgraph(String type) {
        return type.indexOf('|') >= 0;
    }

    /** The name without a subgraph's namespace. */
    private static String name(String type) {
        return isOfSubgraph(type) ? type.substring(0, type.indexOf('|')) : type;
    }

    @Override
    public void event(String type, JsonNode data) {
        boolean sub = isOfSubgraph(type);
        switch (name(type)) {
            case "metadata" -> began(data);
            case "messages/partial" -> message(id(data.path(0)), data.path(0), true, sub);
            case "messages/complete" -> complete(data, sub);
            case "messages" -> message(id(data.path(0)), data.path(0), false, sub);
            case "values" -> {
                if (!sub) {
                    values(data);
                }
            }
            case "updates" -> updates(data, sub);
            case "error" -> {
                if (!sub) {
                    failed(data);
                }
            }
            default -> {}
        }
    }

    /** A run begins anew when the server tries it again. */
    private void began(JsonNode data) {
        understood = true;
        failed = false;
        run.end(null);
        Json.text(data, "/run_id").ifPresent(run::id);
    }

    /** The first state is the run's beginning: the earlier messages and the question. */
    private void values(JsonNode state) {
        understood = true;
        if (run.memory().count("states", 1) == 1) {
            Iterable<JsonNode> messages = Payload.elements(state.path("messages"));
            for (JsonNode message : messages) {
                Json.text(message, "/id").filter(id -> !wholes.contains(id)).ifPresent(earlier::add);
            }
            // Of those without ids, as few as pass for answers: the run's own may say the same as an earlier one.
            answers(messages, message -> {
                if (id(message).isEmpty()) {
                    earlier.add(listedId(message));
                }
            });
        }
        state(state);
    }

    private void state(JsonNode state) {
        run.resultIs(state);
        interrupted(state);
        messages(Payload.elements(state.path("messages")), false);
    }

    /** The additions of each node to the state; a list if the node ran several times in a step. */
    private void updates(JsonNode nodes, boolean sub) {
        understood = true;
        interrupted(nodes);
        for (JsonNode node : nodes) {
            for (JsonNode update : node.isArray() ? node : List.of(node)) {
                JsonNode added = update.path("messages");
                messages(added.isObject() ? List.of(added) : Payload.elements(added), sub);
            }
        }
    }

    /**
     * A graph that waits for a person has done its task. At a breakpoint its list is empty. What it asks for may be a text, or the
     * calls that it wants to make, which are told already.
     */
    private void interrupted(JsonNode state) {
        JsonNode interrupts = state.path(INTERRUPT);
        if (!interrupts.isArray()) {
            return;
        }
        run.finishReason("interrupt");
        for (JsonNode interrupt : interrupts) {
            JsonNode value = interrupt.path("value");
            String question = Payload.text(value);
            // Older servers give no id, and each of several tasks has an event of its own.
            String own =
                    Json.text(interrupt, "/id").orElseGet(() -> Ids.madeOf(interrupt.path("ns") + value.toString()));
            String id = Ids.kept("interrupt-" + own);
            if (!question.isEmpty() && others.add(id)) {
                run.otherText(id, TEXT, question);
            }
        }
    }

    /** A single message ends the pieces of it that came before, also where neither has an id. */
    private void complete(JsonNode data, boolean sub) {
        if (data.size() == 1 && id(data.path(0)).isEmpty()) {
            message("", data.path(0), true, sub);
        } else {
            messages(Payload.elements(data), sub);
        }
    }

    private void messages(Iterable<JsonNode> list, boolean sub) {
        answers(list, message -> {
            String id = listedId(message);
            if (!earlier.contains(id)) {
                message(id, message, true, sub);
            }
        });
    }

    /**
     * In a list that holds a whole conversation, the messages after the last question belong to the run. Goes through the list
     * twice rather than keep them: they may be read out of a long text.
     */
    private static void answers(Iterable<JsonNode> list, Consumer<JsonNode> taker) {
        int from = 0;
        int place = 0;
        for (JsonNode message : list) {
            place++;
            String kind = kind(message);
            from = kind.equals("human") || kind.equals("user") ? place : from;
        }
        place = 0;
        for (JsonNode message : list) {
            if (place++ >= from) {
                taker.accept(message);
            }
        }
    }

    /** Empty for a message without one: the pieces of such a message have none either. */
    private static String id(JsonNode message) {
        return message.path("id").asText("");
    }

    /** The same of a message in a list, made of all of it if it has none: such a list may have several. */
    private static String listedId(JsonNode message) {
        String id = id(message);
        return id.isEmpty() ? Ids.madeOf(message.toString()) : id;
    }

    /** States without LangChain's messages have messages in OpenAI's shape. */
    private static String kind(JsonNode message) {
        return message.path("type").asText(message.path("role").asText(""));
    }

    private void message(String ownId, JsonNode message, boolean whole, boolean sub) {
        understood = true;
        String id = Ids.kept(ownId);
        switch (kind(message)) {
            case "tool", "ToolMessageChunk" ->
                run.result(
                        Ids.kept(message.path("tool_call_id").asText("")),
                        message.path("content"),
                        message.path("status").asText("").equals("error"));
            case "ai", "AIMessageChunk", "assistant" -> {
                if (whole && !id(message).isEmpty()) {
                    wholes.add(id);
                } else if (!whole && wholes.contains(id)) {
                    return;
                }
                said(id, message, whole, sub);
            }
            default -> {}
        }
    }

    private void said(String id, JsonNode message, boolean whole, boolean sub) {
        Json.text(message, "/response_metadata/model_name").ifPresent(run::model);
        String thought = thought(message);
        if (!thought.isEmpty()) {
            if (whole) {
                run.wholeReasoning(id, REASONING, thought);
            } else {
                run.reasoning(id, REASONING, thought);
            }
        }
        JsonNode content = message.path("content");
        String text = content.isTextual() ? content.textValue() : Json.joinedTexts(content);
        if (!text.isEmpty()) {
            text(id, text, whole, sub);
        }
        if (!whole && !message.path("tool_call_chunks").isEmpty()) {
            chunks(id, message.path("tool_call_chunks"));
        } else {
            calls(id, message.path("tool_calls"));
            calls(id, message.path("invalid_tool_calls"));
        }
        usage(id, message.path("usage_metadata"), whole);
    }

    private void text(String id, String text, boolean whole, boolean sub) {
        if (sub && whole) {
            run.wholeOtherText(id, TEXT, text);
        } else if (sub) {
            run.otherText(id, TEXT, text);
        } else if (whole) {
            run.wholeText(id, TEXT, text);
        } else {
            run.text(id, TEXT, text);
        }
    }

    /** The model's reasoning: the blocks of each provider have other names. */
    private static String thought(JsonNode message) {
        StringBuilder thought = new StringBuilder();
        for (JsonNode block : message.path("content")) {
            switch (block.path("type").asText("")) {
                case "thinking" -> thought.append(block.path("thinking").asText(""));
                case "reasoning" ->
                    thought.append(block.path("reasoning").asText("")).append(Json.joinedTexts(block.path("summary")));
                case "reasoning_content" ->
                    thought.append(block.at("/reasoning_content/text").asText(""));
                default -> {}
            }
        }
        JsonNode more = message.path("additional_kwargs");
        return thought.append(more.path("reasoning_content").asText(""))
                .append(Json.joinedTexts(more.at("/reasoning/summary")))
                .toString();
    }

    private void calls(String message, JsonNode calls) {
        int index = 0;
        for (JsonNode call : calls) {
            String callId = Ids.kept(Json.text(call, "/id").orElse("call-" + message + '/' + index++));
            // That is OpenAI's shape.
            JsonNode function = call.path("function");
            run.call(
                    message,
                    callId,
                    call.path("name").asText(function.path("name").asText("")));
            run.wholeArguments(callId, call.has("args") ? call.path("args") : function.path("arguments"));
        }
    }

    private void chunks(String message, JsonNode chunks) {
        for (JsonNode chunk : chunks) {
            String at = message + '/' + chunk.path("index").asText("0");
            Json.text(chunk, "/id").ifPresent(id -> callIds.put(at, Ids.kept(id)));
            String callId = callIds.computeIfAbsent(at, key -> Ids.kept("call-" + key));
            run.call(message, callId, chunk.path("name").asText(""));
            run.arguments(callId, chunk.path("args").asText(""));
        }
    }

    private void usage(String id, JsonNode tokens, boolean whole) {
        if (!tokens.isObject()) {
            return;
        }
        Usage usage = new Usage(
                Usage.count(tokens, "/input_tokens"),
                Usage.count(tokens, "/output_tokens"),
                Usage.count(tokens, "/input_token_details/cache_read"),
                Usage.count(tokens, "/input_token_details/cache_creation"),
                Usage.count(tokens, "/output_token_details/reasoning"));
        Usage before = whole ? null : usages.get(id);
        usages.put(id, before == null ? usage : before.plus(usage));
        counted = true;
    }

    private void failed(JsonNode data) {
        failed = true;
        run.error(
                data.isTextual()
                        ? Failure.of(data)
                        : new Failure(
                                data.path("error").asText(Failure.NO_CODE),
                                data.path("message").asText("")));
        run.end(Verdict.FAILED);
    }

    @Override
    public void unread(String type) {
        if (type.equals("error")) {
            failed(MissingNode.getInstance());
        }
    }

    /** A stream that ends without an error is complete. */
    @Override
    public void end() {
        if (counted) {
            run.usage(usages.values().stream().reduce(usageOfForgotten, Usage::plus));
        }
        if (understood && !failed) {
            run.end(Verdict.COMPLETED);
        }
    }

    @Override
    public void response(JsonNode body) {
        understood = true;
        if (body.path(ERROR).isObject()) {
            failed(body.path(ERROR));
        } else {
            state(body);
        }
    }
}
