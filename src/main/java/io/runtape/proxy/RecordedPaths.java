package io.runtape.proxy;

import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.inject.Singleton;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The paths whose POST calls are recorded (contract, section 2). Safe for any thread. */
@Singleton
final class RecordedPaths {

    private static final Pattern FIT = Pattern.compile("/v1(/([A-Za-z0-9._~-]+|\\{[a-z][A-Za-z0-9]*}))+");
    private static final Pattern VARIABLE = Pattern.compile("\\{([a-z][A-Za-z0-9]*)}");

    private final List<Pattern> patterns;

    RecordedPaths(ProxyConfig config) {
        this.patterns = config.recordPaths().stream()
                .map(String::strip)
                .map(RecordedPaths::pattern)
                .toList();
    }

    private static Pattern pattern(String path) {
        if (!FIT.matcher(path).matches()) {
            throw new ConfigurationException("RUNTAPE_RECORD_PATHS has '" + path
                    + "'. Each path begins with /v1/, and a segment is either plain or a name in braces, such as"
                    + " /v1/agents/{agent}/run.");
        }
        return Pattern.compile(VARIABLE.matcher(path.replace(".", "\\.")).replaceAll("(?<$1>[^/]+)"));
    }

    /** Whether a POST to this path is recorded; gives the agent that the path names. */
    Optional<RecordedPath> match(String path) {
        for (Pattern pattern : patterns) {
            Matcher matcher = pattern.matcher(path);
            if (matcher.matches()) {
                return Optional.of(new RecordedPath(path, agent(pattern, matcher)));
            }
        }
        return Optional.empty();
    }

    private static @Nullable String agent(Pattern pattern, Matcher matcher) {
        return pattern.pattern().contains("(?<agent>") ? decoded(matcher.group("agent")) : null;
    }

    private static String decoded(String segment) {
        try {
            // A plus sign in a path is itself.
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return segment;
        }
    }

    /** A path that is recorded, and the agent that it names, if it does. */
    record RecordedPath(String path, @Nullable String agent) {}
}
