package io.runtape.stats;

import io.runtape.history.ListFilter;
import jakarta.ws.rs.BeanParam;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Which sums a caller asks for.
 *
 * @param common the agents, and the time range in which the runs began
 * @param groupBy what they are grouped by; empty for the sum of all
 * @param statuses the statuses, of which one is enough; empty for all
 * @param model the model that a run used
 * @param upstream the name of the agent API that it called
 * @param path the path that it called, as a run has it or as the sums do
 */
record StatsParameters(
        @BeanParam ListFilter common,

        @RestQuery("groupBy") @Parameter(ref = "GroupBy") List<GroupBy> groupBy,

        @RestQuery("status") @Parameter(ref = "EndStatus") List<EndedStatus> statuses,

        @RestQuery("model") @Parameter(description = "Only those that used this model.", example = "gpt-5-nano")
        Optional<String> model,

        @RestQuery("upstream")
        @Parameter(
                description = "Only those that called this agent API, by its name in the settings.",
                example = "default")
        Optional<String> upstream,

        @RestQuery("path")
        @Parameter(
                description =
                        "Only those that called this path. What names one thing in it counts as `{id}`, as `groupBy=path` shows it.",
                example = "/v1/run")
        Optional<String> path) {

    private static final List<EndedStatus> ENDED = List.of(EndedStatus.values());

    StatsParameters {
        groupBy = groupBy.stream().distinct().toList();
        statuses = statuses.stream().distinct().toList();
    }

    /** The labels that matter: only these must tell the sums apart that answer. */
    Set<Label> labels() {
        Set<Label> labels = EnumSet.noneOf(Label.class);
        groupBy.forEach(by -> by.groupedLabel().ifPresent(labels::add));
        for (Label label : Label.values()) {
            if (!names(label, path.stream().toList()).isEmpty()) {
                labels.add(label);
            }
        }
        return labels;
    }

    /**
     * All that runs with this label may have in common, where sums are by it alone, that are asked for; empty if the caller does not
     * name the label.
     *
     * @param paths the paths of which a run must have one, as the sums have them; empty for any
     */
    List<Labels> asked(Label label, Collection<String> paths) {
        List<Labels> asked = new ArrayList<>();
        for (String name : names(label, paths)) {
            for (EndedStatus status : statuses.isEmpty() ? ENDED : statuses) {
                asked.add(new Labels(status.label(), name, name, name, name, name).only(Set.of(label)));
            }
        }
        return asked;
    }

    /** The names of which a run must have one, as the sums have them; empty for any. */
    private Collection<String> names(Label label, Collection<String> paths) {
        return switch (label) {
            case AGENT -> common.agents();
            case MODEL -> model.map(ListFilter::stored).stream().toList();
            case PATH -> paths;
            case UPSTREAM -> upstream.stream().toList();
            case TOOL -> List.of();
        };
    }

    /**
     * Whether a sum is among those that are asked for.
     *
     * @param paths as for {@link #asked}
     */
    boolean select(Labels labels, Collection<String> paths) {
        Set<String> ends = new LinkedHashSet<>();
        statuses.forEach(status -> ends.add(status.label()));
        return (ends.isEmpty() || ends.contains(labels.status()))
                && (common.agents().isEmpty()
                        || labels.agent() != null && common.agents().contains(labels.agent()))
                && model.map(name -> ListFilter.stored(name).equals(labels.model()))
                        .orElse(true)
                && upstream.map(labels.upstream()::equals).orElse(true)
                && (paths.isEmpty() || paths.contains(labels.path()));
    }
}
