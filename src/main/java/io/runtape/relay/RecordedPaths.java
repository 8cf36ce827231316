package io.runtape.relay;

import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.inject.Singleton;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The paths whose POST calls are recorded (docs/reference/http-api.md, "Calls through the gateway"), in every spelling
 * that may reach the same place at an agent API. Many servers ignore letter case and a slash at the end, so they do not
 * matter here. Safe for any thread.
 */
@Singleton
public final class RecordedPaths {

    private static final Pattern FIT = Pattern.compile("/v1(/([A-Za-z0-9._~-]+|\\{[a-z][A-Za-z0-9]*}))+");
    private static final Pattern VARIABLE = Pattern.compile("\\{([a-z][A-Za-z0-9]*)}");

    private final List<Template> templates;

    RecordedPaths(RelayConfig config) {
        this.templates = config.recordPaths().stream()
                .map(String::strip)
                .map(Template::of)
                .toList();
    }

    /** The recorded path that this target matches, or empty. */
    public Optional<RecordedPath> match(RequestTarget target) {
        for (Template template : templates) {
            Optional<RecordedPath> match = template.match(target);
            if (match.isPresent()) {
                return match;
            }
        }
        return Optional.empty();
    }

    private static String decoded(String segment) {
        // A plus sign in a path is itself.
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** @param variables the names in braces, in their order */
    private record Template(String text, Pattern pattern, List<String> variables) {

        static Template of(String path) {
            if (!FIT.matcher(path).matches()) {
                throw new ConfigurationException("RUNTAPE_RECORD_PATHS has '" + path
                        + "'. Each path begins with /v1/, and a segment is either plain or a name in braces, such as"
                        + " /v1/agents/{agent}/run.");
            }
            List<String> variables = new ArrayList<>();
            Matcher variable = VARIABLE.matcher(path);
            while (variable.find()) {
                variables.add(variable.group(1));
            }
            Pattern pattern = Pattern.compile(
                    VARIABLE.matcher(path.replace(".", "\\.")).replaceAll("(?<$1>[^/]+)") + "/?",
                    Pattern.CASE_INSENSITIVE);
            return new Template(path, pattern, variables);
        }

        public Optional<RecordedPath> match(RequestTarget target) {
            Matcher matcher = pattern.matcher(target.normalised());
            if (!matcher.matches()) {
                return Optional.empty();
            }
            String path = text;
            for (String variable : variables) {
                path = path.replace("{" + variable + "}", matcher.group(variable));
            }
            @Nullable String agent = variables.contains("agent") ? decoded(matcher.group("agent")) : null;
            return Optional.of(new RecordedPath(target, path, agent));
        }
    }

    /**
     * A recorded path.
     *
     * @param target the target of the call
     * @param path the path to store, in the spelling of the setting
     * @param agent the agent that the path names, if any
     */
    record RecordedPath(
            RequestTarget target, String path, @Nullable String agent) {}
}
