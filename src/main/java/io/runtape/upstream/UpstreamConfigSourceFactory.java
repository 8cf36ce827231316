package io.runtape.upstream;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Turns what {@link UpstreamConfig} says of connections into settings of Quarkus: its REST client, which makes recorded
 * calls, its TLS registry and its proxies. Unusable values are left out: the start stops at them later, in one clear
 * line, while Quarkus would stop earlier and at length.
 */
public final class UpstreamConfigSourceFactory implements ConfigSourceFactory {

    /** Above application.properties (250), below the environment (300). */
    private static final int ORDINAL = 275;

    private static final String NAMED = "runtape.upstreams";
    private static final String NAMED_VARIABLE = "RUNTAPE_UPSTREAMS";

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        Map<String, String> settings = new HashMap<>();
        try {
            Duration connectTimeout = connectTimeout(context);
            settings.put("quarkus.rest-client.upstream.connect-timeout", Long.toString(connectTimeout.toMillis()));
            // The demo agent is on this machine and speaks plain HTTP.
            if (value(context, "url") != null || hasNamed(context)) {
                settings.putAll(TlsFiles.of(
                                value(context, "ca-file"),
                                value(context, "client-certificate-file"),
                                value(context, "client-key-file"))
                        .quarkusSettings());
                String proxy = value(context, "proxy");
                if (proxy != null) {
                    settings.putAll(ProxyAddress.of(proxy).quarkusSettings(connectTimeout));
                }
            }
        } catch (IllegalArgumentException e) {
            return List.of();
        }
        return List.of(new PropertiesConfigSource(settings, "runtape upstream", ORDINAL));
    }

    private static boolean hasNamed(ConfigSourceContext context) {
        Iterator<String> names = context.iterateNames();
        while (names.hasNext()) {
            String name = names.next();
            if (name.startsWith(NAMED) || name.startsWith(NAMED_VARIABLE)) {
                return true;
            }
        }
        return false;
    }

    private static Duration connectTimeout(ConfigSourceContext context) {
        String set = value(context, "connect-timeout");
        return AgentConnections.requireUsable(
                DurationConverter.parseDuration(set == null ? UpstreamConfig.CONNECT_TIMEOUT : set));
    }

    private static @Nullable String value(ConfigSourceContext context, String name) {
        String value = context.getValue("runtape.upstream." + name).getValue();
        return value == null || value.isBlank() ? null : value;
    }
}
