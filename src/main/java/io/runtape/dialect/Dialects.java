package io.runtape.dialect;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All dialects, and the choice of a run's dialect. RunTools' own paths speak RunTools; for all other paths the first
 * events decide.
 */
@ApplicationScoped
public class Dialects {

    private static final Pattern OF_RUN_TOOLS = Pattern.compile("/v1/(agents/[^/]+/)?run");

    private final List<Dialect> known;
    private final Dialect detecting;

    Dialects(@All List<Dialect> known) {
        this.known = List.copyOf(known);
        this.detecting = new DetectingDialect(this.known);
    }

    /**
     * The dialect of runs at this path of an agent API; if the path does not decide, a dialect that finds out by the
     * first events.
     */
    public Dialect at(String path) {
        return OF_RUN_TOOLS.matcher(path).matches() ? named("runtools", path) : detecting;
    }

    /**
     * The dialect that the client of a call to this path speaks, as far as the path tells; otherwise one that writes as
     * RunTools does.
     */
    public Dialect expectedAt(String path) {
        return known.stream()
                .filter(dialect -> dialect.isUsualAt(path))
                .findFirst()
                .orElse(detecting);
    }

    /**
     * The dialect of this name.
     *
     * @param name null if it is not known yet
     * @param path the run's path; it decides without a name, if it can
     */
    public Dialect named(@Nullable String name, String path) {
        for (Dialect dialect : known) {
            if (dialect.name().equals(name)) {
                return dialect;
            }
        }
        return name == null ? at(path) : detecting;
    }
}
