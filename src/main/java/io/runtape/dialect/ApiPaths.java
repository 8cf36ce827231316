package io.runtape.dialect;

import io.runtape.path.PathTemplate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where agent APIs of a dialect are called, as the clients of these APIs know the paths: without the prefix that the
 * gateway may serve an agent API below. In the templates {@code {runId}} is the agent API's id of a run, and
 * {@code {threadId}} that of its thread.
 *
 * @param runs where calls begin runs
 * @param areOwn whether no agent API of another dialect is called at {@code runs}, so that the path alone tells the
 *     dialect
 * @param cancels where a {@code POST} cancels a run; the gateway itself calls the one below the path of the run's call, or
 *     else the first
 * @param resumes where a {@code GET} reads a run again
 */
public record ApiPaths(
        List<PathTemplate> runs,
        boolean areOwn,
        List<PathTemplate> cancels,
        Map<ResumeKind, List<PathTemplate>> resumes) {

    /** An API that may be called anywhere. */
    static final ApiPaths ANYWHERE = of(List.of());

    /** An API whose runs are usually called at these paths, and which has no other calls. */
    public static ApiPaths of(List<PathTemplate> runs) {
        return new ApiPaths(runs, false, List.of(), Map.of());
    }

    /** Whether a call to this path begins a run, as far as the path tells. */
    boolean beginRunAt(String path) {
        return runs.stream().anyMatch(template -> template.matches(path));
    }

    /**
     * The path that cancels a run, as the text of a template; empty if the agent API has no such call.
     *
     * @param called the path of the call that began the run
     */
    public Optional<String> cancel(String called) {
        return cancels.stream()
                .map(PathTemplate::text)
                .filter(template -> template.startsWith(called + '/'))
                .findFirst()
                .or(() -> cancels.stream().findFirst().map(PathTemplate::text));
    }

    /** What the path of a cancel says, by the names in braces; empty if it is another path. */
    Optional<Map<String, String>> cancelAt(String path) {
        return match(cancels, path);
    }

    /** The same for the path of a resume. */
    Optional<Map<String, String>> resumeAt(ResumeKind kind, String path) {
        return match(resumes.getOrDefault(kind, List.of()), path);
    }

    private static Optional<Map<String, String>> match(List<PathTemplate> templates, String path) {
        return templates.stream()
                .flatMap(template -> template.match(path).stream())
                .findFirst();
    }
}
