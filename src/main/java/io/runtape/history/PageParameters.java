package io.runtape.history;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Which page of a listing to answer.
 *
 * @param limit how many items it has at the most
 * @param cursor the word for where an earlier page ended
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
     * Where an earlier page of this listing ended; empty where the first is asked for.
     *
     * @param listing names the listing, as it was named to {@link Cursor#write}
     * @param fields how many values its order goes by
     * @throws io.runtape.error.ApiException 400 where the cursor was not made by this listing
     */
    public Optional<Cursor> cursor(String listing, int fields) {
        return cursor.map(word -> Cursor.read(word, listing, fields));
    }
}
