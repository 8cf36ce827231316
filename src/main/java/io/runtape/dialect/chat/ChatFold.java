package io.runtape.dialect.chat;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.EventFold;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Ids;
import io.runtape.dialect.Json;
import io.runtape.dialect.Payload;
import io.runtape.dialect.RecentById;
import io.runtape.dialect.RunSink;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;

/**
 * The chunks of OpenAI's chat completions, and of the many APIs that imitate them. The first of several choices is the
 * run's result; the transcript has all choices.
 */
final class ChatFold implements EventFold {

    private final RunSink run;

    /**
     * The ids of calls by choice and index: only the first chunk of a call has its id. A call without an id gets a
     * generated one, and so does the rest of a call that has been forgotten.
     */
    private final RecentById<String> callIds;

    private boolean chosen;
    private boolean failed;

    ChatFold(RunSink run) {
        this.run = run;
        this.callIds = run.memory().map("callIds");
    }

    @Override
    public boolean concernsOutcome(String type) {
        return true;
    }

    @Override
    public void event(String type, JsonNode data) {
        if (data.isObject()) {
            chunk(data, "delta");
        } else if (chosen && !failed && data.asText("").equals("[DONE]")) {
            // The imitations that send empty finish reasons have no other end.
            run.end(Verdict.COMPLETED);
        }
    }

    @Override
    public void response(JsonNode body) {
        chunk(body, "message");
    }

    private void chunk(JsonNode chunk, String holder) {
        Json.text(chunk, "/id").ifPresent(run::id);
        Json.text(chunk, "/model").ifPresent(run::model);
        for (JsonNode choice : Payload.elements(chunk.path("choices"))) {
            choice(choice, choice.path(holder), choice.path("index").asText("0"));
        }
        usage(chunk.path("usage"));
        error(chunk.path("error"));
    }

    /** Events after an error change nothing. */
    private void error(JsonNode error) {
        if (Json.isGiven(error)) {
            failed = true;
            run.error(Failure.of(error));
            run.end(Verdict.FAILED);
        }
    }

    private void choice(JsonNode choice, JsonNode message, String index) {
        chosen = true;
        // The imitations name this field differently; some send both, one of them null.
        JsonNode thought = message.path("reasoning_content");
        thought = thought.isTextual() ? thought : message.path("reasoning");
        if (thought.isTextual()) {
            run.reasoning(index, "reasoning", thought.textValue());
        }
        add(index, "text", message.path("content"));
        add(index, "text", choice.path("text"));
        add(index, "refusal", message.path("refusal"));
        add(index, "audio", message.path("audio").path("transcript"));
        int at = 0;
        for (JsonNode call : message.path("tool_calls")) {
            String place = call.path("index").asText(Integer.toString(at++));
            String id = call.path("id").asText("");
            boolean custom = call.path("custom").isObject();
            call(index, place, id, call.path(custom ? "custom" : "function"));
        }
        if (message.path("function_call").isObject()) {
            call(index, "function_call", "", message.path("function_call"));
        }
        error(choice.path("error"));
        // Some imitations send an empty one with each chunk.
        Json.text(choice, "/finish_reason").ifPresent(reason -> finished(index, reason));
    }

    /** Adds a text, or a list of parts with texts. */
    private void add(String index, String part, JsonNode content) {
        String text = content.isTextual() ? content.textValue() : Json.joinedTexts(content);
        if (!text.isEmpty()) {
            if (index.equals("0")) {
                run.text("0", part, text);
            } else {
                run.otherText(index, part, text);
            }
        }
    }

    /**
     * Takes a call, or a delta of one. Some APIs give all calls of a message the same index: a chunk with another id
     * and a name begins another call.
     */
    private void call(String choice, String index, String given, JsonNode tool) {
        String id = Ids.kept(given);
        String at = choice + '/' + index;
        String name = tool.path("name").asText("");
        String known = callIds.get(at);
        if (known == null || !id.isEmpty() && !name.isEmpty() && !id.equals(known)) {
            known = id.isEmpty() ? "call-" + Ids.kept(at) : id;
            callIds.put(at, known);
        }
        run.call(choice, known, name);
        // Custom tools take plain text, functions take JSON.
        if (tool.path("input").isTextual()) {
            run.input(known, tool.path("input").textValue());
        } else if (tool.path("arguments").isTextual()) {
            run.arguments(known, tool.path("arguments").textValue());
        } else if (tool.path("arguments").isObject()) {
            run.wholeArguments(known, tool.path("arguments"));
        }
    }

    private void finished(String index, String reason) {
        if (!index.equals("0")) {
            return;
        }
        run.finishReason(reason);
        if (reason.equals("error")) {
            failed = true;
            run.end(Verdict.FAILED);
        } else if (!failed) {
            run.end(Verdict.COMPLETED);
        }
    }

    /** The last usage counts: some APIs send it with each chunk, as it grows. */
    private void usage(JsonNode usage) {
        if (usage.isObject()) {
            run.usage(new Usage(
                    Usage.count(usage, "/prompt_tokens"),
                    Usage.count(usage, "/completion_tokens"),
                    Usage.count(usage, "/prompt_tokens_details/cached_tokens"),
                    Usage.count(usage, "/prompt_tokens_details/cache_write_tokens"),
                    Usage.count(usage, "/completion_tokens_details/reasoning_tokens")));
        }
    }
}
