package io.runtape.relay;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.error.ApiException;
import io.runtape.error.OwnPaths;
import io.runtape.path.PathTemplate;
import io.runtape.run.ChosenId;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.Upstreams;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The paths whose POST calls are recorded (docs/reference/http-api.md, "Calls through the gateway"), at each agent API.
 * Safe for any thread.
 */
@Singleton
public final class RecordedPaths {

    /** Where a call keeps its recorded path, from the route to the resource. */
    private static final String KEY = RecordedPaths.class.getName();

    private final Map<String, List<PathTemplate>> templates = new HashMap<>();

    /** @throws ConfigurationException if a path cannot be recorded, which stops the start */
    RecordedPaths(Upstreams upstreams) {
        for (Upstream upstream : upstreams.all()) {
            templates.put(
                    upstream.name(),
                    upstream.recordPaths().stream()
                            .map(String::strip)
                            .map(path -> template(upstream, path))
                            .toList());
        }
    }

    private static PathTemplate template(Upstream upstream, String path) {
        String setting = upstream.setting("RECORD_PATHS");
        PathTemplate template = PathTemplate.of(path)
                .orElseThrow(() -> new ConfigurationException(setting + " has '" + path + "'. " + PathTemplate.FORM));
        if (upstream.prefix().isEmpty() && OwnPaths.contains(path)) {
            throw new ConfigurationException(setting + " has '" + path
                    + "'. The paths below /history, /q and /console are the gateway's own, and / is too.");
        }
        return template;
    }

    /** Whether this is a recorded path; {@link #of} then has it without another look. */
    public boolean isRecorded(RoutingContext call, AgentTarget target) {
        Optional<RecordedPath> path = match(target);
        path.ifPresent(found -> call.put(KEY, found));
        return path.isPresent();
    }

    /**
     * The recorded path of a call.
     *
     * @throws ApiException 404 if the call is not recorded
     */
    static RecordedPath of(RoutingContext call) {
        RecordedPath path = call.get(KEY);
        if (path == null) {
            throw ApiException.notFound("recorded path");
        }
        return path;
    }

    /** The recorded path that this target matches, or empty. */
    public Optional<RecordedPath> match(AgentTarget target) {
        for (PathTemplate template : templates.getOrDefault(target.upstream().name(), List.of())) {
            Optional<Map<String, String>> values = template.match(target.path());
            if (values.isPresent()) {
                return Optional.of(new RecordedPath(
                        target, target.upstream().prefix() + template.filled(target.path()), values.get()));
            }
        }
        return Optional.empty();
    }

    /** The agent API's id of the thread that a recorded path names; empty if it names none. */
    public Optional<String> threadAt(AgentTarget target) {
        return match(target).map(path -> path.values().get("threadId"));
    }

    /**
     * A recorded path.
     *
     * @param target the target of the call
     * @param path the path to store, with the prefix of the agent API and in the spelling of the setting
     * @param values what the path says, decoded, by the names in braces
     */
    public record RecordedPath(AgentTarget target, String path, Map<String, String> values) {

        /** The agent that the path names. */
        @Nullable
        String agent() {
            return values.get("agent");
        }

        /** The model that the path names. */
        @Nullable
        String model() {
            return values.get("model");
        }

        /** The thread that the path names, if that can be a thread's id. */
        @Nullable
        String threadId() {
            @Nullable String id = values.get("threadId");
            return ChosenId.isFit(id) ? id : null;
        }

        /** The agent API's id of the run that the path names. */
        @Nullable
        String runId() {
            return values.get("runId");
        }
    }
}
