package io.runtape.history.thread;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.Cursor;
import io.runtape.history.ListSlice;
import io.runtape.history.WhereClause;
import io.runtape.run.AgentThread;
import io.runtape.run.RunStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.TypedQuery;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Queries over threads. Each query is a transaction of its own, so it sees what is committed at that time. All methods
 * block; safe for any thread.
 */
@ApplicationScoped
@Transactional
public class ThreadQueries implements PanacheRepositoryBase<AgentThread, AgentThread.Key> {

    // The joins and subqueries compare owner and thread, since H2 searches the index by these columns; it does not
    // search the index by a list of threads.

    private static final String LATEST = " order by e.owner desc, e.updatedAt desc, e.id desc";

    private static final String WITH_RUNNING = """
            select t.id, count(r) from AgentThread t join Run r on r.owner = t.owner and r.threadId = t.id
            where t.owner = :owner and t.id in :threads and r.status = :running group by t.id""";

    private static final String RUNNING = """
            select t.id, r.runPk from AgentThread t join Run r on r.owner = t.owner and r.threadId = t.id
            where t.owner = :owner and t.id in :threads and r.status = :running and r.threadOrdinal is not null""";

    private static final String COUNTS = """
            select t.id,
                (select count(*) from Run r
                    where r.owner = t.owner and r.threadId = t.id and r.threadOrdinal is not null),
                (select sum(case when r.runPk in :running then 0 else r.eventCount end) from Run r
                    where r.owner = t.owner and r.threadId = t.id and r.threadOrdinal is not null),
                (select r.status from Run r
                    where r.owner = t.owner and r.threadId = t.id and r.threadOrdinal is not null
                    order by r.owner desc, r.threadId desc, r.threadOrdinal desc limit 1)
            from AgentThread t where t.owner = :owner and t.id in :threads""";

    /** A key that no run has: an empty list of keys is not valid SQL. */
    private static final long NO_RUN = -1;

    /**
     * The owner's thread of this id.
     *
     * @throws ApiException 404 if there is no such thread
     */
    public AgentThread require(Owner owner, String id) {
        return AgentThread.of(owner, id).orElseThrow(() -> ApiException.notFound("thread"));
    }

    /** The threads with the latest activity, from a position on. */
    ListSlice<AgentThread> latest(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit) {
        WhereClause conditions = latest(owner, filter, after);
        return ListSlice.of(
                find("from AgentThread e where " + conditions.hql() + LATEST, conditions.parameters())
                        .page(0, limit + 1)
                        .list(),
                limit);
    }

    /** The places of the threads with the latest activity, from a position on: those that {@link #latest} lists. */
    List<StreamPosition> places(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit) {
        WhereClause conditions = latest(owner, filter, after);
        return find(
                        "select e.updatedAt, e.id from AgentThread e where " + conditions.hql() + LATEST,
                        conditions.parameters())
                .page(0, limit)
                .project(StreamPosition.class)
                .list();
    }

    /** A thread's title, and its place in the list. */
    @RegisterForReflection
    record Titled(Instant updatedAt, String id, @Nullable String title) {

        StreamPosition place() {
            return new StreamPosition(updatedAt, id);
        }
    }

    /** The titles of the threads with the latest activity, from a position on: of those that {@link #latest} lists. */
    List<Titled> titles(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit) {
        WhereClause conditions = latest(owner, filter, after);
        return find(
                        "select e.updatedAt, e.id, e.title from AgentThread e where " + conditions.hql() + LATEST,
                        conditions.parameters())
                .page(0, limit)
                .project(Titled.class)
                .list();
    }

    /** The owner's threads of these ids that are still there. */
    List<AgentThread> these(Owner owner, List<String> ids) {
        return ids.isEmpty() ? List.of() : list("owner = ?1 and id in ?2", owner.id(), ids);
    }

    /** How many of these threads have a run that goes on. */
    long running(Owner owner, List<StreamPosition> places) {
        return ask(
                        getEntityManager()
                                .createQuery(WITH_RUNNING, Object[].class)
                                .setParameter("running", RunStatus.RUNNING.label()),
                        owner,
                        places.stream().map(StreamPosition::id).toList())
                .size();
    }

    private static WhereClause latest(Owner owner, ThreadFilter filter, Optional<StreamPosition> after) {
        return latest(WhereClause.of(owner), filter, after);
    }

    private static WhereClause latest(WhereClause conditions, ThreadFilter filter, Optional<StreamPosition> after) {
        conditions
                // Repeats the condition of the partial index.
                .and("e.lastOrdinal > 0", Map.of())
                .and("e.agent in :agents", "agents", filter.common().anyAgent())
                .and("e.archived = :archived", "archived", filter.archived())
                .and("e.updatedAt >= :since", "since", filter.common().since())
                .and("e.updatedAt < :until", Map.of("until", filter.common().end()));
        after.ifPresent(position -> conditions.and(
                "e.updatedAt <= :at and (e.updatedAt < :at or e.id < :id)",
                Map.of("at", position.updatedAt(), "id", position.id())));
        return conditions;
    }

    /** The totals over the runs of each thread; deleted threads are absent. */
    Map<String, Counts> counts(Owner owner, List<String> threads) {
        if (threads.isEmpty()) {
            return Map.of();
        }
        EntityManager entities = getEntityManager();
        Map<String, List<Long>> running = new HashMap<>();
        Set<Long> allRunning = new HashSet<>(Set.of(NO_RUN));
        for (Object[] row : ask(
                entities.createQuery(RUNNING, Object[].class).setParameter("running", RunStatus.RUNNING.label()),
                owner,
                threads)) {
            running.computeIfAbsent((String) row[0], id -> new ArrayList<>()).add((Long) row[1]);
            allRunning.add((Long) row[1]);
        }
        Map<String, Counts> counts = new HashMap<>();
        for (Object[] row :
                ask(entities.createQuery(COUNTS, Object[].class).setParameter("running", allRunning), owner, threads)) {
            String id = (String) row[0];
            counts.put(
                    id,
                    new Counts(
                            ((Number) row[1]).longValue(),
                            row[2] == null ? 0 : ((Number) row[2]).longValue(),
                            running.getOrDefault(id, List.of()),
                            (String) row[3]));
        }
        return counts;
    }

    private static List<Object[]> ask(TypedQuery<Object[]> query, Owner owner, List<String> threads) {
        return query.setParameter("owner", owner.id())
                .setParameter("threads", threads)
                .getResultList();
    }

    /**
     * The totals over the runs of a thread.
     *
     * @param runs how many runs the thread has
     * @param events the number of events in runs that have ended
     * @param running the keys of the runs that have not ended
     * @param lastStatus the status of the last run
     */
    record Counts(
            long runs,
            long events,
            List<Long> running,
            @Nullable String lastStatus) {

        static final Counts NONE = new Counts(0, 0, List.of(), null);
    }

    /** A position in the list of the threads with the latest activity. */
    @RegisterForReflection
    record StreamPosition(Instant updatedAt, String id) {

        static StreamPosition of(AgentThread thread) {
            return new StreamPosition(thread.updatedAt, thread.id);
        }

        static StreamPosition of(Cursor cursor) {
            return new StreamPosition(cursor.time(0), cursor.text(1));
        }

        String cursor(String listing) {
            return Cursor.write(listing, updatedAt, id);
        }
    }
}
