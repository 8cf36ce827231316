package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.facet.RunCriteria;
import io.runtape.facet.Trait.Kind;
import io.runtape.history.ListFilter;
import io.runtape.run.RunStatus;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;

/**
 * The runs that a caller selects.
 *
 * @param filter the filters that have names of their own
 * @param criteria all of the filters
 */
public record RunSelection(RunFilter filter, RunCriteria criteria) {

    /** Leads the name of each parameter that filters by metadata. */
    private static final String METADATA = "metadata.";

    /** Each is a look-up of its own for each run. */
    private static final int METADATA_MAX = 10;

    /**
     * Reads the filters of a request.
     *
     * @throws ApiException 403 if the caller asks for the runs of other owners; 400 for too many filters on metadata
     */
    public static RunSelection of(Owner owner, RunFilter filter, RoutingContext context) {
        filter.common().refuseForeign();
        RunCriteria criteria = new RunCriteria(owner)
                .created(filter.common().since(), filter.common().end())
                .completed(filter.completedSince(), filter.completedUntil())
                .duration(filter.minDurationMs(), filter.maxDurationMs())
                .anyOf(
                        Kind.STATUS,
                        filter.statuses().stream().map(RunStatus::label).toList())
                .anyOf(Kind.AGENT, filter.common().agents())
                .with(Kind.THREAD, filter.threadId())
                .with(Kind.MODEL, stored(filter.model()))
                .with(Kind.UPSTREAM, filter.upstream())
                .with(Kind.TOOL, stored(filter.tool()))
                .with(Kind.ERROR, filter.errorCode());
        int conditions = 0;
        // One by one: the map takes names for the same that differ by case alone.
        for (Map.Entry<String, String> each : context.queryParams()) {
            if (each.getKey().startsWith(METADATA)) {
                conditions++;
                criteria.withMetadata(each.getKey().substring(METADATA.length()), each.getValue());
            }
        }
        if (conditions > METADATA_MAX) {
            throw ApiException.invalid("A list takes " + METADATA_MAX + " filters on metadata at the most.");
        }
        return new RunSelection(filter, criteria);
    }

    private static Optional<String> stored(Optional<String> name) {
        return name.map(ListFilter::stored);
    }

    Owner owner() {
        return criteria.owner();
    }
}
