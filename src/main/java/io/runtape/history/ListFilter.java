package io.runtape.history;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Which runs or threads to list, as far as both have it.
 *
 * @param agent the agent's name
 * @param since the earliest time
 * @param until the time that is too late
 * @param all whether those of all owners are asked for
 * @param owner the owner whose are asked for
 */
public record ListFilter(
        @RestQuery("agent") @Parameter(description = "Only those of this agent.", example = "code-assistant")
        Optional<String> agent,

        @RestQuery("since")
        @Parameter(
                description =
                        "The earliest time, inclusive: ISO 8601, in UTC where it has no offset, or milliseconds since 1970.",
                schema = @Schema(type = SchemaType.STRING),
                example = "2026-01-01T00:00:00Z")
        Optional<Instant> since,

        @RestQuery("until")
        @Parameter(
                description = "The time that is too late, in the forms of `since`.",
                schema = @Schema(type = SchemaType.STRING),
                example = "1767312000000")
        Optional<Instant> until,

        @RestQuery("all")
        @Parameter(
                description =
                        "`true` asks for the history of all owners, for which there is no role yet: 403 `forbidden`.",
                schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
        Optional<Boolean> all,

        @RestQuery("owner")
        @Parameter(
                description =
                        "Asks for the history of another owner, for which there is no role yet, so that it is 403 `forbidden`.")
        Optional<String> owner) {

    /** The last moment that every database and every client can hold. */
    static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    /** The time that is too late; never absent, since H2 searches an index by what the query bounds. */
    public Instant end() {
        return until.orElse(LATEST);
    }

    /**
     * Other owners' history needs a role that callers do not have.
     *
     * @throws ApiException 403 where it is asked for
     */
    public void refuseForeign() {
        if (all.orElse(false) || owner.isPresent()) {
            throw ApiException.of(
                    ErrorCode.FORBIDDEN,
                    "The history of other owners is for the role admin, which the caller does not have.");
        }
    }
}
