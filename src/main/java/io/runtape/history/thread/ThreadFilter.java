package io.runtape.history.thread;

import io.runtape.error.ApiException;
import io.runtape.history.QueryParameters;
import io.runtape.history.run.RunFilter;
import java.time.Instant;
import java.util.Optional;

/**
 * Which threads of the caller to list.
 *
 * @param agent the agent's name
 * @param archived whether they are archived
 * @param since the earliest last activity
 * @param until the last activity that is too late; never absent, since H2 searches an index by what the query bounds
 */
record ThreadFilter(Optional<String> agent, Optional<Boolean> archived, Optional<Instant> since, Instant until) {

    /**
     * Reads the filter.
     *
     * @throws ApiException 400 where a value is not allowed; 403 where it takes a role
     */
    static ThreadFilter of(QueryParameters query) {
        RunFilter.refuseForeign(query);
        return new ThreadFilter(
                query.text("agent"),
                query.flag("archived"),
                query.time("since"),
                query.time("until").orElse(QueryParameters.LATEST));
    }
}
