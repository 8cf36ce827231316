package io.runtape.upstream;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.access.GatewayCredentials;
import io.runtape.error.OwnPaths;
import io.runtape.upstream.NamedUpstreamsConfig.NamedUpstream;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The agent APIs that the gateway is in front of: one without a prefix, and any number below prefixes. Without any setting
 * it is the demo agent. Safe for any thread.
 */
@Singleton
public final class Upstreams implements GatewayCredentials {

    private static final Logger LOG = Logger.getLogger(Upstreams.class);

    private static final Pattern FIT_NAME = Pattern.compile("[a-z][a-z0-9]{0,31}");
    private static final Pattern FIT_PREFIX = Pattern.compile("(/[A-Za-z0-9._~-]+)+");
    private static final Pattern DOTS = Pattern.compile("/\\.{1,2}(/|$)");

    /** A longer name is not quoted before it has a setting: it may be a key, such as Azure's of 32 hexadecimal digits. */
    private static final int WORD_MAX = 20;

    private static final String CONTINUE = "continue";
    private static final String CANCEL = "cancel";
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(100);

    /** The paths of an agent API like RunTools. */
    private static final List<String> RUN_PATHS = List.of("/v1/run", "/v1/agents/{agent}/run");

    private final UpstreamConfig shared;
    private final boolean demo;
    private final List<Upstream> longestPrefixFirst;
    private final List<String> credentialHeaders;

    /** @throws ConfigurationException if a setting cannot be used, which stops the start */
    Upstreams(UpstreamConfig shared, NamedUpstreamsConfig named, UpstreamNamesConfig apis, BundledAgent bundled) {
        this.shared = shared;
        this.demo = isDemo(shared, named, apis);
        Map<String, @Nullable NamedUpstream> settings = settings(named, apis);
        List<Upstream> all = new ArrayList<>();
        Set<String> headers = new LinkedHashSet<>();
        settings.forEach((name, own) -> all.add(named(name, own, headers)));
        url(shared)
                .map(url -> UpstreamAddress.of(url, "RUNTAPE_UPSTREAM_URL"))
                .ifPresent(at -> all.add(unnamed(at, apis.recordPaths())));
        if (demo) {
            all.add(unnamed(UpstreamAddress.of(bundled), apis.recordPaths()));
        }
        requireDistinct(all);
        all.sort(
                Comparator.comparingInt((Upstream upstream) -> upstream.prefix().length())
                        .reversed()
                        .thenComparing(Upstream::name));
        this.longestPrefixFirst = List.copyOf(all);
        this.credentialHeaders = List.copyOf(headers);
    }

    /** Whether no agent API is configured, so that the demo agent answers. */
    public static boolean isDemo(UpstreamConfig shared, NamedUpstreamsConfig named, UpstreamNamesConfig apis) {
        return url(shared).isEmpty() && settings(named, apis).isEmpty();
    }

    private static Optional<String> url(UpstreamConfig shared) {
        return shared.url().map(String::strip).filter(url -> !url.isEmpty());
    }

    /** The settings of each named agent API; null for one that has none. */
    private static Map<String, @Nullable NamedUpstream> settings(NamedUpstreamsConfig named, UpstreamNamesConfig apis) {
        Map<String, @Nullable NamedUpstream> settings = new TreeMap<>();
        apis.upstreams()
                .orElse(List.of())
                .forEach(name -> settings.put(name.strip().toLowerCase(Locale.ROOT), null));
        named.byName().forEach((name, own) -> settings.put(name.toLowerCase(Locale.ROOT), own));
        return settings;
    }

    /** Makes the settings' faults stop the start before anything is done for a caller. */
    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        for (Upstream upstream : longestPrefixFirst) {
            if (upstream.hasKey()) {
                LOG.warnf(
                        "the agent API %s gets the gateway's own key: whoever reaches this gateway can use it",
                        upstream.name());
            }
        }
    }

    private Upstream unnamed(UpstreamAddress address, List<String> recordPaths) {
        Upstream.Runs runs = new Upstream.Runs(
                recordPaths,
                shared.dialect(),
                shared.cancelPath().isPresent() && shared.cancelPath().get().equals(UpstreamConfig.CANCEL_PATH)
                        ? Optional.empty()
                        : Optional.of(requirePath(shared.cancelPath().orElse(""), "RUNTAPE_UPSTREAM_CANCEL_PATH")),
                isCancel(shared.onDisconnect(), "RUNTAPE_UPSTREAM_ON_DISCONNECT"));
        Upstream.Bounds bounds = new Upstream.Bounds(shared.timeout(), shared.idleTimeout(), Optional.empty());
        return new Upstream(Upstream.DEFAULT_NAME, "", address, runs, bounds, null);
    }

    private Upstream named(String name, @Nullable NamedUpstream own, Set<String> headers) {
        if (!FIT_NAME.matcher(name).matches() || name.equals(Upstream.DEFAULT_NAME)) {
            // Without quoting a text that only stands among the names: it may be a key that was pasted there.
            throw new ConfigurationException(
                    (own == null ? "RUNTAPE_UPSTREAMS has an entry" : "runtape.upstreams." + name + " has a name")
                            + " that cannot be used. A name is a letter and up to 31 letters and digits, such as OPENAI,"
                            + " and not DEFAULT.");
        }
        Settings of = new Settings(name, own);
        Optional<UpstreamPreset> preset = of.preset();
        String url = of.get(NamedUpstream::url)
                .or(() -> preset.flatMap(UpstreamPreset::url))
                .orElseThrow(() -> new ConfigurationException(
                        own == null && name.length() > WORD_MAX
                                ? "RUNTAPE_UPSTREAMS has a name of " + name.length()
                                        + " characters that is no preset and has no setting RUNTAPE_UPSTREAMS_<NAME>_URL."
                                        + " Presets: " + UpstreamPreset.listed() + "."
                                : of.setting("URL") + " is missing: the address of the agent API " + name + "."));
        String header = preset.map(UpstreamPreset::credentialHeader).orElse("X-API-Key");
        headers.add(header);
        String prefix = prefix(of);
        Upstream.Runs runs = new Upstream.Runs(
                of.get(NamedUpstream::recordPaths)
                        .orElseGet(() ->
                                preset.map(known -> recordPaths(known, prefix)).orElse(RUN_PATHS)),
                of.get(NamedUpstream::dialect)
                        .orElseGet(() -> preset.map(UpstreamPreset::dialect).orElse(Upstream.AUTO)),
                of.get(NamedUpstream::cancelPath)
                        .map(path -> requirePath(path, of.setting("CANCEL_PATH")))
                        .or(() -> preset.flatMap(UpstreamPreset::cancelPath)),
                isCancel(of.get(NamedUpstream::onDisconnect).orElse(CONTINUE), of.setting("ON_DISCONNECT")));
        Upstream.Bounds bounds = new Upstream.Bounds(
                of.get(NamedUpstream::timeout)
                        .map(time -> of.fit(time, "TIMEOUT"))
                        .or(shared::timeout),
                of.get(NamedUpstream::idleTimeout)
                        .map(time -> of.fit(time, "IDLE_TIMEOUT"))
                        .orElseGet(shared::idleTimeout),
                of.get(NamedUpstream::maxBody).or(() -> preset.flatMap(UpstreamPreset::bodyMax)));
        @Nullable
        UpstreamKey key = of.get(NamedUpstream::apiKey)
                .map(secret -> UpstreamKey.of(header, secret.strip(), of.setting("API_KEY")))
                .orElse(null);
        return new Upstream(name, prefix, UpstreamAddress.of(url, of.setting("URL")), runs, bounds, key);
    }

    /** Without a prefix, a path may be the gateway's own, and then it is not the agent API's. */
    private static List<String> recordPaths(UpstreamPreset preset, String prefix) {
        return preset.recordPaths().stream()
                .filter(path -> !prefix.isEmpty() || !OwnPaths.contains(path))
                .toList();
    }

    private static String prefix(Settings of) {
        String prefix = of.get(NamedUpstream::prefix).map(String::strip).orElse("/" + of.name());
        if (prefix.equals("/")) {
            return "";
        }
        if (!FIT_PREFIX.matcher(prefix).matches() || DOTS.matcher(prefix).find() || OwnPaths.contains(prefix)) {
            throw new ConfigurationException(of.setting("PREFIX") + " is '" + prefix
                    + "'. It begins with a slash, has no slash at its end, and is not below /history, /q or /console.");
        }
        return prefix;
    }

    private static String requirePath(String path, String setting) {
        if (!path.isEmpty() && !path.startsWith("/")) {
            throw new ConfigurationException(
                    setting + " is '" + path + "'. It is a path that begins with a slash, such as "
                            + UpstreamConfig.CANCEL_PATH + ", or empty.");
        }
        return path;
    }

    private static boolean isCancel(String value, String setting) {
        String said = value.strip().toLowerCase(Locale.ROOT);
        if (!said.equals(CONTINUE) && !said.equals(CANCEL)) {
            throw new ConfigurationException(setting + " is '" + value + "'. Allowed values: continue, cancel.");
        }
        return said.equals(CANCEL);
    }

    private static void requireDistinct(List<Upstream> all) {
        Set<String> prefixes = new TreeSet<>();
        for (Upstream upstream : all) {
            if (!prefixes.add(upstream.prefix())) {
                throw new ConfigurationException(
                        upstream.prefix().isEmpty()
                                ? "Two agent APIs have no prefix: RUNTAPE_UPSTREAM_URL names the one without a prefix, and one"
                                        + " of RUNTAPE_UPSTREAMS has the prefix '/'."
                                : "Two agent APIs have the prefix " + upstream.prefix() + ".");
            }
        }
    }

    /** All of them, those with longer prefixes first. */
    public List<Upstream> all() {
        return longestPrefixFirst;
    }

    /** The agent API of this name; empty if it is configured no more. */
    public Optional<Upstream> named(String name) {
        return longestPrefixFirst.stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst();
    }

    /**
     * The agent API that serves this path.
     *
     * @param path normalised
     */
    public Optional<Upstream> at(String path) {
        for (Upstream upstream : longestPrefixFirst) {
            if (path.startsWith(upstream.prefix())
                    && (path.length() == upstream.prefix().length()
                            || path.charAt(upstream.prefix().length()) == '/')) {
                return Optional.of(upstream);
            }
        }
        return Optional.empty();
    }

    @Override
    public boolean isDemo() {
        return demo;
    }

    @Override
    public List<String> headers() {
        return credentialHeaders;
    }

    /** What an operator set for one agent API; and the names of the settings, for messages. */
    private record Settings(String name, @Nullable NamedUpstream own) {

        <T> Optional<T> get(Function<NamedUpstream, Optional<T>> setting) {
            return own == null ? Optional.empty() : setting.apply(own);
        }

        String setting(String of) {
            return "RUNTAPE_UPSTREAMS_" + name.toUpperCase(Locale.ROOT) + "_" + of;
        }

        Optional<UpstreamPreset> preset() {
            Optional<String> named = get(NamedUpstream::preset).map(String::strip);
            if (named.isEmpty()) {
                return UpstreamPreset.named(name);
            }
            return Optional.of(UpstreamPreset.named(named.get())
                    .orElseThrow(() -> new ConfigurationException(setting("PRESET") + " is '" + named.get()
                            + "'. Allowed values: " + UpstreamPreset.listed() + ".")));
        }

        Duration fit(Duration time, String of) {
            if (time.compareTo(SHORTEST_TIMEOUT) < 0) {
                throw new ConfigurationException(
                        setting(of) + " must be at least " + SHORTEST_TIMEOUT.toMillis() + " ms.");
            }
            return time;
        }
    }
}
