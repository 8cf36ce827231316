package io.runtape.history;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.store.StorableText;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The part of a filter that lists of runs and lists of threads share.
 *
 * @param agents the names of the agents, of which one is enough; empty for all
 * @param since the earliest time
 * @param until the time before which entries must lie
 * @param all whether the caller asks for the entries of all owners
 * @param owner the owner whose entries the caller asks for
 */
public record ListFilter(
        @RestQuery("agent")
        @Parameter(
                description = "Only those of this agent. May be repeated: any of them.",
                example = "[\"code-assistant\"]")
        List<String> agents,

        @RestQuery("since")
        @Parameter(
                description =
                        "The earliest time, inclusive: ISO 8601, in UTC where it has no offset, milliseconds since 1970, or"
                                + " relative to now, such as `-24h`, in `s`, `m`, `h`, `d` or `w`.",
                schema = @Schema(type = SchemaType.STRING),
                example = "2026-01-01T00:00:00Z")
        Optional<Instant> since,

        @RestQuery("until")
        @Parameter(
                description = "Only entries before this time (exclusive), in the same forms as `since`.",
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

    /** The database stores names up to this length. */
    private static final int NAME_CHARS_MAX = 200;

    public ListFilter {
        agents = agents.stream().map(ListFilter::stored).distinct().toList();
    }

    /** A name as the database stores it. */
    public static String stored(String name) {
        return StorableText.of(name, NAME_CHARS_MAX);
    }

    /** The agents, of which one is enough; empty if any agent will do. */
    public Optional<List<String>> anyAgent() {
        return agents.isEmpty() ? Optional.empty() : Optional.of(agents);
    }

    /** The last moment that every database and every client can hold. */
    public static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    /**
     * The exclusive end of the time range. It is never absent, since H2 searches an index only by columns that the
     * query bounds.
     */
    public Instant end() {
        return until.orElse(LATEST);
    }

    /**
     * Refuses the history of other owners: it needs a role that callers do not have.
     *
     * @throws ApiException 403 if the caller asks for it
     */
    public void refuseForeign() {
        if (all.orElse(false) || owner.isPresent()) {
            throw ApiException.of(
                    ErrorCode.FORBIDDEN,
                    "The history of other owners is for the role admin, which the caller does not have.");
        }
    }
}
