package io.runtape.history.run;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.filter.FilteringGeneratorDelegate;
import com.fasterxml.jackson.core.filter.TokenFilter;
import com.fasterxml.jackson.core.filter.TokenFilter.Inclusion;
import com.fasterxml.jackson.databind.JsonSerializable;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import io.runtape.error.ApiException;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The members of a run that a caller wants in a list.
 *
 * @param fields their names, with commas between them; empty for all
 */
public record RunFields(
        @RestQuery("fields")
        @Parameter(
                description =
                        "Members of a run, with commas between them: each run has these alone, in the usual order, and lacks all others,"
                                + " also those that are required of a run.",
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
     * @return views, or what writes some of their members: what a response writes as runs
     * @throws ApiException 400 if there is no such member
     */
    List<RunView> thinned(List<RunView> runs) {
        Set<String> wanted = wanted();
        return wanted.isEmpty()
                ? runs
                : asRuns(runs.stream().map(run -> new ThinRun(run, wanted)).toList());
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
    private static List<RunView> asRuns(List<ThinRun> thin) {
        return (List<RunView>) (List<?>) thin;
    }

    /**
     * Writes some members of a run, each as all of them are written. A tree of the run would take memory for each number in it,
     * and make another one of it.
     */
    private record ThinRun(RunView run, Set<String> members) implements JsonSerializable {

        @Override
        public void serialize(JsonGenerator to, SerializerProvider serializers) throws IOException {
            serializers.defaultSerializeValue(
                    run, new FilteringGeneratorDelegate(to, new Members(members), Inclusion.INCLUDE_NON_NULL, true));
        }

        @Override
        public void serializeWithType(JsonGenerator to, SerializerProvider serializers, TypeSerializer type)
                throws IOException {
            serialize(to, serializers);
        }
    }

    /** Lets the members of these names pass, with all that is in them. */
    private static final class Members extends TokenFilter {

        private final Set<String> names;

        Members(Set<String> names) {
            this.names = names;
        }

        @Override
        public @Nullable TokenFilter includeProperty(String name) {
            return names.contains(name) ? INCLUDE_ALL : null;
        }
    }
}
