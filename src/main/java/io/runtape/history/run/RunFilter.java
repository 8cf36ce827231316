package io.runtape.history.run;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.QueryParameters;
import io.runtape.run.RunStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which runs of the caller to list.
 *
 * @param agent the agent's name
 * @param status the status
 * @param threadId the thread
 * @param since the earliest beginning
 * @param until the beginning that is too late; never absent, since H2 searches an index by what the query bounds
 */
public record RunFilter(
        Optional<String> agent,
        Optional<String> status,
        Optional<String> threadId,
        Optional<Instant> since,
        Instant until) {

    private static final List<String> STATUSES =
            Stream.of(RunStatus.values()).map(RunStatus::label).toList();

    /**
     * Reads the filter.
     *
     * @throws ApiException 400 where a value is not allowed; 403 where it takes a role
     */
    static RunFilter of(QueryParameters query) {
        refuseForeign(query);
        return new RunFilter(
                query.text("agent"),
                query.oneOf("status", STATUSES),
                query.text("threadId"),
                query.time("since"),
                query.time("until").orElse(QueryParameters.LATEST));
    }

    /** Other owners' history needs a role that callers do not have. */
    public static void refuseForeign(QueryParameters query) {
        if (query.flag("all").orElse(false) || query.has("owner")) {
            throw ApiException.of(
                    ErrorCode.FORBIDDEN,
                    "The history of other owners is for the role admin, which the caller does not have.");
        }
    }
}
