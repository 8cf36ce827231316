package io.runtape.history;

import io.runtape.error.ApiException;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.constraints.Min;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * What the caller of a deletion by filter says besides the filter: one of the two.
 *
 * @param dryRun whether the caller only asks how many there are
 * @param expect how many the caller has been told that there are
 */
public record DeletionParameters(
        @RestQuery("dryRun")
        @Parameter(
                description = "`true` deletes nothing, and answers how many would be deleted.",
                schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
        Optional<Boolean> dryRun,

        @RestQuery("expect")
        @Min(value = 0, message = "must be a count: a whole number from 0 on.")
        @Parameter(
                description =
                        "How many there are, as `dryRun=true` has answered. Nothing is deleted if it is another number.",
                example = "12")
        Optional<Long> expect) {

    /** Parameters that select nothing: these, and those that only say whose history it is and in which order. */
    private static final Set<String> NO_FILTERS = Set.of("dryRun", "expect", "all", "owner", "sort", "order", "fields");

    /** Whether nothing is to be deleted. */
    boolean isDry() {
        return dryRun.orElse(false);
    }

    /**
     * Checks what was asked.
     *
     * @param what what is deleted, such as {@code runs}
     * @throws ApiException 400 if there is no filter, or not one of the two
     */
    public void check(String what, RoutingContext context) {
        if (NO_FILTERS.containsAll(context.queryParams().names())) {
            throw ApiException.invalid("A deletion of " + what
                    + " needs a filter, such as agent or until: without one it would delete all of them.");
        }
        if (isDry() == expect.isPresent()) {
            throw ApiException.invalid("A deletion of " + what
                    + " takes dryRun=true, which answers their count, or expect with that count, which deletes them.");
        }
    }
}
