package io.runtape.history.run;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.Cursor;
import io.runtape.history.ListSlice;
import io.runtape.history.WhereClause;
import io.runtape.run.Run;
import io.runtape.run.RunStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Queries over runs. Each query is a transaction of its own. So it sees what is committed at that time, and never what
 * an earlier query left in a session. All methods block; safe for any thread.
 */
@ApplicationScoped
@Transactional
public class RunQueries implements PanacheRepositoryBase<Run, Long> {

    /**
     * How much of a listing to read.
     *
     * @param runs the most runs
     * @param bytes the read ends with the run that reaches this many bytes of text, since prompts and results may be
     *     megabytes long
     */
    public record Bounds(int runs, long bytes) {

        private static final long PAGE_BYTES = 4 << 20;

        /** The bounds of a page with at most this many runs. */
        public static Bounds ofPage(int limit) {
            return new Bounds(limit, PAGE_BYTES);
        }
    }

    private static final String NEWEST = "e.owner desc, e.createdAt desc, e.runPk desc";

    private static final String SIZES = """
            select e.runPk, coalesce(octet_length(e.prompt), 0) + coalesce(octet_length(e.result), 0)
                + octet_length(e.metadata) + octet_length(e.config)
                + coalesce(octet_length(e.usage), 0) + coalesce(octet_length(e.error), 0)
            from Run e where\s""";

    /**
     * The size of a run.
     *
     * @param runPk its key
     * @param bytes how many bytes its texts have
     */
    @RegisterForReflection
    record Size(Long runPk, Number bytes) {}

    /**
     * The owner's run of this id, Runtape's or the agent API's.
     *
     * @throws ApiException 404 if there is no such run
     */
    public Run require(Owner owner, String id) {
        return Run.of(owner, id).orElseThrow(() -> ApiException.notFound("run"));
    }

    /** The newest runs, from a position on. */
    ListSlice<Run> newest(
            Owner owner, RunFilter filter, Optional<StreamPosition> after, Bounds bounds, LongConsumer room) {
        return slice(newest(owner, filter, after), NEWEST, bounds, room);
    }

    /** The places of the newest runs, from a position on: those that {@link #newest} lists. */
    List<StreamPosition> places(Owner owner, RunFilter filter, Optional<StreamPosition> after, int limit) {
        WhereClause conditions = newest(owner, filter, after);
        return find(
                        "select e.createdAt, e.runPk from Run e where " + conditions.hql() + " order by " + NEWEST,
                        conditions.parameters())
                .page(0, limit)
                .project(StreamPosition.class)
                .list();
    }

    /** The places of those of these runs that the filter selects, the newest first. */
    List<StreamPosition> places(Owner owner, RunFilter filter, List<Long> pks) {
        WhereClause conditions = newest(owner, filter, Optional.empty()).and("e.runPk in :pks", Map.of("pks", pks));
        return find(
                        "select e.createdAt, e.runPk from Run e where " + conditions.hql()
                                + " order by e.createdAt desc, e.runPk desc",
                        conditions.parameters())
                .project(StreamPosition.class)
                .list();
    }

    /** These runs, the newest first. */
    ListSlice<Run> these(Owner owner, List<Long> pks, Bounds bounds, LongConsumer room) {
        return pks.isEmpty()
                ? new ListSlice<>(List.of(), false)
                : slice(WhereClause.of(owner).and("e.runPk in :pks", Map.of("pks", pks)), NEWEST, bounds, room);
    }

    /** How many of these runs have not ended, as their rows say. */
    long running(List<StreamPosition> places) {
        return count(
                "from Run e where e.runPk in ?1 and e.status = ?2",
                places.stream().map(StreamPosition::runPk).toList(),
                RunStatus.RUNNING.label());
    }

    private static WhereClause newest(Owner owner, RunFilter filter, Optional<StreamPosition> after) {
        WhereClause conditions = WhereClause.of(owner)
                // Repeats the condition of the partial index.
                .and("e.runPk > 0", Map.of())
                .and("e.agent = :agent", "agent", filter.common().agent())
                .and("e.status = :status", "status", filter.status().map(RunStatus::label))
                .and("e.threadId = :thread", "thread", filter.threadId())
                .and("e.createdAt >= :since", "since", filter.common().since())
                .and("e.createdAt < :until", Map.of("until", filter.common().end()));
        after.ifPresent(position -> conditions.and(
                // The database searches the index by the first half.
                "e.createdAt <= :at and (e.createdAt < :at or e.runPk < :pk)",
                Map.of("at", position.createdAt(), "pk", position.runPk())));
        return conditions;
    }

    /** The runs of a thread in their order, between two places. */
    public ListSlice<Run> ofThread(
            Owner owner, String threadId, long afterOrdinal, long upToOrdinal, Bounds bounds, LongConsumer room) {
        WhereClause conditions = WhereClause.of(owner)
                .and("e.threadId = :thread", Map.of("thread", threadId))
                .and("e.threadOrdinal > :after", Map.of("after", afterOrdinal))
                .and("e.threadOrdinal <= :upTo", Map.of("upTo", upToOrdinal));
        return slice(conditions, "e.owner, e.threadId, e.threadOrdinal", bounds, room);
    }

    /**
     * @param order all columns of the index from its first one; otherwise H2 sorts all rows for each page
     * @param room takes how many bytes the read will bring; may wait until there is room for them, or throw
     */
    private ListSlice<Run> slice(WhereClause conditions, String order, Bounds bounds, LongConsumer room) {
        List<Size> sizes = find(SIZES + conditions.hql() + " order by " + order, conditions.parameters())
                .page(0, bounds.runs() + 1)
                .project(Size.class)
                .list();
        int taken = 0;
        long bytes = 0;
        while (taken < Math.min(bounds.runs(), sizes.size()) && bytes < bounds.bytes()) {
            bytes += sizes.get(taken).bytes().longValue();
            taken++;
        }
        room.accept(bytes);
        List<Long> pks = sizes.subList(0, taken).stream().map(Size::runPk).toList();
        List<Run> runs = pks.isEmpty() ? List.of() : list("from Run e where e.runPk in ?1 order by " + order, pks);
        return new ListSlice<>(runs, taken < sizes.size());
    }

    /** A position in the list of the newest runs. */
    @RegisterForReflection
    record StreamPosition(Instant createdAt, Long runPk) {

        static StreamPosition of(Run run) {
            return new StreamPosition(run.createdAt, run.runPk);
        }

        static StreamPosition of(Cursor cursor) {
            return new StreamPosition(cursor.time(0), cursor.number(1));
        }

        String cursor(String listing) {
            return Cursor.write(listing, createdAt, runPk);
        }
    }
}
