package io.runtape.history.thread;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.history.Cursor;
import io.runtape.history.WhereClause;
import io.runtape.run.AgentThread;
import io.runtape.run.RunStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Queries over threads. Each query is a transaction of its own, so it sees what is committed at that time. All methods
 * block; safe for any thread.
 */
@ApplicationScoped
@Transactional
public class ThreadQueries implements PanacheRepositoryBase<AgentThread, AgentThread.Key> {

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
        WhereClause conditions = WhereClause.of(owner)
                .and("e.lastOrdinal > 0", Map.of())
                .and("e.agent in :agents", "agents", filter.common().anyAgent())
                .and("e.archived = :archived", "archived", filter.archived())
                .and("e.updatedAt >= :since", "since", filter.common().since())
                .and("e.updatedAt < :until", Map.of("until", filter.common().end()))
                .and("e.id = :id", Map.of("id", place.id()))
                .and("e.updatedAt = :at", Map.of("at", place.updatedAt()));
        return count("from AgentThread e where " + conditions.hql(), conditions.parameters()) > 0;
    }

    /** A position in the list of the threads with the latest activity. */
    record StreamPosition(Instant updatedAt, String id) {

        static StreamPosition of(Cursor cursor) {
            return new StreamPosition(cursor.time(0), cursor.text(1));
        }

        String cursor(String listing) {
            return Cursor.write(listing, updatedAt, id);
        }
    }
}
