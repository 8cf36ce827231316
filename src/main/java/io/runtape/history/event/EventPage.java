package io.runtape.history.event;

import io.runtape.history.PageParameters;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DefaultValue;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The page of frames to show.
 *
 * @param filter selects the frames
 * @param direction whether the first or the last frame comes first
 * @param page which page
 */
record EventPage(
        @BeanParam EventFilter filter,

        @RestQuery("order")
        @DefaultValue("asc")
        @Parameter(
                description = "Whether the first or the last comes first. For `application/json` only.",
                schema =
                        @Schema(
                                type = SchemaType.STRING,
                                enumeration = {"asc", "desc"}))
        Direction direction,

        @BeanParam PageParameters page) {

    /** The direction of a page. */
    enum Direction {
        /** The first frame comes first. */
        ASC,
        /** The last frame comes first. */
        DESC
    }

    private boolean descending() {
        return direction == Direction.DESC;
    }

    /** Names the listing for its cursors. */
    String listing(String of) {
        return "events " + (descending() ? "desc " : "asc ") + of;
    }

    /** The positions behind the page's cursor. */
    EventRange range(String listing) {
        EventRange whole = new EventRange(filter.after(), Long.MAX_VALUE, descending());
        return page.cursor(listing, 1)
                .map(cursor -> whole.beyond(cursor.number(0)))
                .orElse(whole);
    }
}
