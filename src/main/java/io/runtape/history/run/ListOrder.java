package io.runtape.history.run;

import io.runtape.error.ApiException;
import io.runtape.facet.RunOrder;
import io.runtape.facet.RunOrder.By;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The order in which a caller wants a list of runs.
 *
 * @param sort what the runs are sorted by
 * @param direction which end comes first
 */
public record ListOrder(
        @RestQuery("sort")
        @Parameter(
                description = "What the runs are sorted by. Those for which it is not known come last.",
                schema =
                        @Schema(
                                type = SchemaType.STRING,
                                enumeration = {"createdAt", "durationMs", "totalTokens"},
                                defaultValue = "createdAt"))
        Optional<String> sort,

        @RestQuery("order")
        @Parameter(
                description = "Whether the largest, or newest, comes first.",
                schema =
                        @Schema(
                                type = SchemaType.STRING,
                                enumeration = {"asc", "desc"},
                                defaultValue = "desc"))
        Optional<String> direction) {

    private static final Map<String, By> SORTS = new LinkedHashMap<>();

    static {
        SORTS.put("createdAt", By.CREATED_AT);
        SORTS.put("durationMs", By.DURATION_MS);
        SORTS.put("totalTokens", By.TOTAL_TOKENS);
    }

    /**
     * The order that is asked for.
     *
     * @throws ApiException 400 if there is no such order
     */
    RunOrder order() {
        By by = SORTS.get(sort.orElse("createdAt"));
        if (by == null) {
            throw ApiException.invalid("sort must be one of: " + String.join(", ", SORTS.keySet()) + ".");
        }
        return switch (direction.orElse("desc")) {
            case "desc" -> new RunOrder(by, true);
            case "asc" -> new RunOrder(by, false);
            default -> throw ApiException.invalid("order must be one of: asc, desc.");
        };
    }

    /** @throws ApiException 400 if the newest are not to come first, as the hits of a search do */
    void requireNewestFirst() {
        if (!order().equals(RunOrder.NEWEST)) {
            throw ApiException.invalid("With q the newest come first: sort and order do not go with it.");
        }
    }
}
