package io.runtape.dialect;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All dialects, and which of them a run is read in: RunTools' own paths speak RunTools, all others tell by their first events. */
@ApplicationScoped
public class Dialects {

    private static final Pattern OF_RUN_TOOLS = Pattern.compile("/v1/(agents/[^/]+/)?run");

    private final List<Dialect> known;
    private final Dialect detecting;

    Dialects(@All List<Dialect> known) {
        this.known = List.copyOf(known);
        this.detecting = new DetectingDialect(this.known);
    }

    /** The dialect of runs at that path of an agent API; one that finds out by the first events where the path does not tell. */
    public Dialect at(String path) {
        return OF_RUN_TOOLS.matcher(path).matches() ? named("runtools", path) : detecting;
    }

    /**
     * The dialect of that name.
     *
     * @param name null where it is not known yet
     * @param path the run's, which tells as far as it can where the name does not
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
