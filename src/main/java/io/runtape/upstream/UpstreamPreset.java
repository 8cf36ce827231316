package io.runtape.upstream;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is known of an agent API of some kind, so that an operator need not look it up. */
enum UpstreamPreset {
    /** OpenAI's platform. */
    OPENAI(
            "https://api.openai.com",
            List.of("/v1/responses", "/v1/chat/completions"),
            "auto",
            null,
            "Authorization",
            null),

    /** OpenAI's models at Azure: the API with versions in the path, and the one with deployments. */
    AZURE(
            null,
            List.of(
                    "/openai/v1/responses",
                    "/openai/v1/chat/completions",
                    "/openai/responses",
                    "/openai/deployments/{agent}/chat/completions"),
            "auto",
            null,
            "api-key",
            null),

    /** Anthropic's platform, which takes bodies of 32 MiB. */
    ANTHROPIC("https://api.anthropic.com", List.of("/v1/messages"), "anthropic", null, "X-API-Key", mebibytes(32)),

    /** Google's Gemini API, recorded verbatim: no dialect reads its events. */
    GEMINI(
            "https://generativelanguage.googleapis.com",
            List.of(
                    "/v1beta/models/{model}:streamGenerateContent",
                    "/v1beta/models/{model}:generateContent",
                    "/v1/models/{model}:streamGenerateContent",
                    "/v1/models/{model}:generateContent"),
            "auto",
            null,
            "x-goog-api-key",
            null),

    /** A LangGraph server. */
    LANGGRAPH(
            null,
            List.of("/threads/{threadId}/runs/stream", "/threads/{threadId}/runs/wait", "/runs/stream", "/runs/wait"),
            "langgraph",
            null,
            "X-API-Key",
            null),

    /** A chat route of Vercel's AI SDK. */
    AISDK(null, List.of("/api/chat"), "aisdk", null, "Authorization", null),

    /** Agents of the AG-UI protocol, which may lie at any path. */
    AGUI(null, List.of("/", "/{+path}"), "agui", null, "Authorization", null);

    private final @Nullable String url;
    private final List<String> recordPaths;
    private final String dialect;
    private final @Nullable String cancelPath;
    private final String credentialHeader;
    private final @Nullable MemorySize bodyMax;

    UpstreamPreset(
            @Nullable String url,
            List<String> recordPaths,
            String dialect,
            @Nullable String cancelPath,
            String credentialHeader,
            @Nullable MemorySize bodyMax) {
        this.url = url;
        this.recordPaths = recordPaths;
        this.dialect = dialect;
        this.cancelPath = cancelPath;
        this.credentialHeader = credentialHeader;
        this.bodyMax = bodyMax;
    }

    private static MemorySize mebibytes(int number) {
        return new MemorySize(BigInteger.valueOf((long) number << 20));
    }

    static Optional<UpstreamPreset> named(String name) {
        return Arrays.stream(values())
                .filter(preset -> preset.label().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** Their names, for a message. */
    static String listed() {
        return Arrays.stream(values()).map(UpstreamPreset::label).collect(Collectors.joining(", "));
    }

    /** The name in settings. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The origin of a public agent API. */
    Optional<String> url() {
        return Optional.ofNullable(url);
    }

    /** The paths whose POST calls are recorded. */
    List<String> recordPaths() {
        return recordPaths;
    }

    /** The dialect's name, or {@code auto}. */
    String dialect() {
        return dialect;
    }

    /** The path that cancels a run, where it is not that of the dialect. */
    Optional<String> cancelPath() {
        return Optional.ofNullable(cancelPath);
    }

    /** The header of its credential. */
    String credentialHeader() {
        return credentialHeader;
    }

    /** The largest body that it takes. */
    Optional<MemorySize> bodyMax() {
        return Optional.ofNullable(bodyMax);
    }
}
