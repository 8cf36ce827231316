package io.runtape.store;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Turns the gateway's database settings into those of the datasource, so that one jar runs on either database.
 * {@link Store} reports a wrong address when it opens the database, in one clear line.
 */
public final class StoreConfigSourceFactory implements ConfigSourceFactory {

    /** Above application.properties (250), below the environment (300). */
    private static final int ORDINAL = 275;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        Map<String, String> settings;
        try {
            String direct = value(context, "runtape.database-direct-url");
            settings = StoreAddress.of(
                            value(context, "runtape.database-url"),
                            value(context, "runtape.database-password-file"),
                            value(context, "runtape.data-dir"))
                    .quarkusSettings(
                            StoreSchema.of(value(context, "runtape.database-schema")),
                            direct != null && !direct.isBlank());
        } catch (IllegalArgumentException e) {
            settings = Map.of("quarkus.datasource.jdbc.url", "jdbc:postgresql:invalid");
        }
        return List.of(new PropertiesConfigSource(settings, "runtape store", ORDINAL));
    }

    private static @Nullable String value(ConfigSourceContext context, String name) {
        return context.getValue(name).getValue();
    }
}
