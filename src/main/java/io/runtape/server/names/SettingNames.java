package io.runtape.server.names;

import io.quarkus.runtime.StartupEvent;
import io.runtape.store.StartupException;
import io.runtape.store.Store;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import java.lang.reflect.Type;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Stops the start at an unknown setting: a misspelt setting would have no effect, and its operator would not notice.
 * The interfaces that map settings say which ones exist, so there is no list of them.
 *
 * <p>SmallRye's own check of names skips the environment, where most settings are, and suggests no name. So it is
 * turned off, and this class checks all sources.
 */
@Singleton
final class SettingNames {

    /** Before the database is opened, since the setting may be the one that names it. */
    private static final int BEFORE_THE_STORE = Store.OPENS_AT - 50;

    private static final String ROOT = "runtape.";

    private static final String OURS = "RUNTAPE_";

    /** The index of an item of a list. */
    private static final Pattern ITEM = Pattern.compile("\\[[0-9]+]$");

    private static final Pattern ITEM_VARIABLE = Pattern.compile("_[0-9]+_$");

    /** The prefix of a name that holds in one profile only. */
    private static final Pattern PROFILE = Pattern.compile("^%[^.]+\\.");

    private static final Pattern PROFILE_VARIABLE = Pattern.compile("^_[A-Z0-9]+_(?=RUNTAPE_)");

    /** The name that an operator chose for an agent API, or for a rule. */
    private static final Pattern NAMED = Pattern.compile("^runtape\\.(?:upstreams|retention\\.rules)\\.([^.]+)\\.");

    private static final Pattern NAMED_VARIABLE =
            Pattern.compile("^RUNTAPE_(?:UPSTREAMS|RETENTION_RULES)_([A-Z0-9]+)_");

    /** A name for the message, where the operator wrote none. */
    private static final String EXAMPLE = "openai";

    private final Set<String> properties = new TreeSet<>();

    /** Runs already while the native executable is compiled, when reflection can see the interfaces. */
    void learn(@Observes @Initialized(ApplicationScoped.class) Object started, BeanManager beans) {
        for (Bean<?> bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
            for (Type type : bean.getTypes()) {
                if (type instanceof Class<?> mapping && mapping.isAnnotationPresent(ConfigMapping.class)) {
                    ConfigMappings.getProperties(ConfigClass.configClass(mapping)).keySet().stream()
                            .filter(name -> name.startsWith(ROOT) && !name.endsWith("]"))
                            .forEach(properties::add);
                }
            }
        }
    }

    void check(@Observes @Priority(BEFORE_THE_STORE) StartupEvent event, SmallRyeConfig config) {
        TreeMap<String, String> unknown = new TreeMap<>();
        for (ConfigSource source : config.getConfigSources()) {
            boolean environment = source instanceof EnvConfigSource;
            for (String name : source.getPropertyNames()) {
                String shown = environment ? variable(name) : name;
                (environment ? ofVariable(name, source) : ofProperty(name))
                        .ifPresent(nearest -> unknown.put(shown, nearest));
            }
        }
        if (!unknown.isEmpty()) {
            StringBuilder said = new StringBuilder("Runtape does not start:");
            unknown.forEach((name, nearest) -> said.append(" There is no setting ")
                    .append(name)
                    .append("; the nearest is ")
                    .append(nearest)
                    .append('.'));
            throw new StartupException(
                    said.append(" Correct or remove it; docs/reference/configuration.md has all of them.")
                            .toString());
        }
    }

    /**
     * The nearest setting, if this property is not one of Runtape's; a variable's name means nothing outside the
     * environment.
     */
    private Optional<String> ofProperty(String written) {
        String name = PROFILE.matcher(written).replaceFirst("");
        boolean ours = name.startsWith(ROOT) || name.startsWith(OURS);
        if (!ours) {
            return Optional.empty();
        }
        Set<String> known = named(name, NAMED, EXAMPLE, properties);
        return known.contains(ITEM.matcher(name).replaceFirst("")) ? Optional.empty() : Spelling.nearest(name, known);
    }

    private Optional<String> ofVariable(String written, ConfigSource source) {
        String name = PROFILE_VARIABLE
                .matcher(variable(PROFILE.matcher(written).replaceFirst("")))
                .replaceFirst("");
        Set<String> variables = new TreeSet<>();
        properties.forEach(property -> variables.add(variable(property)));
        Set<String> known = named(name, NAMED_VARIABLE, variable(EXAMPLE), variables);
        if (!name.startsWith(OURS)
                || known.contains(name)
                || known.contains(ITEM_VARIABLE.matcher(name).replaceFirst(""))
                || ServiceLinks.isOne(name, String.valueOf(source.getValue(written)))) {
            return Optional.empty();
        }
        return Spelling.nearest(name, known);
    }

    /** The known names, with the name that an operator chose in the place of the star. */
    private static Set<String> named(String written, Pattern chosen, String example, Set<String> known) {
        Matcher matcher = chosen.matcher(written);
        String name = matcher.find() ? matcher.group(1) : example;
        return known.stream().map(each -> each.replace("*", name)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9*]", "_");
    }
}
