package io.runtape.dialect.aisdk;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.EventFold;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldMemory;
import io.runtape.dialect.Json;
import io.runtape.dialect.RecentById;
import io.runtape.dialect.RunSink;
import io.runtape.dialect.Verdict;

/**
 * The UI message stream of Vercel's AI SDK. A stream is one message of several steps. As in the SDK, the last step with
 * a text has the run's result. The protocol does not report usage.
 */
final class UiMessageFold implements EventFold {

    private final RunSink run;

    /**
     * The part of the current step for each id. Ids begin anew with each step, and with each {@code text-start}. A
     * forgotten id begins a new part, and a step that is tried again does not take back forgotten parts.
     */
    private final RecentById<String> texts;

    private final RecentById<String> thoughts;

    /** Has the number of the step, and of the parts so far. */
    private final FoldMemory memory;

    /** An error or an abort is final, whatever follows. */
    private boolean ended;

    UiMessageFold(RunSink run) {
        this.run = run;
        this.memory = run.memory();
        this.texts = memory.map("texts");
        this.thoughts = memory.map("thoughts");
    }

    @Override
    public boolean concernsOutcome(String type) {
        return switch (type) {
            case "start", "start-step", "reset-step", "text-start", "text-delta", "finish", "abort", "error" -> true;
            default -> false;
        };
    }

    @Override
    public void event(String type, JsonNode data) {
        String id = data.path("id").asText("");
        String delta = data.path("delta").asText("");
        String call = data.path("toolCallId").asText("");
        switch (type) {
            case "start" -> Json.text(data, "/messageId").ifPresent(run::id);
            case "start-step" -> step();
            case "reset-step" -> reset();
            case "text-start" -> texts.put(id, next());
            case "text-delta" -> run.text(message(), texts.computeIfAbsent(id, key -> next()), delta);
            case "reasoning-start" -> thoughts.put(id, next());
            case "reasoning-delta" -> run.reasoning(message(), thoughts.computeIfAbsent(id, key -> next()), delta);
            case "tool-input-start" -> called(call, data);
            case "tool-input-delta" ->
                run.arguments(call, data.path("inputTextDelta").asText(""));
            case "tool-input-available" -> {
                called(call, data);
                run.wholeArguments(call, data.path("input"));
            }
            case "tool-input-error" -> {
                called(call, data);
                run.wholeArguments(call, data.path("input"));
                run.result(call, data.path("errorText"), true);
            }
            // The next output replaces a preliminary one.
            case "tool-output-available" -> run.result(call, data.path("output"), false);
            case "tool-output-error" -> run.result(call, data.path("errorText"), true);
            case "tool-output-denied" -> run.result(call, null, true);
            case "file" -> file(data);
            case "source-url" -> Json.text(data, "/url").ifPresent(url -> run.file(null, url));
            case "source-document" ->
                Json.text(data, "/filename")
                        .or(() -> Json.text(data, "/title"))
                        .ifPresent(path -> run.file(path, null));
            case "finish" -> finished(data.path("finishReason").asText(""));
            case "abort" -> ended(Verdict.CANCELLED);
            case "error" -> failed(data.path("errorText").asText(""));
            default -> {}
        }
    }

    private String message() {
        return "step-" + memory.number("step");
    }

    private String next() {
        return Integer.toString(memory.count("parts", 1) - 1);
    }

    private void step() {
        memory.count("step", 1);
        texts.clear();
        thoughts.clear();
    }

    /** The agent tries the step again: its text so far does not count. */
    private void reset() {
        texts.values().forEach(part -> run.wholeText(message(), part, ""));
        thoughts.values().forEach(part -> run.wholeReasoning(message(), part, ""));
        step();
    }

    /** A file's content mostly stands in its address, and is left out; what is left then is its type. */
    private void file(JsonNode data) {
        String url = data.path("url").asText("");
        if (url.startsWith("data:")) {
            run.file('[' + data.path("mediaType").asText("file") + ']', null);
        } else if (!url.isEmpty()) {
            run.file(null, url);
        }
    }

    private void called(String call, JsonNode data) {
        run.call(message(), call, data.path("toolName").asText(""));
    }

    private void finished(String reason) {
        if (!reason.isEmpty()) {
            run.finishReason(reason);
        }
        if (!ended) {
            run.end(reason.equals("error") ? Verdict.FAILED : Verdict.COMPLETED);
        }
    }

    private void failed(String text) {
        run.error(new Failure(Failure.NO_CODE, text));
        ended(Verdict.FAILED);
    }

    private void ended(Verdict verdict) {
        ended = true;
        run.end(verdict);
    }

    @Override
    public void response(JsonNode body) {
        // The protocol has only streams, no whole responses.
    }
}
