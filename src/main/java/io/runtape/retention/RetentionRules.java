package io.runtape.retention;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.path.PathTemplate;
import io.runtape.retention.RetentionRulesConfig.Rule;
import io.runtape.store.StorableText;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How long which runs are kept. Safe for any thread. */
@Singleton
final class RetentionRules {

    private static final Pattern FIT_NAME = Pattern.compile("[a-z][a-z0-9]{0,31}");

    /** The database stores names of agents up to this length. */
    private static final int AGENT_CHARS_MAX = 200;

    private final Keeping general;
    private final List<Matching> inOrder;

    /**
     * How long a run is kept after its end.
     *
     * @param run until it is deleted; null for ever
     * @param frames until its frames are; null as long as the run
     */
    record Keeping(@Nullable Duration run, @Nullable Duration frames) {}

    /** A rule: the runs that it is for, and how long these are kept. */
    private record Matching(Optional<String> agent, Optional<PathTemplate> path, Keeping keeping) {

        boolean isFor(@Nullable String ofAgent, @Nullable String ofPath) {
            return (agent.isEmpty() || agent.get().equals(ofAgent))
                    && (path.isEmpty() || ofPath != null && path.get().matches(ofPath));
        }
    }

    /** @throws ConfigurationException if a setting cannot be used, which stops the start */
    RetentionRules(RetentionConfig config, RetentionRulesConfig rules) {
        this.general = new Keeping(
                config.retention().orElse(null), config.retentionFrames().orElse(null));
        requireShorter(general, "RUNTAPE_RETENTION_FRAMES", "RUNTAPE_RETENTION");
        Map<String, Rule> sorted = new TreeMap<>();
        rules.byName().forEach((name, rule) -> sorted.put(name.toLowerCase(Locale.ROOT), rule));
        List<Matching> matching = new ArrayList<>();
        sorted.forEach((name, rule) -> matching.add(matching(name, rule)));
        this.inOrder = List.copyOf(matching);
    }

    /** Makes the settings' faults stop the start before anything is done. */
    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {}

    private Matching matching(String name, Rule rule) {
        if (!FIT_NAME.matcher(name).matches()) {
            throw new ConfigurationException(
                    "runtape.retention.rules." + name
                            + " has a name that cannot be used. A name is a letter and up to 31 letters and digits, such as DRAFTS.");
        }
        if (rule.agent().isEmpty() && rule.path().isEmpty()) {
            throw new ConfigurationException(
                    "The rule of retention " + name.toUpperCase(Locale.ROOT) + " is for no runs: set "
                            + setting(name, "AGENT") + " or " + setting(name, "PATH")
                            + "; RUNTAPE_RETENTION and RUNTAPE_RETENTION_FRAMES are for all runs.");
        }
        if (rule.after().isEmpty() && rule.framesAfter().isEmpty()) {
            throw new ConfigurationException("The rule of retention " + name.toUpperCase(Locale.ROOT)
                    + " says nothing: set " + setting(name, "AFTER") + " or " + setting(name, "FRAMES_AFTER") + ".");
        }
        Optional<PathTemplate> path = rule.path()
                .map(text -> PathTemplate.of(text.strip())
                        .orElseThrow(() -> new ConfigurationException(
                                setting(name, "PATH") + " is '" + text + "'. " + PathTemplate.FORM)));
        Keeping keeping = new Keeping(
                time(rule.after(), general.run, setting(name, "AFTER")),
                time(rule.framesAfter(), general.frames, setting(name, "FRAMES_AFTER")));
        requireShorter(
                keeping,
                rule.framesAfter().isPresent() ? setting(name, "FRAMES_AFTER") : "RUNTAPE_RETENTION_FRAMES",
                rule.after().isPresent() ? setting(name, "AFTER") : "RUNTAPE_RETENTION");
        return new Matching(rule.agent().map(RetentionRules::stored), path, keeping);
    }

    private static String setting(String name, String of) {
        return "RUNTAPE_RETENTION_RULES_" + name.toUpperCase(Locale.ROOT) + "_" + of;
    }

    private static String stored(String agent) {
        return StorableText.of(agent.strip(), AGENT_CHARS_MAX);
    }

    private static @Nullable Duration time(Optional<String> own, @Nullable Duration general, String setting) {
        if (own.isEmpty()) {
            return general;
        }
        try {
            return new KeepingTime().convert(own.get());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(setting + " is '" + own.get() + "'. " + e.getMessage() + ".");
        }
    }

    private static void requireShorter(Keeping keeping, String frames, String run) {
        if (keeping.frames != null && keeping.run != null && keeping.frames.compareTo(keeping.run) >= 0) {
            throw new ConfigurationException(frames + " must be shorter than " + run
                    + ": frames that are kept as long as their run are deleted with it. Set a shorter time, or off.");
        }
    }

    /** How long runs of this agent and path are kept; no rule with a path is for a run whose path is null. */
    Keeping of(@Nullable String agent, @Nullable String path) {
        for (Matching rule : inOrder) {
            if (rule.isFor(agent, path)) {
                return rule.keeping;
            }
        }
        return general;
    }

    /** All times after which something is deleted, the shortest first. */
    SortedSet<Duration> times() {
        SortedSet<Duration> times = new TreeSet<>();
        add(general, times);
        inOrder.forEach(rule -> add(rule.keeping, times));
        return times;
    }

    private static void add(Keeping keeping, SortedSet<Duration> times) {
        if (keeping.run != null) {
            times.add(keeping.run);
        }
        if (keeping.frames != null) {
            times.add(keeping.frames);
        }
    }
}
