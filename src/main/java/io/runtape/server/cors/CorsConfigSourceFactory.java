package io.runtape.server.cors;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.common.utils.StringUtil;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Turns the origins of {@link CorsConfig} into the settings of Quarkus' CORS filter, which answers preflights and adds the
 * headers, under {@code /v1} as under {@code /history/v1}. Without origins the filter stays off.
 */
public final class CorsConfigSourceFactory implements ConfigSourceFactory {

    /** Above application.properties (250), below the environment (300). */
    private static final int ORDINAL = 275;

    /** The headers of the gateway's own, and those of every HTTP server. */
    private static final List<String> GENERAL = List.of(
            "Runtape-Run-Id",
            "Runtape-Thread-Id",
            "X-Run-ID",
            "X-Thread-ID",
            "Idempotent-Replayed",
            "Repr-Digest",
            "X-Request-ID",
            "request-id",
            "Retry-After",
            "retry-after-ms",
            "x-should-retry",
            "ETag",
            "Location",
            "Content-Location");

    /** What agent APIs tell their clients: ids of requests, the protocol, and how long the work took. */
    private static final List<String> OF_AGENT_APIS = List.of(
            "x-vercel-ai-ui-message-stream",
            "openai-organization",
            "openai-project",
            "openai-processing-ms",
            "openai-version",
            "anthropic-organization-id",
            "apim-request-id",
            "x-ms-region");

    /** RunTools', OpenAI's and Azure's, and Anthropic's names for what is left of a rate limit. */
    private static final List<String> RATE_LIMITS = Stream.of(
                    Stream.of("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
                    named("x-ratelimit-%2$s-%1$s", "requests", "tokens"),
                    named("anthropic-ratelimit-%1$s-%2$s", "requests", "tokens", "input-tokens", "output-tokens"))
            .flatMap(names -> names)
            .toList();

    /** The response headers that a page may read besides those that every page may. */
    private static final String EXPOSED =
            Stream.of(GENERAL, OF_AGENT_APIS, RATE_LIMITS).flatMap(List::stream).collect(Collectors.joining(","));

    private static Stream<String> named(String pattern, String... counted) {
        return Arrays.stream(counted)
                .flatMap(what -> Stream.of("limit", "remaining", "reset").map(of -> String.format(pattern, what, of)));
    }

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        @Nullable String origins = context.getValue("runtape.cors-origins").getValue();
        if (origins == null || origins.isBlank()) {
            return List.of();
        }
        if (!Arrays.stream(StringUtil.split(origins)).allMatch(CorsOrigins::isUsable)) {
            // CorsOrigins stops the start at it, in one clear line; the filter would do so earlier and at length.
            return List.of();
        }
        return List.of(new PropertiesConfigSource(settings(origins), "runtape cors", ORDINAL));
    }

    private static Map<String, String> settings(String origins) {
        Map<String, String> settings = new HashMap<>();
        settings.put("quarkus.http.cors.enabled", "true");
        settings.put("quarkus.http.cors.origins", origins);
        // Headers and methods are not listed: the agent API may know others, and a page needs an allowed origin anyway.
        settings.put("quarkus.http.cors.exposed-headers", EXPOSED);
        // Credentials are headers that a page knows. With cookies, a page could act for every visitor.
        settings.put("quarkus.http.cors.access-control-allow-credentials", "false");
        settings.put("quarkus.http.cors.access-control-max-age", "PT10M");
        return settings;
    }
}
