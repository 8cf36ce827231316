package io.runtape.dialect;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All dialects, and the choice of a run's dialect. RunTools' own paths speak RunTools; for all other paths the first
 * events decide.
 */
@ApplicationScoped
public class Dialects {

    private static final Pattern OF_RUN_TOOLS = Pattern.compile("/v1/(agents/[^/]+/)?run/?", Pattern.CASE_INSENSITIVE);

    /** {@code POST …/threads/{threadId}/runs/stream}, and the same without a thread. */
    private static final Pattern OF_LANG_GRAPH = Pattern.compile("(/[^/]+)*/runs/stream/?", Pattern.CASE_INSENSITIVE);

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

    /** The names of all dialects. */
    public List<String> names() {
        return known.stream().map(Dialect::name).sorted().toList();
    }

    /**
     * The dialect of runs at this path of an agent API.
     *
     * @param setting a dialect's name; another word leaves it to the path and the first events
     */
    public Dialect of(String setting, String path) {
        return known.stream()
                .filter(dialect -> dialect.name().equals(setting))
                .findFirst()
                .orElseGet(() -> at(path));
    }

    /**
     * The dialect of the clients that call this path, as far as the setting or the path shows it. Unlike that of
     * {@link #of}, it says nothing of the events: a path like LangGraph's may belong to another agent API.
     */
    public Dialect ofClients(String setting, String path) {
        Dialect known = of(setting, path);
        return known == detecting && OF_LANG_GRAPH.matcher(path).matches() ? named("langgraph", path) : known;
    }

    /**
     * The dialect that the client of a call to this path speaks, as far as the setting or the path tells; otherwise one
     * that writes as RunTools does.
     *
     * @param setting a dialect's name, or another word
     */
    public Dialect expected(String setting, String path) {
        Optional<Dialect> set =
                known.stream().filter(dialect -> dialect.name().equals(setting)).findFirst();
        return set.or(() -> known.stream()
                        .filter(dialect -> dialect.isUsualAt(path))
                        .findFirst())
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
