package io.runtape.upstream;

import io.quarkus.runtime.configuration.MemorySize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One agent API, as this gateway is configured to call it. Immutable. */
public final class Upstream {

    /** The name of the agent API that has no prefix and no settings of its own name. */
    public static final String DEFAULT_NAME = "default";

    /** The dialect that the first events decide. */
    public static final String AUTO = "auto";

    private static final Duration STREAM_HEAD = Duration.ofSeconds(60);
    private static final Duration WHOLE_RESPONSE = Duration.ofMinutes(30);

    private final String name;
    private final String prefix;
    private final UpstreamAddress address;
    private final Runs runs;
    private final Bounds bounds;
    private final @Nullable UpstreamKey key;

    Upstream(String name, String prefix, UpstreamAddress address, Runs runs, Bounds bounds, @Nullable UpstreamKey key) {
        this.name = name;
        this.prefix = prefix;
        this.address = address;
        this.runs = runs;
        this.bounds = bounds;
        this.key = key;
    }

    /**
     * Its runs.
     *
     * @param recordPaths see {@link Upstream#recordPaths}
     * @param dialect see {@link Upstream#dialect}
     * @param cancelPath see {@link Upstream#cancelPath}
     * @param cancelOnDisconnect see {@link Upstream#cancelOnDisconnect}
     */
    record Runs(List<String> recordPaths, String dialect, Optional<String> cancelPath, boolean cancelOnDisconnect) {}

    /**
     * The bounds of its calls.
     *
     * @param timeout how long a head may take; empty for the defaults
     * @param idle how long a response may be silent
     * @param body the largest body of a recorded call, where it has a bound of its own
     */
    record Bounds(Optional<Duration> timeout, Duration idle, Optional<MemorySize> body) {}

    /** Its name, in lower case. */
    public String name() {
        return name;
    }

    /** The path below which the gateway serves it: empty, or a slash and segments without a slash at the end. */
    public String prefix() {
        return prefix;
    }

    /** A path below its prefix, without the prefix; a slash if nothing follows. Another path stays as it is. */
    public String without(String path) {
        String rest = path.startsWith(prefix) ? path.substring(prefix.length()) : path;
        return rest.isEmpty() ? "/" : rest;
    }

    /** Where it is. */
    public UpstreamAddress address() {
        return address;
    }

    /** The templates of the paths, without the prefix, whose POST calls are recorded. */
    public List<String> recordPaths() {
        return runs.recordPaths();
    }

    /** The dialect of all its runs, or {@link #AUTO}. */
    public String dialect() {
        return runs.dialect();
    }

    /**
     * The path that cancels a run, where the operator or the preset names one; an empty text if there is no such call.
     * Otherwise the run's dialect knows it.
     */
    public Optional<String> cancelPath() {
        return runs.cancelPath();
    }

    /** Whether a run is cancelled when its client is gone, where the call does not say. */
    public boolean cancelOnDisconnect() {
        return runs.cancelOnDisconnect();
    }

    /**
     * How long the head of a response may take, from when the call is sent.
     *
     * @param stream whether the call asks for a stream: otherwise the head may take as long as the whole run
     */
    public Duration headTimeout(boolean stream) {
        return bounds.timeout().orElse(stream ? STREAM_HEAD : WHOLE_RESPONSE);
    }

    /** How long sending a call may take: as long as a slow link needs for a large body. */
    Duration sendTimeout() {
        return bounds.timeout().filter(set -> set.compareTo(WHOLE_RESPONSE) > 0).orElse(WHOLE_RESPONSE);
    }

    /** How long a response may be silent. */
    public Duration idleTimeout() {
        return bounds.idle();
    }

    /** The largest body of its recorded calls, where it has a bound of its own. */
    public Optional<MemorySize> bodyMax() {
        return bounds.body();
    }

    /**
     * The headers to send: with the gateway's own credential in the place of the caller's, if it has one.
     *
     * @param headers the caller's end-to-end headers
     * @param credential whether a header of that name is a credential
     */
    public List<Map.Entry<String, String>> authenticated(
            List<Map.Entry<String, String>> headers, Predicate<String> credential) {
        if (key == null) {
            return headers;
        }
        List<Map.Entry<String, String>> own = new ArrayList<>(headers);
        own.removeIf(header -> credential.test(header.getKey()));
        own.add(Map.entry(key.header(), key.value()));
        return own;
    }

    /** The headers of a response without those that send the gateway's own credential back: it is not for the caller. */
    public List<Map.Entry<String, String>> withoutKey(List<Map.Entry<String, String>> headers) {
        if (key == null) {
            return headers;
        }
        return headers.stream().filter(header -> !key.isIn(header.getValue())).toList();
    }

    /** The environment variable of one of its settings, for messages. */
    public String setting(String of) {
        if (!name.equals(DEFAULT_NAME)) {
            return "RUNTAPE_UPSTREAMS_" + name.toUpperCase(Locale.ROOT) + "_" + of;
        }
        return of.equals("RECORD_PATHS") || of.equals("MAX_BODY") ? "RUNTAPE_" + of : "RUNTAPE_UPSTREAM_" + of;
    }

    /** Whether the gateway's own credential is sent. */
    boolean hasKey() {
        return key != null;
    }

    @Override
    public String toString() {
        return "Upstream[" + name + "]";
    }
}
