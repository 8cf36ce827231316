package io.runtape.server.loop;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Says how many event loops there are: one for each two processors, unless the operator says otherwise. In live traffic most
 * of what an event costs is waking threads; fewer loops are woken less often and find more to do each time, and the
 * committer and the database want a processor as well.
 */
public final class EventLoopsConfigSourceFactory implements ConfigSourceFactory {

    /** Below all that an operator or application.properties (250) says, above the defaults. */
    private static final int ORDINAL = 240;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        int loops = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return List.of(new PropertiesConfigSource(
                Map.of("quarkus.vertx.event-loops-pool-size", String.valueOf(loops)), "runtape event loops", ORDINAL));
    }
}
