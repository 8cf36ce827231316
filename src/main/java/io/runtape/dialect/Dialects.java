package io.runtape.dialect;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All dialects, and the choice of a run's dialect. RunTools' own paths speak RunTools; for all other paths the first
 * events decide.
 */
@ApplicationScoped
public class Dialects {

    private final List<Dialect> known;
    private final Dialect detecting;

    Dialects(@All List<Dialect> known) {
        this.known = List.copyOf(known);
        this.detecting = new DetectingDialect(this.known);
    }

    /** The names of all dialects. */
    public List<String> names() {
        return known.stream().map(Dialect::name).sorted().toList();
    }

    /**
     * The dialect of runs at this path of an agent API; if neither the setting nor the path decides, a dialect that finds
     * out by the first events.
     *
     * @param setting a dialect's name; another word leaves it to the path and the first events
     */
    public Dialect of(String setting, String path) {
        return named(setting).orElseGet(() -> at(path));
    }

    /** The dialect of runs at this path of an agent API without a setting. */
    Dialect at(String path) {
        return known.stream()
                .filter(dialect -> dialect.paths().areOwn() && dialect.paths().beginRunAt(path))
                .findFirst()
                .orElse(detecting);
    }

    /**
     * The dialect that the client of a call to this path speaks, as far as the setting or the path tells; otherwise one
     * that writes as RunTools does. Unlike that of {@link #of}, it says nothing of the events: a path like LangGraph's may
     * belong to another agent API.
     *
     * @param setting a dialect's name, or another word
     */
    public Dialect expected(String setting, String path) {
        return named(setting)
                .or(() -> known.stream()
                        .filter(dialect -> dialect.paths().beginRunAt(path))
                        .findFirst())
                .orElse(detecting);
    }

    /**
     * The dialect of a recorded run.
     *
     * @param name the name of the dialect that its events were read in; null if that is not known, or not yet
     * @param setting what is set for its agent API now, as for {@link #of}
     * @param path the path at its agent API
     */
    public Dialect ofRun(@Nullable String name, String setting, String path) {
        return name == null ? of(setting, path) : named(name).orElse(detecting);
    }

    private Optional<Dialect> named(String name) {
        return known.stream().filter(dialect -> dialect.name().equals(name)).findFirst();
    }

    /** The agent API's id of the run that a {@code POST} to this path cancels; empty if it cancels none. */
    public Optional<String> cancelledAt(String path) {
        return known.stream()
                .flatMap(dialect -> dialect.paths().cancelAt(path).stream())
                .findFirst()
                .map(values -> values.get("runId"));
    }

    /**
     * A {@code GET} with which a client of an agent API reads a run again.
     *
     * @param values what its path says, decoded, by the names in the templates of {@link ApiPaths}
     */
    public record Resume(ResumeKind kind, Map<String, String> values) {}

    /** The resume that a {@code GET} to this path is, if it is one. */
    public Optional<Resume> resumedAt(String path) {
        for (ResumeKind kind : ResumeKind.values()) {
            for (Dialect dialect : known) {
                Optional<Map<String, String>> values = dialect.paths().resumeAt(kind, path);
                if (values.isPresent()) {
                    return Optional.of(new Resume(kind, values.get()));
                }
            }
        }
        return Optional.empty();
    }
}
