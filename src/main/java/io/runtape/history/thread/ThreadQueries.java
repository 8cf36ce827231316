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
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Queries over threads. Each query is a transaction of its own, so it sees what is committed at that time. All methods
 * block; safe for any thread.
 */
@ApplicationScoped
@Transactional
public class ThreadQueries implements PanacheRepositoryBase<AgentThread, AgentThread.Key> {

    private static final String LISTED =
            "select e.id, e.title, e.agent, e.archived, e.createdAt, e.updatedAt from AgentThread e where ";

    private static final String LATEST = " order by e.owner desc, e.updatedAt desc, e.id desc";

    /** The join compares owner and thread, since H2 searches the index by these columns, and not by a list of threads. */
    private static final String WITH_RUNNING = """
            select t.id, count(r) from AgentThread t join Run r on r.owner = t.owner and r.threadId = t.id
            where t.owner = :owner and t.id in :threads and r.status = :running group by t.id""";

    /**
     * The owner's thread of this id.
     *
     * @throws ApiException 404 if there is no such thread
     */
    public AgentThread require(Owner owner, String id) {
        return AgentThread.of(owner, id).orElseThrow(() -> ApiException.notFound("thread"));
    }

    /** The threads with the latest activity, from a position on. */
    ListSlice<ListedThread> latest(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit) {
        WhereClause conditions = latest(owner, filter, after);
        List<ListedThread> first = find(LISTED + conditions.hql() + LATEST, conditions.parameters())
                .page(0, limit + 1)
                .project(ListedThread.class)
                .list();
        return ListSlice.of(first, limit);
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

    /** How many of these threads have a run that goes on. */
    long running(Owner owner, List<StreamPosition> places) {
        return getEntityManager()
                .createQuery(WITH_RUNNING, Object[].class)
                .setParameter("running", RunStatus.RUNNING.label())
                .setParameter("owner", owner.id())
                .setParameter("threads", places.stream().map(StreamPosition::id).toList())
                .getResultList()
                .size();
    }

    /** Whether the thread still has its place in the list, with nothing done in it since. */
    boolean isStillAt(Owner owner, StreamPosition place, ThreadFilter filter) {
        WhereClause conditions = latest(owner, filter, Optional.empty())
                .and("e.id = :id", Map.of("id", place.id()))
                .and("e.updatedAt = :at", Map.of("at", place.updatedAt()));
        return count("from AgentThread e where " + conditions.hql(), conditions.parameters()) > 0;
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

    /** A position in the list of the threads with the latest activity. */
    @RegisterForReflection
    record StreamPosition(Instant updatedAt, String id) {

        static StreamPosition of(Cursor cursor) {
            return new StreamPosition(cursor.time(0), cursor.text(1));
        }

        String cursor(String listing) {
            return Cursor.write(listing, updatedAt, id);
        }
    }
}
