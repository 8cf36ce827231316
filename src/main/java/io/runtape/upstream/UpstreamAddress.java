package io.runtape.upstream;

import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns the target of a call to the gateway into the agent API's address. Safe for any thread. */
@Singleton
public final class UpstreamAddress {

    private final @Nullable URI base;
    private final BundledAgent bundled;

    UpstreamAddress(UpstreamConfig config, BundledAgent bundled) {
        this.base = config.url()
                .map(String::strip)
                .filter(u -> !u.isEmpty())
                .map(UpstreamAddress::parse)
                .orElse(null);
        this.bundled = bundled;
    }

    private static URI parse(String url) {
        Optional<URI> parsed = Optional.empty();
        try {
            parsed = Optional.of(new URI(url.replaceFirst("/+$", "")));
        } catch (URISyntaxException e) {
            // Refused below, without quoting the value: it may contain a password.
        }
        return parsed.filter(u -> u.getHost() != null
                        && ("http".equals(u.getScheme()) || "https".equals(u.getScheme()))
                        && u.getRawQuery() == null
                        && u.getRawFragment() == null
                        && u.getRawUserInfo() == null)
                .orElseThrow(() -> new ConfigurationException(
                        "RUNTAPE_UPSTREAM_URL cannot be used. It is an http or https origin with an optional path, such as"
                                + " https://api.example.com/agents, without query, fragment or login."));
    }

    /** Whether the built-in demo agent is the upstream. */
    public boolean isBundled() {
        return base == null;
    }

    private URI base() {
        URI configured = base;
        return configured == null ? URI.create(bundled.origin()) : configured;
    }

    /** Host of the agent API. */
    public String host() {
        return base().getHost();
    }

    /** Port of the agent API. */
    public int port() {
        URI to = base();
        return to.getPort() >= 0 ? to.getPort() : isTls() ? 443 : 80;
    }

    /** Whether the gateway calls the agent API over TLS. */
    public boolean isTls() {
        return "https".equals(base().getScheme());
    }

    /**
     * The target at the agent API, path and query, of a call with this target.
     *
     * @param callTarget begins with a slash
     */
    public String target(String callTarget) {
        if (!callTarget.startsWith("/")) {
            throw new IllegalArgumentException("a call's target is a path and names no host");
        }
        return base().getRawPath() + callTarget;
    }

    /** Scheme, host and port of the agent API, with the path {@code /}. */
    URI origin() {
        return base().resolve("/");
    }
}
