package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.Conditions;
import io.runtape.history.Cursor;
import io.runtape.history.ListSlice;
import io.runtape.run.Run;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Queries over runs. Each is a transaction of its own and so sees what is committed when it is asked, never what an earlier
 * one left in a session. They block; safe for any thread.
 */
@ApplicationScoped
@Transactional
public class RunQueries {

    /**
     * How much of a listing to read.
     *
     * @param runs how many runs at the most
     * @param bytes it ends with the run that reaches this many bytes of text: prompts and results may be megabytes long
     */
    public record Bounds(int runs, long bytes) {

        private static final long PAGE_BYTES = 4 << 20;

        public static Bounds ofPage(int limit) {
            return new Bounds(limit, PAGE_BYTES);
        }
    }

    private static final String KEYS = """
            select e.runPk, coalesce(octet_length(e.prompt), 0) + coalesce(octet_length(e.result), 0)
                + octet_length(e.metadata) + octet_length(e.config)
                + coalesce(octet_length(e.usage), 0) + coalesce(octet_length(e.error), 0)
            from Run e where\s""";

    /**
     * The owner's run of that id, here or at the agent API.
     *
     * @throws ApiException 404 where there is none
     */
    public Run require(Owner owner, String id) {
        return (isPossible(id) ? Run.of(owner, id) : Optional.<Run>empty())
                .orElseThrow(() -> ApiException.notFound("run"));
    }

    /** A text with U+0000 names nothing, and PostgreSQL refuses to be asked for it. */
    public static boolean isPossible(String id) {
        return id.indexOf('\0') < 0;
    }

    /** The run's row as it is now. */
    Optional<Run> byKey(long runPk) {
        return Run.findByIdOptional(runPk);
    }

    /** The newest runs, from a position on. */
    ListSlice<Run> newest(Owner owner, RunFilter filter, Optional<Position> after, Bounds bounds, LongConsumer room) {
        Conditions conditions = Conditions.of(owner)
                // Says what the index is limited to.
                .and("e.runPk > 0", Map.of())
                .and("e.agent = :agent", "agent", filter.agent())
                .and("e.status = :status", "status", filter.status())
                .and("e.threadId = :thread", "thread", filter.threadId())
                .and("e.createdAt >= :since", "since", filter.since())
                .and("e.createdAt < :until", Map.of("until", filter.until()));
        after.ifPresent(position -> conditions.and(
                // The first half is what the index is searched by.
                "e.createdAt <= :at and (e.createdAt < :at or e.runPk < :pk)",
                Map.of("at", position.createdAt(), "pk", position.runPk())));
        return slice(conditions, "e.owner desc, e.createdAt desc, e.runPk desc", bounds, room);
    }

    /** The runs of a thread in their order, after a place in it and up to another one. */
    public ListSlice<Run> ofThread(
            Owner owner, String threadId, long afterOrdinal, long upToOrdinal, Bounds bounds, LongConsumer room) {
        Conditions conditions = Conditions.of(owner)
                .and("e.threadId = :thread", Map.of("thread", threadId))
                .and("e.threadOrdinal > :after", Map.of("after", afterOrdinal))
                .and("e.threadOrdinal <= :upTo", Map.of("upTo", upToOrdinal));
        return slice(conditions, "e.owner, e.threadId, e.threadOrdinal", bounds, room);
    }

    /**
     * @param order all columns of the index from its first, or H2 sorts all that there is for each page
     * @param room is told how many bytes will be read, and may wait, or throw, until there is room for them
     */
    private static ListSlice<Run> slice(Conditions conditions, String order, Bounds bounds, LongConsumer room) {
        List<Object[]> keys = conditions
                .bind(Run.getEntityManager()
                        .createQuery(KEYS + conditions.hql() + " order by " + order, Object[].class))
                .setMaxResults(bounds.runs() + 1)
                .getResultList();
        int taken = 0;
        long bytes = 0;
        while (taken < Math.min(bounds.runs(), keys.size()) && bytes < bounds.bytes()) {
            bytes += ((Number) keys.get(taken)[1]).longValue();
            taken++;
        }
        room.accept(bytes);
        List<Long> pks =
                keys.subList(0, taken).stream().map(key -> (Long) key[0]).toList();
        List<Run> runs = pks.isEmpty()
                ? List.of()
                : Run.<Run>find("from Run e where e.runPk in ?1 order by " + order, pks)
                        .list();
        return new ListSlice<>(runs, taken < keys.size());
    }

    /** A place in the list of the newest runs. */
    record Position(Instant createdAt, long runPk) {

        static Position of(Run run) {
            return new Position(run.createdAt, run.runPk);
        }

        static Position of(Cursor cursor) {
            return new Position(cursor.time(0), cursor.number(1));
        }

        String cursor(String listing) {
            return Cursor.write(listing, createdAt, runPk);
        }
    }
}
