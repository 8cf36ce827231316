package io.runtape.demo;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Writes down a run, beat by beat, in RunTools' words: text is typed word by word, and tools print line by line. */
final class Script {
    // So that the pieces joined are the text again.
    private static final Pattern AFTER_SPACE = Pattern.compile("(?<= )");
    private static final int TYPING_MILLIS = 18;
    private static final int TYPING_MILLIS_PER_CHAR = 4;
    private static final int PRINTING_MILLIS = 60;
    private static final int TOOL_MILLIS = 250;

    private final DemoRun run;
    private final List<ScriptStep> beats = new ArrayList<>();
    private int calls;
    private int turns = 1;
    private int words;

    Script(DemoRun run) {
        this.run = run;
        beats.add(new ScriptStep(
                0, "run_started", named().put("agent", run.agent()).put("executionMode", DemoRun.EXECUTION_MODE)));
    }

    List<ScriptStep> beats() {
        return beats;
    }

    Script think(String text) {
        type("assistant_thinking_delta", text);
        return this;
    }

    /** Types the text, then sums it up in one message. */
    Script say(String text) {
        type("assistant_message_delta", text);
        beats.add(new ScriptStep(0, "assistant_message", new JsonObject().put("content", text)));
        return this;
    }

    /** The same without a pause, for streams that only have to be long. */
    Script pour(int times, String piece) {
        StringBuilder all = new StringBuilder();
        for (int i = 1; i <= times; i++) {
            String text = piece + i + " ";
            all.append(text);
            words++;
            beats.add(new ScriptStep(0, "assistant_message_delta", new JsonObject().put("delta", text)));
        }
        beats.add(new ScriptStep(0, "assistant_message", new JsonObject().put("content", all.toString())));
        return this;
    }

    /** Calls a tool that prints these lines; each call begins another turn of the agent. */
    Script tool(String name, JsonObject arguments, int exitCode, String... lines) {
        String id = "call_" + ++calls;
        turns++;
        beats.add(new ScriptStep(
                TOOL_MILLIS,
                "tool_call",
                new JsonObject().put("toolCallId", id).put("name", name).put("arguments", arguments)));
        for (String line : lines) {
            beats.add(new ScriptStep(
                    PRINTING_MILLIS,
                    "tool_output_delta",
                    new JsonObject()
                            .put("toolCallId", id)
                            .put("stream", "stdout")
                            .put("delta", line + "\n")));
        }
        beats.add(new ScriptStep(
                PRINTING_MILLIS,
                "tool_result",
                new JsonObject()
                        .put("toolCallId", id)
                        .put("name", name)
                        .put("output", String.join("\n", lines))
                        .put("exitCode", exitCode)));
        return this;
    }

    List<ScriptStep> complete(String result) {
        run.prepare(result, inputTokens(), words, turns);
        beats.add(new ScriptStep(TOOL_MILLIS, "run_completed", run.completion(DemoRun.COMPLETED)));
        return beats;
    }

    List<ScriptStep> fail(String code, String message) {
        run.prepareFailure(code, message, inputTokens(), words, turns);
        beats.add(new ScriptStep(
                TOOL_MILLIS, "error", new JsonObject().put("code", code).put("message", message)));
        return beats;
    }

    private void type(String event, String text) {
        AFTER_SPACE.splitAsStream(text).forEach(word -> {
            words++;
            beats.add(new ScriptStep(
                    TYPING_MILLIS + TYPING_MILLIS_PER_CHAR * word.length(),
                    event,
                    new JsonObject().put("delta", word)));
        });
    }

    private int inputTokens() {
        // What a coding agent's instructions would take, and a token for four characters.
        return 1_200 + run.prompt().length() / 4;
    }

    private JsonObject named() {
        return new JsonObject().put("runId", run.id()).put("threadId", run.threadId());
    }
}
