package io.runtape.history.thread;

import io.runtape.history.ListFilter;
import jakarta.ws.rs.BeanParam;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The threads of the caller to list.
 *
 * @param common the agent, and the time range of the last activity
 * @param archived whether the threads are archived
 */
record ThreadFilter(
        @BeanParam ListFilter common,

        @RestQuery("archived") @Parameter(description = "Only those that are archived, or only those that are not.")
        Optional<Boolean> archived) {

    /** Whether it takes a thread with this agent. */
    boolean has(@Nullable String agent, boolean isArchived) {
        boolean ofAgent =
                common.anyAgent().map(agents -> agents.contains(agent)).orElse(true);
        return ofAgent && archived.orElse(isArchived) == isArchived;
    }
}
