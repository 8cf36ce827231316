package io.runtape.history.run;

import io.runtape.history.ListFilter;
import io.runtape.run.RunStatus;
import jakarta.ws.rs.BeanParam;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The runs of the caller to list.
 *
 * @param common the agent, and the time range in which the runs began
 * @param status the status
 * @param threadId the thread
 */
public record RunFilter(
        @BeanParam ListFilter common,

        @RestQuery("status")
        @Parameter(
                description = "Only those of this status.",
                schema =
                        @Schema(
                                type = SchemaType.STRING,
                                enumeration = {"running", "completed", "failed", "cancelled"}))
        Optional<RunStatus> status,

        @RestQuery("threadId") @Parameter(description = "Only those of this thread.", example = "thr_abc123")
        Optional<String> threadId) {}
