package io.runtape.history.thread;

import io.runtape.history.ListFilter;
import jakarta.ws.rs.BeanParam;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Which threads of the caller to list.
 *
 * @param common the agent, and when something last happened in them
 * @param archived whether they are archived
 */
record ThreadFilter(
        @BeanParam ListFilter common,

        @RestQuery("archived") @Parameter(description = "Only those that are archived, or only those that are not.")
        Optional<Boolean> archived) {}
