package io.runtape.history.thread;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
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
 * Queries over threads. Each is a transaction of its own and so sees what is committed when it is asked. They block; safe for
 * any thread.
 */
@ApplicationScoped
@Transactional
public class ThreadQueries implements PanacheRepositoryBase<AgentThread, AgentThread.Key> {

    // The joins and subqueries go by owner and thread, which is what H2 searches the index by; a list of threads it
    // does not.

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

    /** A key that no run has: an empty list of keys is no valid SQL. */
    private static final long NO_RUN = -1;

    /**
     * The owner's thread of that id.
     *
     * @throws ApiException 404 where there is none
     */
    public AgentThread require(Owner owner, String id) {
        return AgentThread.of(owner, id).orElseThrow(() -> ApiException.notFound("thread"));
    }

    /** The threads that moved last, from a position on. */
    ListSlice<AgentThread> latest(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit) {
        WhereClause conditions = WhereClause.of(owner)
                // Says what the index is limited to.
                .and("e.lastOrdinal > 0", Map.of())
                .and("e.agent = :agent", "agent", filter.common().agent())
                .and("e.archived = :archived", "archived", filter.archived())
                .and("e.updatedAt >= :since", "since", filter.common().since())
                .and("e.updatedAt < :until", Map.of("until", filter.common().end()));
        after.ifPresent(position -> conditions.and(
                "e.updatedAt <= :at and (e.updatedAt < :at or e.id < :id)",
                Map.of("at", position.updatedAt(), "id", position.id())));
        String hql =
                "from AgentThread e where " + conditions.hql() + " order by e.owner desc, e.updatedAt desc, e.id desc";
        return ListSlice.of(
                find(hql, conditions.parameters()).page(0, limit + 1).list(), limit);
    }

    /** What the runs of each thread add up to; threads that are gone are absent. */
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
     * What the runs of a thread add up to.
     *
     * @param runs how many they are
     * @param events events of those that are not running
     * @param running the keys of those that are
     * @param lastStatus the status of the last one
     */
    record Counts(
            long runs,
            long events,
            List<Long> running,
            @Nullable String lastStatus) {

        static final Counts NONE = new Counts(0, 0, List.of(), null);
    }

    /** A place in the list of the threads that moved last. */
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
