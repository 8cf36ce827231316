package io.runtape.stats;

import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.RequestId;
import io.runtape.history.ListFilter;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.runtape.server.response.Responses;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Sums over the caller's runs (docs/reference/http-api.md, "Stats"). */
@Path("/history/v1")
@Tag(name = "Runs")
public final class StatsResource {

    /** The longest time by the hour, and how much of it there is where {@code since} is left out. */
    private static final Duration BY_THE_HOUR_MAX = Duration.ofDays(31);

    private static final Duration BY_THE_HOUR = Duration.ofDays(7);

    /** More would make more groups than anybody reads. */
    private static final int GROUPINGS_MAX = 3;

    private static final int HOUR_SECONDS = 3600;

    private final CallerAuthentication callers;
    private final StatsQueries stats;
    private final MemoryBudgets memory;

    StatsResource(CallerAuthentication callers, StatsQueries stats, MemoryBudgets memory) {
        this.callers = callers;
        this.stats = stats;
        this.memory = memory;
    }

    /** Sums over the caller's runs that have ended. */
    @GET
    @Path("/stats")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "getStats", summary = "Sum up runs", description = """
                    Counts, tokens, durations and times to the first event of the runs that have ended, each within a second of its \
                    end, and that are not deleted. `groupBy` may be given up to three times; without it there is one group. `since` \
                    and `until` are about the beginning of a run, and taken to whole hours around them; by the hour, they are at \
                    most 31 days apart, and `since` is 7 days before `until` where it is left out. With `groupBy=tool` a run \
                    counts for each tool that it called.""")
    @APIResponse(responseCode = "200", description = "The sums.")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    public RestResponse<StatsAnswer> get(@BeanParam StatsParameters asked, @Context RoutingContext context)
            throws SQLException {
        Responses.requireJson(context);
        Owner owner = callers.readerOf(context.request());
        asked.common().refuseForeign();
        if (asked.groupBy().size() > GROUPINGS_MAX) {
            throw ApiException.invalid("groupBy may be given " + GROUPINGS_MAX + " times at the most.");
        }
        Optional<Instant> since = since(asked);
        StatsQueries.Hours hours = new StatsQueries.Hours(
                since.map(SumRows::hour).orElse(0),
                asked.common().until().map(StatsResource::hourAfter).orElse(Integer.MAX_VALUE));
        List<StatsGroup> groups = new ArrayList<>();
        stats.of(owner, asked, hours, ResponseBudget.of(context, memory)).forEach((key, totals) -> {
            Map<String, @Nullable String> group = new LinkedHashMap<>();
            for (int i = 0; i < key.size(); i++) {
                group.put(asked.groupBy().get(i).label(), key.get(i));
            }
            groups.add(totals.as(group));
        });
        groups.sort(order(asked));
        return Responses.ok(new StatsAnswer(
                groups,
                new StatsAnswer.Meta(
                        since.map(time -> beginning(SumRows.hour(time))).orElse(null),
                        asked.common().until().map(StatsResource::end).orElse(null),
                        RequestId.of(context))));
    }

    private static Optional<Instant> since(StatsParameters asked) {
        Optional<Instant> since = asked.common().since();
        if (asked.groupBy().contains(GroupBy.HOUR)) {
            Instant until = asked.common().until().orElseGet(Instant::now);
            if (since.isEmpty()) {
                return Optional.of(until.minus(BY_THE_HOUR));
            }
            // Whole hours: where both are told from now, each is from a now of its own.
            if (hourAfter(until) - SumRows.hour(since.get()) > BY_THE_HOUR_MAX.toHours() + 1) {
                throw ApiException.invalid("groupBy=hour takes since and until that are at most "
                        + BY_THE_HOUR_MAX.toDays() + " days apart; a longer time is for groupBy=day.");
            }
        }
        return since;
    }

    private static int hourAfter(Instant time) {
        return SumRows.hour(time.plusSeconds(HOUR_SECONDS).minusNanos(1));
    }

    /** The end of that hour; that of the last one has a year of five digits, which no timestamp has. */
    private static Instant end(Instant time) {
        Instant end = beginning(hourAfter(time));
        return end.isAfter(ListFilter.LATEST) ? ListFilter.LATEST : end;
    }

    private static Instant beginning(int hour) {
        return Instant.ofEpochSecond((long) hour * HOUR_SECONDS);
    }

    private static Comparator<StatsGroup> order(StatsParameters asked) {
        Comparator<StatsGroup> most = Comparator.comparingLong(StatsGroup::runs).reversed();
        Comparator<StatsGroup> byName =
                most.thenComparing(group -> group.group().toString());
        return Stream.of(GroupBy.HOUR, GroupBy.DAY)
                .filter(asked.groupBy()::contains)
                .findFirst()
                .map(by -> Comparator.<StatsGroup, String>comparing(
                                group -> String.valueOf(group.group().get(by.label())))
                        .thenComparing(byName))
                .orElse(byName);
    }
}
