package io.runtape.upstream;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.function.Supplier;

/** Where an agent API is. Turns the target of a call into the agent API's address. Safe for any thread. */
public final class UpstreamAddress {

    private final Supplier<URI> base;

    private UpstreamAddress(Supplier<URI> base) {
        this.base = base;
    }

    /**
     * The address of this URL.
     *
     * @param setting the setting that has the URL, for the message
     * @throws ConfigurationException if it cannot be used
     */
    static UpstreamAddress of(String url, String setting) {
        URI parsed = parse(url.strip(), setting);
        return new UpstreamAddress(() -> parsed);
    }

    /** The address of the demo agent, which is known once that has started. */
    static UpstreamAddress of(BundledAgent bundled) {
        return new UpstreamAddress(() -> URI.create(bundled.origin()));
    }

    private static URI parse(String url, String setting) {
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
                        setting + " cannot be used. It is an http or https origin with an optional path, such as"
                                + " https://api.example.com/agents, without query, fragment or login."));
    }

    /** Host of the agent API. */
    public String host() {
        return base.get().getHost();
    }

    /** Port of the agent API. */
    public int port() {
        URI to = base.get();
        return to.getPort() >= 0 ? to.getPort() : isTls() ? 443 : 80;
    }

    /** Whether the gateway calls the agent API over TLS. */
    public boolean isTls() {
        return "https".equals(base.get().getScheme());
    }

    /**
     * The target at the agent API, path and query, of a call with this target.
     *
     * @param callTarget begins with a slash, or has no path; without the prefix of the agent API
     */
    public String target(String callTarget) {
        if (!callTarget.isEmpty() && callTarget.charAt(0) != '/' && callTarget.charAt(0) != '?') {
            throw new IllegalArgumentException("a call's target is a path and names no host");
        }
        String target = base.get().getRawPath() + callTarget;
        return target.startsWith("/") ? target : "/" + target;
    }

    /** Scheme, host and port of the agent API, with the path {@code /}. */
    URI origin() {
        return base.get().resolve("/");
    }
}
