package io.runtape.history.event;

import io.runtape.error.ApiException;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.QueryParameters;
import java.util.List;

/**
 * What a caller asks of frames, as a page of them or as lines.
 *
 * @param filter which ones
 * @param after the position to begin after; in descending order, to end after
 * @param descending whether the last comes first
 */
record EventRequest(EventFilter filter, long after, boolean descending) {

    static EventRequest ofPage(QueryParameters query) {
        boolean descending =
                query.oneOf("order", List.of("asc", "desc")).map("desc"::equals).orElse(false);
        return new EventRequest(EventFilter.of(query), query.after(), descending);
    }

    /** @throws ApiException 400 where a parameter belongs to a page */
    static EventRequest ofLines(QueryParameters query) {
        NdjsonResponses.requireNone(query, "events", "limit", "cursor", "order");
        return new EventRequest(EventFilter.of(query), query.after(), false);
    }

    EventRange span() {
        return new EventRange(after, Long.MAX_VALUE, descending);
    }

    /** Names the listing, for its cursors. */
    String listing(String of) {
        return "events " + (descending ? "desc " : "asc ") + of;
    }

    /** What is left of the listing where a cursor is given. */
    EventRange span(QueryParameters query, String listing) {
        return query.cursor(listing, 1)
                .map(cursor -> span().beyond(cursor.number(0)))
                .orElseGet(this::span);
    }
}
