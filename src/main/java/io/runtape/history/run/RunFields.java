package io.runtape.history.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.error.ApiException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The members of a run that a caller wants in a list.
 *
 * @param fields their names, with commas between them; empty for all
 */
public record RunFields(
        @RestQuery("fields")
        @Parameter(
                description =
                        "Members of a run, with commas between them: each run has these alone, in the usual order.",
                example = "id,status,durationMs")
        Optional<String> fields) {

    /** The members of {@link RunView}, in their order. */
    static final List<String> ALL = List.of(
            "id",
            "threadId",
            "agent",
            "path",
            "status",
            "reason",
            "stream",
            "prompt",
            "metadata",
            "config",
            "result",
            "usage",
            "iterations",
            "error",
            "upstream",
            "model",
            "finishReason",
            "digest",
            "upstreamStatus",
            "upstreamRunId",
            "owner",
            "eventCount",
            "frameCount",
            "byteCount",
            "lastSequence",
            "createdAt",
            "firstEventAt",
            "completedAt",
            "framesExpiredAt",
            "durationMs",
            "timeToFirstEventMs",
            "highlight");

    /**
     * Leaves out what was not asked for.
     *
     * @return views, or JSON objects with some of their members: what a response writes as runs
     * @throws ApiException 400 if there is no such member
     */
    List<RunView> thinned(List<RunView> runs, ObjectMapper json) {
        Set<String> wanted = wanted();
        if (wanted.isEmpty()) {
            return runs;
        }
        List<ObjectNode> thin = runs.stream()
                .map(run -> json.<ObjectNode>valueToTree(run).retain(wanted))
                .toList();
        return asRuns(thin);
    }

    /** The members that are asked for; empty for all. */
    Set<String> wanted() {
        Set<String> wanted = new LinkedHashSet<>();
        fields.ifPresent(
                text -> Arrays.stream(text.split(",", -1)).map(String::strip).forEach(wanted::add));
        for (String name : wanted) {
            if (!ALL.contains(name)) {
                throw ApiException.invalid(
                        "fields must name members of a run, with commas between them: " + String.join(", ", ALL) + ".");
            }
        }
        return wanted;
    }

    @SuppressWarnings("unchecked") // They are only written, each by its own type.
    private static List<RunView> asRuns(List<ObjectNode> thin) {
        return (List<RunView>) (List<?>) thin;
    }
}
