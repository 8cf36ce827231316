package io.runtape.resume;

import io.runtape.relay.AgentTarget;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A call by which the client of an agent API reads a run again (docs/reference/http-api.md, "Resume by the clients' own
 * calls").
 */
sealed interface ResumeCall {

    /**
     * The stream of an OpenAI response: {@code GET /v1/responses/{id}?stream=true}.
     *
     * @param id the agent API's id of the run
     * @param after the client has the events up to this {@code sequence_number}; -1 for none
     */
    record ResponseStream(String id, long after) implements ResumeCall {}

    /**
     * An OpenAI response as it stands: {@code GET /v1/responses/{id}}.
     *
     * @param id the agent API's id of the run
     */
    record ResponseObject(String id) implements ResumeCall {}

    /**
     * The stream of a LangGraph run: {@code GET /threads/{threadId}/runs/{runId}/stream}.
     *
     * @param id the agent API's id of the run
     * @param lastEventId the agent API's id of the last event that the client has; null for none
     */
    record RunStream(String id, @Nullable String lastEventId) implements ResumeCall {}

    /**
     * The stream of a chat's live run, as the AI SDK asks for it: {@code GET <path of the call>/{chatId}/stream}.
     *
     * @param threadId the chat
     * @param path the path of the chat's calls at the agent API, normalised
     */
    record ChatStream(String threadId, String path) implements ResumeCall {}

    /** At OpenAI's platform, and at Azure's. */
    Pattern RESPONSE = Pattern.compile("(?:/openai)?(?:/v1)?/responses/([^/]+)/?", Pattern.CASE_INSENSITIVE);

    Pattern RUN_STREAM = Pattern.compile("/threads/[^/]+/runs/([^/]+)/stream/?", Pattern.CASE_INSENSITIVE);

    Pattern CHAT_STREAM = Pattern.compile("(/.+)/([^/]+)/stream/?", Pattern.CASE_INSENSITIVE);

    /** What a client may ask of a response and still be answered from the record. */
    Set<String> RESPONSE_PARAMETERS = Set.of("stream", "starting_after", "include_obfuscation", "api-version");

    Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    /** LangGraph's name for the position before all events. */
    String BEFORE_ALL = "-1";

    /** The resume that this call is, if it is one. */
    static Optional<ResumeCall> of(HttpServerRequest request, AgentTarget target) {
        if (!request.method().equals(HttpMethod.GET)) {
            return Optional.empty();
        }
        Matcher response = RESPONSE.matcher(target.path());
        if (response.matches()) {
            return ofResponse(decoded(response.group(1)), request.params());
        }
        Matcher run = RUN_STREAM.matcher(target.path());
        if (run.matches()) {
            List<String> ids = request.headers().getAll("Last-Event-ID");
            @Nullable
            String last = ids.isEmpty() || ids.get(0).isEmpty() || ids.get(0).equals(BEFORE_ALL) ? null : ids.get(0);
            return ids.size() > 1 ? Optional.empty() : Optional.of(new RunStream(decoded(run.group(1)), last));
        }
        Matcher chat = CHAT_STREAM.matcher(target.path());
        return chat.matches() ? Optional.of(new ChatStream(decoded(chat.group(2)), chat.group(1))) : Optional.empty();
    }

    private static Optional<ResumeCall> ofResponse(String id, MultiMap query) {
        boolean known = query.names().stream()
                .allMatch(name ->
                        RESPONSE_PARAMETERS.contains(name) && query.getAll(name).size() == 1);
        if (!known) {
            return Optional.empty();
        }
        @Nullable String after = query.get("starting_after");
        @Nullable String stream = query.get("stream");
        if (stream != null && !stream.equalsIgnoreCase("true") && !stream.equalsIgnoreCase("false")) {
            // The agent API says what it takes.
            return Optional.empty();
        }
        if (!"true".equalsIgnoreCase(stream)) {
            return after == null ? Optional.of(new ResponseObject(id)) : Optional.empty();
        }
        if (after != null && !NUMBER.matcher(after).matches()) {
            return Optional.empty();
        }
        return Optional.of(new ResponseStream(id, after == null ? -1 : Long.parseLong(after)));
    }

    private static String decoded(String segment) {
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
