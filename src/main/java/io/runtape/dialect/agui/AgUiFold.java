package io.runtape.dialect.agui;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.EventFold;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldMemory;
import io.runtape.dialect.Ids;
import io.runtape.dialect.Json;
import io.runtape.dialect.RecentIds;
import io.runtape.dialect.RunSink;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The events of the AG-UI protocol. A subagent's text is not the run's result, and a subagent's error does not fail the
 * run.
 */
final class AgUiFold implements EventFold {

    private static final String TEXT = "text";
    private static final String REASONING = "reasoning";
    private static final String ASSISTANT = "assistant";

    private final RunSink run;

    /** Chunks name their message and their call only if a new one begins. */
    private static final String MESSAGE = "message";

    private static final String THOUGHT = "thought";
    private static final String CALL = "call";

    /** Older reasoning events have no ids. */
    private static final String THOUGHTS = "thoughts";

    private final FoldMemory memory;

    /** The agent's messages. A snapshot takes back those that it lacks, but not forgotten ones. */
    private final RecentIds said;

    /** The messages and the calls that events have begun, and not only a snapshot. */
    private final RecentIds told;

    /** The messages of other roles, since agents may repeat the user's messages, and the questions that have come. */
    private final RecentIds others;

    private Usage usage = Usage.UNKNOWN;
    private boolean failed;

    AgUiFold(RunSink run) {
        this.run = run;
        this.memory = run.memory();
        this.said = memory.set("said");
        this.told = memory.set("told");
        this.others = memory.set("others");
    }

    @Override
    public boolean concernsOutcome(String type) {
        return switch (type) {
            case "RUN_STARTED",
                    "TEXT_MESSAGE_START",
                    "TEXT_MESSAGE_CONTENT",
                    "TEXT_MESSAGE_CHUNK",
                    "REASONING_MESSAGE_START",
                    "REASONING_MESSAGE_CHUNK",
                    "TOOL_CALL_START",
                    "TOOL_CALL_CHUNK",
                    "MESSAGES_SNAPSHOT",
                    "RUN_FINISHED",
                    "RUN_ERROR" -> true;
            default -> false;
        };
    }

    @Override
    public void event(String type, JsonNode data) {
        String delta = data.path("delta").asText("");
        switch (type) {
            case "RUN_STARTED" -> started(data);
            case "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CHUNK" -> text(data, delta);
            case "REASONING_MESSAGE_START", "REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_CHUNK" -> {
                String thought = latest(THOUGHT, data.path("messageId"));
                told.add(thought);
                run.reasoning(thought, REASONING, delta);
            }
            case "THINKING_TEXT_MESSAGE_START" -> memory.count(THOUGHTS, 1);
            case "THINKING_TEXT_MESSAGE_CONTENT" ->
                run.reasoning("thinking-" + memory.number(THOUGHTS), REASONING, delta);
            case "TOOL_CALL_START", "TOOL_CALL_CHUNK" -> {
                String call = latest(CALL, data.path("toolCallId"));
                told.add(call);
                run.call(memory.text(MESSAGE), call, data.path("toolCallName").asText(""));
                if (!delta.isEmpty()) {
                    run.arguments(call, delta);
                }
            }
            case "TOOL_CALL_ARGS" -> run.arguments(id(data, "toolCallId"), delta);
            case "TOOL_CALL_RESULT" -> run.result(id(data, "toolCallId"), data.path("content"), false);
            case "MESSAGES_SNAPSHOT" -> snapshot(data.path("messages"));
            case "RUN_FINISHED" -> finished(data);
            case "RUN_ERROR" -> {
                failed = true;
                usage(data.path("usage"));
                run.error(new Failure(
                        data.path("code").asText(Failure.NO_CODE),
                        data.path("message").asText("")));
                run.end(Verdict.FAILED);
            }
            default -> {}
        }
    }

    /** A stream may have several runs, one after the other. */
    private void started(JsonNode data) {
        failed = false;
        Json.text(data, "/runId").ifPresent(run::id);
        run.end(null);
    }

    /** The id that an event names, else the one that the last such event named. */
    private String latest(String kind, JsonNode id) {
        memory.text(kind, Ids.kept(id.asText(memory.text(kind))));
        return memory.text(kind);
    }

    private void text(JsonNode data, String delta) {
        String message = latest(MESSAGE, data.path("messageId"));
        if (!data.path("role").asText(ASSISTANT).equals(ASSISTANT)) {
            others.add(message);
        }
        if (others.contains(message)) {
            return;
        }
        told.add(message);
        if (data.hasNonNull("subagentRunId")) {
            run.otherText(message, TEXT, delta);
        } else if (!delta.isEmpty()) {
            said.add(message);
            run.text(message, TEXT, delta);
        }
    }

    /**
     * Takes the whole conversation; the messages after the last question belong to the run, or, of a run that goes on with
     * the result of a client's tool, those after that. It replaces the messages so far: a message that it lacks does not
     * count.
     */
    private void snapshot(JsonNode messages) {
        if (!messages.isArray()) {
            // More values than are read: what was said so far stays.
            return;
        }
        List<JsonNode> answers = new ArrayList<>();
        Set<String> kept = new HashSet<>();
        for (JsonNode message : messages) {
            kept.add(id(message, "id"));
            if (message.path("role").asText("").equals("user")) {
                answers.clear();
            } else {
                answers.add(message);
            }
        }
        int begin = begin(answers);
        for (JsonNode ofEarlierRun : answers.subList(0, begin)) {
            kept.remove(id(ofEarlierRun, "id"));
        }
        for (String id : said.all()) {
            if (!kept.contains(id)) {
                said.remove(id);
                run.wholeText(id, TEXT, "");
            }
        }
        answers.subList(begin, answers.size()).forEach(this::answer);
    }

    /**
     * The place of the run's first message. Only what its events have told shows that it goes on with a result: the call
     * and the result before that are of another run. So are those of a run that tells its texts by events and its calls by
     * snapshots alone, as LangGraph's agent may be told to: only the request could tell these apart.
     */
    private int begin(List<JsonNode> answers) {
        int begin = 0;
        for (int i = 0; i < answers.size(); i++) {
            if (isTold(answers.get(i))) {
                return begin;
            }
            begin = answers.get(i).path("role").asText("").equals("tool") ? i + 1 : begin;
        }
        return 0;
    }

    /** Whether the run's events have told the message, or a call of it. */
    private boolean isTold(JsonNode answer) {
        if (isTold(id(answer, "id")) || isTold(id(answer, "toolCallId"))) {
            return true;
        }
        for (JsonNode call : answer.path("toolCalls")) {
            if (isTold(id(call, "id"))) {
                return true;
            }
        }
        return false;
    }

    /** Events need not have ids, and then say nothing of which message they tell. */
    private boolean isTold(String id) {
        return !id.isEmpty() && told.contains(id);
    }

    private void answer(JsonNode answer) {
        String id = id(answer, "id");
        JsonNode content = answer.path("content");
        switch (answer.path("role").asText("")) {
            case ASSISTANT -> {
                if (!content.asText("").isEmpty()) {
                    said.add(id);
                    run.wholeText(id, TEXT, content.asText());
                }
                for (JsonNode called : answer.path("toolCalls")) {
                    String callId = id(called, "id");
                    run.call(id, callId, called.at("/function/name").asText(""));
                    run.wholeArguments(callId, called.at("/function/arguments"));
                }
            }
            case REASONING -> run.wholeReasoning(id, REASONING, content.asText(""));
            case "tool" -> run.result(id(answer, "toolCallId"), content, answer.hasNonNull("error"));
            default -> {}
        }
    }

    private static String id(JsonNode holder, String name) {
        return Ids.kept(holder.path(name).asText(""));
    }

    /** Older agents report no outcome; their runs are complete. */
    private void finished(JsonNode data) {
        usage(data.path("usage"));
        if (Json.isGiven(data.path("result"))) {
            run.resultIs(data.path("result"));
        }
        String outcome = data.at("/outcome/type").asText(data.path("outcome").asText(""));
        if (!outcome.isEmpty()) {
            run.finishReason(outcome);
        }
        for (JsonNode interrupt : data.at("/outcome/interrupts")) {
            asked(interrupt);
        }
        if (!failed) {
            run.end(outcome.equals("cancelled") ? Verdict.CANCELLED : Verdict.COMPLETED);
        }
    }

    /** A run may tell twice that it has finished, and not all agents give their questions ids. */
    private void asked(JsonNode interrupt) {
        String question = interrupt.path("message").asText("");
        String own = Json.text(interrupt, "/id").orElseGet(() -> Ids.madeOf(interrupt.toString()));
        String id = Ids.kept("interrupt-" + own);
        if (!question.isEmpty() && others.add(id)) {
            run.otherText(id, TEXT, question);
        }
    }

    /** Each model has one entry; the entries add up. */
    private void usage(JsonNode entries) {
        for (JsonNode entry : entries) {
            usage = usage.plus(new Usage(
                    Usage.count(entry, "/inputTokens"),
                    Usage.count(entry, "/outputTokens"),
                    Usage.count(entry, "/cachedInputTokens"),
                    null,
                    Usage.count(entry, "/reasoningTokens")));
            Json.text(entry, "/model").ifPresent(run::model);
        }
        if (!usage.equals(Usage.UNKNOWN)) {
            run.usage(usage);
        }
    }

    @Override
    public void response(JsonNode body) {
        // The protocol has only streams, no whole responses.
    }
}
