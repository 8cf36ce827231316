package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.runtape.dialect.ApiPaths;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Failure;
import io.runtape.dialect.JsonLines;
import io.runtape.dialect.Message;
import io.runtape.dialect.OpenTranscript;
import io.runtape.dialect.Outcome;
import io.runtape.dialect.Part;
import io.runtape.dialect.PartPlaces;
import io.runtape.dialect.Role;
import io.runtape.dialect.RunDigest;
import io.runtape.dialect.UnknownDialect;
import io.runtape.path.PathTemplate;
import io.runtape.sse.ServerSentEvent;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The RunTools agent API, in both of its vocabularies. */
@Singleton
public final class RunToolsDialect implements Dialect {
    private static final UnknownDialect UNKNOWN = new UnknownDialect();

    private static final ApiPaths PATHS = new ApiPaths(
            PathTemplate.all("/v1/run", "/v1/agents/{agent}/run"),
            true,
            PathTemplate.all("/v1/run/{runId}/cancel"),
            Map.of());

    @Override
    public String name() {
        return "runtools";
    }

    @Override
    public ApiPaths paths() {
        return PATHS;
    }

    @Override
    public boolean begins(String type, JsonNode data) {
        return switch (RunToolsEvent.of(type)) {
            case OTHER, ERROR -> false;
            default -> true;
        };
    }

    @Override
    public boolean answers(JsonNode body) {
        return body.path("data").path("runId").isTextual();
    }

    @Override
    public boolean streamsUnasked() {
        return true;
    }

    @Override
    public boolean namesRunInBody() {
        return true;
    }

    @Override
    public RunDigest digest() {
        return new RunToolsDigest(this, RunDigest.KEPT_CHARS_MAX);
    }

    @Override
    public RunDigest refusal() {
        return new RunToolsDigest(this, RunDigest.KEPT_CHARS_MAX, Failure::inBody);
    }

    /** Shows a stream without any understood event in the unknown dialect, rather than as nothing. */
    @Override
    public List<Message> transcript(Iterable<ServerSentEvent> events, PartPlaces places) {
        RunToolsTranscript transcript = new RunToolsTranscript(places);
        events.forEach(transcript::event);
        return transcript.isUnderstood() ? transcript.messages() : UNKNOWN.transcript(events, places);
    }

    @Override
    public Optional<OpenTranscript> openTranscript(Iterable<ServerSentEvent> events) {
        RunToolsTranscript transcript = new RunToolsTranscript(PartPlaces.unasked());
        events.forEach(transcript::event);
        return transcript.isUnderstood()
                ? Optional.of(
                        new OpenTranscript(name(), transcript.openMessages(), JsonNodeFactory.instance.objectNode()))
                : Optional.empty();
    }

    @Override
    public List<Message> answered(String responseBody) {
        RunToolsDigest digest = new RunToolsDigest(this, Integer.MAX_VALUE);
        byte[] body = responseBody.getBytes(StandardCharsets.UTF_8);
        digest.response(body, 0, body.length);
        Outcome outcome = digest.outcome();
        List<Part> parts = new ArrayList<>();
        JsonNode result = outcome.result();
        if (result != null) {
            parts.add(new Part.Text(JsonLines.of(result)));
        }
        Failure error = outcome.error();
        if (error != null) {
            parts.add(new Part.ErrorPart(error.code(), error.message()));
        }
        return parts.isEmpty() ? UNKNOWN.answered(responseBody) : List.of(new Message(Role.ASSISTANT, parts));
    }
}
