package io.runtape.dialect.langgraph;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.ApiPaths;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldDialect;
import io.runtape.dialect.ResumeKind;
import io.runtape.path.PathTemplate;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;

/** LangGraph's server: {@code POST /threads/{threadId}/runs/stream} and its kin. */
@Singleton
public final class LangGraphDialect extends FoldDialect {

    /** A run without a thread has the shorter path. */
    private static final ApiPaths PATHS = new ApiPaths(
            PathTemplate.ending("/runs/stream"),
            false,
            PathTemplate.all("/threads/{threadId}/runs/{runId}/cancel"),
            Map.of(
                    ResumeKind.RUN_STREAM,
                    PathTemplate.all("/threads/{threadId}/runs/{runId}/stream", "/runs/{runId}/stream"),
                    ResumeKind.RUN_STATE,
                    PathTemplate.all("/threads/{threadId}/runs/{runId}/join")));

    /** The types of LangChain's messages. */
    private static final Set<String> KINDS = Set.of("human", "ai", "AIMessageChunk", "system", "tool");

    public LangGraphDialect() {
        super("langgraph", LangGraphFold::new);
    }

    /** LangServe's streams also begin with metadata, but theirs do not count attempts. */
    @Override
    public boolean begins(String type, JsonNode data) {
        return switch (type) {
            case "metadata" ->
                data.path("run_id").isTextual() && data.path("attempt").isInt();
            case "messages/metadata" -> data.isObject();
            case "messages", "messages/partial", "messages/complete" -> isMessage(data.path(0));
            case "values" -> isMessage(data.at("/messages/0"));
            default -> false;
        };
    }

    @Override
    public boolean answers(JsonNode body) {
        return body.at("/__error__/error").isTextual()
                || body.path("__interrupt__").isArray()
                || isMessage(body.at("/messages/0"));
    }

    private static boolean isMessage(JsonNode value) {
        return KINDS.contains(value.path("type").asText("")) && value.has("content");
    }

    @Override
    public boolean clientsResumeByOwnIds() {
        return true;
    }

    /** A stream may end in good order after any event. */
    @Override
    protected boolean saysThatItEnds() {
        return false;
    }

    @Override
    public byte[] errorEvent(Failure failure) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("error", failure.code()).put("message", failure.message());
        return written("error", data);
    }

    @Override
    public ApiPaths paths() {
        return PATHS;
    }
}
