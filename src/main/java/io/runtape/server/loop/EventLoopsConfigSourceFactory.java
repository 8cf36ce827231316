package io.runtape.server.loop;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Sets the number of event loops: one for every two processors, unless the operator sets it. In live traffic, waking
 * threads is most of the cost of an event; fewer loops wake less often and find more to do each time, and the committer
 * and the database need a processor too.
 */
public final class EventLoopsConfigSourceFactory implements ConfigSourceFactory {

    /** Below the operator's settings and application.properties (250), above the defaults. */
    private static final int ORDINAL = 240;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        int loops = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return List.of(new PropertiesConfigSource(
                Map.of("quarkus.vertx.event-loops-pool-size", String.valueOf(loops)), "runtape event loops", ORDINAL));
    }
}
