package io.runtape.history;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The page of a listing that a caller asks for.
 *
 * @param limit the most items on the page
 * @param cursor the word for the end of an earlier page
 */
public record PageParameters(
        @RestQuery("limit")
        @DefaultValue("50")
        @Min(value = 1, message = "must be a whole number from 1 to 500.")
        @Max(500)
        @Parameter(description = "How many items a page has at the most. A page of large items ends earlier.")
        int limit,

        @RestQuery("cursor") @Parameter(description = "`meta.nextCursor` of the page before, with the same filters.")
        Optional<String> cursor) {

    /**
     * The end of an earlier page of this listing; empty if the caller asks for the first page.
     *
     * @param listing names the listing, with the name that {@link Cursor#write} got
     * @param fields how many values the listing's order has
     * @throws io.runtape.error.ApiException 400 if another listing made the cursor
     */
    public Optional<Cursor> cursor(String listing, int fields) {
        return cursor.map(word -> Cursor.read(word, listing, fields));
    }
}
