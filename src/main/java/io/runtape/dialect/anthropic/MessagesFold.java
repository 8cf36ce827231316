package io.runtape.dialect.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.runtape.dialect.EventFold;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Ids;
import io.runtape.dialect.Json;
import io.runtape.dialect.Payload;
import io.runtape.dialect.RecentById;
import io.runtape.dialect.RunSink;
import io.runtape.dialect.Usage;
import io.runtape.dialect.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The events of Anthropic's Messages API: blocks by index, usage that grows, and an error that may come after a status
 * 200.
 */
final class MessagesFold implements EventFold {

    private static final String MESSAGE = "message";

    private final RunSink run;

    /** The ids of calls by the index of their blocks. Further arguments of a forgotten call are left out. */
    private final RecentById<String> callIds;

    private Counts counts = new Counts(null, null, null, null, null);
    private boolean failed;

    /** The API's input tokens do not include those of the cache. */
    private record Counts(
            @Nullable Long input,
            @Nullable Long output,
            @Nullable Long cacheRead,
            @Nullable Long cacheWrite,
            @Nullable Long thinking) {

        static Counts of(JsonNode usage) {
            return new Counts(
                    Usage.count(usage, "/input_tokens"),
                    Usage.count(usage, "/output_tokens"),
                    Usage.count(usage, "/cache_read_input_tokens"),
                    Usage.count(usage, "/cache_creation_input_tokens"),
                    Usage.count(usage, "/output_tokens_details/thinking_tokens"));
        }

        Counts updated(Counts later) {
            return new Counts(
                    later.input == null ? input : later.input,
                    later.output == null ? output : later.output,
                    later.cacheRead == null ? cacheRead : later.cacheRead,
                    later.cacheWrite == null ? cacheWrite : later.cacheWrite,
                    later.thinking == null ? thinking : later.thinking);
        }

        Usage usage() {
            Long all = input == null
                    ? null
                    : Long.valueOf(input + (cacheRead == null ? 0 : cacheRead) + (cacheWrite == null ? 0 : cacheWrite));
            return new Usage(all, output, cacheRead, cacheWrite, thinking);
        }
    }

    MessagesFold(RunSink run) {
        this.run = run;
        this.callIds = run.memory().map("callIds");
    }

    @Override
    public boolean concernsOutcome(String type) {
        return switch (type) {
            case "message_start",
                    "content_block_start",
                    "content_block_delta",
                    "message_delta",
                    "message_stop",
                    "error" -> true;
            default -> false;
        };
    }

    @Override
    public void event(String type, JsonNode data) {
        String block = data.path("index").asText("0");
        switch (type) {
            case "message_start" -> begun(data.path("message"));
            case "content_block_start" -> block(block, data.path("content_block"));
            case "content_block_delta" -> delta(block, data.path("delta"));
            case "message_delta" -> {
                Json.text(data, "/delta/stop_reason").ifPresent(run::finishReason);
                counted(data.path("usage"));
            }
            case "message_stop" -> completed();
            case "error" -> failed(data.path("error"));
            default -> {}
        }
    }

    @Override
    public void unread(String type) {
        if (type.equals("error")) {
            failed(MissingNode.getInstance());
        }
    }

    private void begun(JsonNode message) {
        Json.text(message, "/id").ifPresent(run::id);
        Json.text(message, "/model").ifPresent(run::model);
        counted(message.path("usage"));
    }

    private void counted(JsonNode usage) {
        if (usage.isObject()) {
            counts = counts.updated(Counts.of(usage));
            run.usage(counts.usage());
        }
    }

    private void block(String index, JsonNode block) {
        String type = block.path("type").asText("");
        switch (type) {
            case "text" -> run.text(MESSAGE, index, block.path("text").asText(""));
            case "thinking" ->
                run.reasoning(MESSAGE, index, block.path("thinking").asText(""));
            case "tool_use", "server_tool_use", "mcp_tool_use" -> {
                String id = Ids.kept(block.path("id").asText(""));
                callIds.put(index, id);
                run.call(MESSAGE, id, block.path("name").asText(""));
                if (block.path("input").isEmpty()) {
                    // The arguments follow in deltas, unless there are none.
                    run.arguments(id, "");
                } else {
                    run.wholeArguments(id, block.path("input"));
                }
            }
            // Another model takes over, and the whole message is from that model.
            case "fallback" -> Json.text(block, "/to/model").ifPresent(run::model);
            default -> {
                // Results of server tools arrive whole: web_search_tool_result, mcp_tool_result and the like.
                if (block.hasNonNull("tool_use_id")) {
                    boolean bad = block.path("is_error").asBoolean()
                            || block.path("content").path("type").asText("").endsWith("_error");
                    run.result(Ids.kept(block.path("tool_use_id").asText()), block.path("content"), bad);
                }
            }
        }
    }

    private void delta(String index, JsonNode delta) {
        switch (delta.path("type").asText("")) {
            case "text_delta" -> run.text(MESSAGE, index, delta.path("text").asText(""));
            case "thinking_delta" ->
                run.reasoning(MESSAGE, index, delta.path("thinking").asText(""));
            case "input_json_delta" -> {
                String id = callIds.get(index);
                if (id != null) {
                    run.arguments(id, delta.path("partial_json").asText(""));
                }
            }
            default -> {}
        }
    }

    private void completed() {
        if (!failed) {
            run.end(Verdict.COMPLETED);
        }
    }

    /** Events after an error change nothing. */
    private void failed(JsonNode error) {
        failed = true;
        run.error(Failure.of(error));
        run.end(Verdict.FAILED);
    }

    @Override
    public void response(JsonNode body) {
        if (body.path("type").asText("").equals("error")) {
            failed(body.path("error"));
            return;
        }
        begun(body);
        int index = 0;
        for (JsonNode block : Payload.elements(body.path("content"))) {
            block(Integer.toString(index++), block);
        }
        Json.text(body, "/stop_reason").ifPresent(reason -> {
            run.finishReason(reason);
            completed();
        });
    }
}
