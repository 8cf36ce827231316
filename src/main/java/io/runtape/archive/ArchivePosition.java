package io.runtape.archive;

import io.runtape.history.PageParameters;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Where an archive goes on.
 *
 * @param cursor the cursor of a run's last line
 */
record ArchivePosition(
        @RestQuery("cursor")
        @Parameter(
                description = "The `cursor` of a run's last line in an earlier archive: goes on behind that run. For"
                        + " `application/x-ndjson` only.")
        Optional<String> cursor) {

    /** The same as a page of the list of the runs, whose length does not count. */
    PageParameters page() {
        return new PageParameters(1, cursor);
    }
}
