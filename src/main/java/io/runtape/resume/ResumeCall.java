package io.runtape.resume;

import io.runtape.dialect.Dialects;
import io.runtape.relay.AgentTarget;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A call by which the client of an agent API reads a run again (docs/reference/http-api.md, "Resume by the clients' own
 * calls").
 */
sealed interface ResumeCall {

    /** A call that names the run. */
    sealed interface OfRun extends ResumeCall {

        /** The agent API's id of the run, or the gateway's. */
        String id();

        /** The agent API's id of its thread; null if the call names none. */
        default @Nullable String threadId() {
            return null;
        }
    }

    /**
     * The stream of an OpenAI response: {@code GET /v1/responses/{id}?stream=true}.
     *
     * @param id the agent API's id of the run
     * @param after the client has the events up to this {@code sequence_number}; -1 for none
     */
    record ResponseStream(String id, long after) implements OfRun {}

    /**
     * An OpenAI response as it stands: {@code GET /v1/responses/{id}}.
     *
     * @param id the agent API's id of the run
     */
    record ResponseObject(String id) implements OfRun {}

    /**
     * An OpenAI response in a form that only the agent API can give, such as one with more in it.
     *
     * @param id the agent API's id of the run
     */
    record ResponseElsewhere(String id) implements OfRun {}

    /**
     * The stream of a LangGraph run: {@code GET /threads/{threadId}/runs/{runId}/stream}, or the same without the thread.
     *
     * @param id the agent API's id of the run
     * @param threadId the agent API's id of its thread; null if the call names none
     * @param lastEventId the agent API's id of the last event that the client has; null for none
     */
    record RunStream(
            String id, @Nullable String threadId, @Nullable String lastEventId) implements OfRun {}

    /**
     * The state in which a LangGraph run ends: {@code GET /threads/{threadId}/runs/{runId}/join}.
     *
     * @param id the agent API's id of the run
     * @param threadId the agent API's id of its thread
     */
    record RunState(String id, String threadId) implements OfRun {}

    /**
     * The stream of a chat's live run, as the AI SDK asks for it: {@code GET <path of the call>/{chatId}/stream}.
     *
     * @param threadId the chat
     * @param path the path of the chat's calls at the agent API, normalised
     */
    record ChatStream(String threadId, String path) implements ResumeCall {}

    /** What a client may ask of a response and still be answered from the record. */
    Set<String> RESPONSE_PARAMETERS = Set.of("stream", "starting_after", "include_obfuscation", "api-version");

    Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    /** LangGraph's name for the position before all events. */
    String BEFORE_ALL = "-1";

    /** What LangGraph's clients write for true. */
    Set<String> YES = Set.of("1", "true");

    /** The last two segments of a chat's path. */
    Pattern CHAT_AND_STREAM = Pattern.compile("/[^/]+/[^/]+/?$");

    /** The resume that this call is, if it is one. */
    static Optional<ResumeCall> of(HttpServerRequest request, AgentTarget target, Dialects dialects) {
        return request.method().equals(HttpMethod.GET)
                ? dialects.resumedAt(target.path()).flatMap(resume -> of(resume, request, target))
                : Optional.empty();
    }

    private static Optional<ResumeCall> of(Dialects.Resume resume, HttpServerRequest request, AgentTarget target) {
        Map<String, String> values = resume.values();
        String runId = Objects.requireNonNullElse(values.get("runId"), "");
        @Nullable String threadId = values.get("threadId");
        return switch (resume.kind()) {
            case RESPONSE -> Optional.of(ofResponse(runId, request.params()));
            case RUN_STREAM -> ofRun(runId, threadId, request);
            case RUN_STATE -> ofState(runId, Objects.requireNonNullElse(threadId, ""), request.params());
            case CHAT_STREAM ->
                Optional.of(new ChatStream(
                        Objects.requireNonNullElse(threadId, ""),
                        CHAT_AND_STREAM.matcher(target.path()).replaceFirst("")));
        };
    }

    private static ResumeCall ofResponse(String id, MultiMap query) {
        boolean known = query.names().stream()
                .allMatch(name ->
                        RESPONSE_PARAMETERS.contains(name) && query.getAll(name).size() == 1);
        @Nullable String after = query.get("starting_after");
        boolean stream = "true".equalsIgnoreCase(query.get("stream"));
        boolean fit = isTruthValue(query.get("stream"))
                && (after == null || stream && NUMBER.matcher(after).matches());
        if (!known || !fit) {
            return new ResponseElsewhere(id);
        }
        return stream ? new ResponseStream(id, after == null ? -1 : Long.parseLong(after)) : new ResponseObject(id);
    }

    /** For other words the agent API says what it takes. */
    private static boolean isTruthValue(@Nullable String word) {
        return word == null || word.equalsIgnoreCase("true") || word.equalsIgnoreCase("false");
    }

    private static Optional<ResumeCall> ofRun(String id, @Nullable String threadId, HttpServerRequest request) {
        List<String> ids = request.headers().getAll("Last-Event-ID");
        @Nullable
        String last = ids.isEmpty() || ids.get(0).isEmpty() || ids.get(0).equals(BEFORE_ALL) ? null : ids.get(0);
        return ids.size() > 1 || cancels(request.params())
                ? Optional.empty()
                : Optional.of(new RunStream(id, threadId, last));
    }

    private static Optional<ResumeCall> ofState(String id, String threadId, MultiMap query) {
        return cancels(query) ? Optional.empty() : Optional.of(new RunState(id, threadId));
    }

    /** Whether the run shall end with this call: only the agent API can cancel it then. */
    private static boolean cancels(MultiMap query) {
        return query.getAll("cancel_on_disconnect").stream().anyMatch(YES::contains);
    }
}
