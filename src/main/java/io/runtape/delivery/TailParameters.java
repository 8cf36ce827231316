package io.runtape.delivery;

import io.runtape.error.ApiException;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a tail, as they came: a ticket is judged before the others are, and {@code after} is not looked at
 * beside a {@code Last-Event-ID}. Every bad value is refused with what is allowed.
 *
 * @param lastEventIds the position where an EventSource comes back
 * @param after the position where the reader names it
 * @param verbatim whether the bytes are sent alone
 * @param ticket what the reader brings instead of a credential; null for an empty one too
 */
record TailParameters(
        @RestHeader("Last-Event-ID")
        @Parameter(
                description =
                        "The sequence to begin after, as an EventSource sends it. Wins over `after`. For `text/event-stream` only.",
                schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "0"))
        List<String> lastEventIds,

        @RestQuery @Parameter(hidden = true) @Nullable String after,

        @RestQuery
        @Parameter(
                description = "Sends the bytes alone, as they were. For `text/event-stream` only.",
                schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
        @Nullable
        String verbatim,

        @RestQuery @Parameter(description = """
                        `text/event-stream`: a ticket from `POST /history/v1/tickets` in the place of a credential. One that is not good for
                        these events, or whose time is over, answers 401.""") @Nullable String ticket) {

    static final String SNAPSHOT = "snapshot";

    /** Meant for pages of JSON; a stream that seemed to obey them would mislead. */
    private static final List<String> PAGE_ONLY = List.of("cursor", "include", "kind", "limit", "order", "type");

    /**
     * Checks what was sent besides the values.
     *
     * @throws ApiException 400 where a parameter is given that belongs to a page
     */
    void check(RoutingContext context) {
        for (String name : PAGE_ONLY) {
            if (context.queryParams().contains(name)) {
                throw ApiException.invalid("The parameter " + name + " does not apply to an event stream.");
            }
        }
    }

    /** The position that the reader names, {@code Last-Event-ID} before {@code after}; null where it names none. */
    @Nullable
    Long position() {
        return ReaderPosition.of(lastEventIds, after);
    }

    /**
     * Whether the reader begins with a snapshot: a client that comes back with the same URL names its position instead,
     * and then goes on there.
     *
     * @param from {@code snapshot}, or null
     * @throws ApiException 400 if {@code from} has another value, or stands beside {@code verbatim}
     */
    boolean isFromSnapshot(@Nullable String from) {
        if (from == null) {
            return false;
        }
        if (!from.equals(SNAPSHOT)) {
            throw ApiException.invalid("The parameter from must be " + SNAPSHOT + ".");
        }
        if (isVerbatim()) {
            throw ApiException.invalid("The parameter from does not go with verbatim=true, which sends no events.");
        }
        Long position = position();
        return position == null || position == 0;
    }

    /** Whether the bytes are sent alone, as they were. */
    boolean isVerbatim() {
        return Flag.read("verbatim", verbatim);
    }
}
