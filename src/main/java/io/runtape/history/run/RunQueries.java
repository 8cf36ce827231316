package io.runtape.history.run;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.facet.Place;
import io.runtape.facet.RunFinder;
import io.runtape.facet.RunOrder;
import io.runtape.history.WhereClause;
import io.runtape.run.Run;
import io.runtape.run.RunSizes;
import io.runtape.run.RunStatus;
import io.runtape.segment.Candidates;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import io.runtape.store.EpochMicros;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.hibernate.Session;
import org.jspecify.annotations.Nullable;

/**
 * Queries over runs. Each query is a transaction of its own, unless {@link #together} puts several into one. So it sees what is committed at that time, and never what
 * an earlier query left in a session. All methods block; safe for any thread.
 */
@ApplicationScoped
@Transactional
public class RunQueries implements PanacheRepositoryBase<Run, Long> {

    private static final String OLDEST = "e.owner, e.createdAt, e.runPk";

    private static final String NEWEST = "e.owner desc, e.createdAt desc, e.runPk desc";

    private final RunFinder finder;
    private final DataSource database;

    RunQueries(RunFinder finder, DataSource database) {
        this.finder = finder;
        this.database = database;
    }

    /**
     * The owner's run of this id, Runtape's or the agent API's.
     *
     * @throws ApiException 404 if there is no such run
     */
    public Run require(Owner owner, String id) {
        return Run.of(owner, id).orElseThrow(() -> ApiException.notFound("run"));
    }

    /**
     * The key of the run that {@link #require} finds, without reading the run.
     *
     * @throws ApiException 404 if there is no such run
     */
    long requireKey(Owner owner, String id) {
        return Run.keyOf(owner, id).orElseThrow(() -> ApiException.notFound("run"));
    }

    /**
     * Runs that were found and are to be read.
     *
     * @param keys their keys, in the listing's order
     * @param bytes what their texts take
     * @param after where the listing goes on; null at its end
     */
    record Listed(List<Long> keys, long bytes, @Nullable Place after) {

        /**
         * Those at the first of these places, as many as the bounds allow.
         *
         * @param places those of the runs, and of one more if the listing goes on behind them
         * @param sizes how many bytes the texts of the runs have, by their keys, see {@link RunSizes}
         */
        static Listed of(List<Place> places, Map<Long, Long> sizes, RunPages.Bounds bounds) {
            List<Long> keys = new ArrayList<>();
            long bytes = 0;
            while (keys.size() < Math.min(bounds.runs(), places.size()) && bytes < bounds.bytes()) {
                long runPk = places.get(keys.size()).runPk();
                bytes += sizes.getOrDefault(runPk, 0L);
                keys.add(runPk);
            }
            return new Listed(keys, bytes, keys.size() < places.size() ? places.get(keys.size() - 1) : null);
        }

        Listed goingOnAfter(@Nullable Place place) {
            return new Listed(keys, bytes, place);
        }
    }

    /** The next runs that are selected, in an order, from a place on. */
    Listed listed(RunSelection selection, RunOrder order, Optional<Place> after, RunPages.Bounds bounds)
            throws SQLException {
        return listed(places(selection, order, after, bounds.runs() + 1), bounds);
    }

    /** The runs at the first of these places, as many as the bounds allow. */
    Listed listed(List<Place> places, RunPages.Bounds bounds) throws SQLException {
        return Listed.of(places, sizes(places), bounds);
    }

    /** The runs of a thread in their order, between two places. */
    Listed listedOfThread(Owner owner, String threadId, long afterOrdinal, long upToOrdinal, RunPages.Bounds bounds)
            throws SQLException {
        WhereClause conditions = WhereClause.of(owner)
                .and("e.threadId = :thread", Map.of("thread", threadId))
                .and("e.threadOrdinal > :after", Map.of("after", afterOrdinal))
                .and("e.threadOrdinal <= :upTo", Map.of("upTo", upToOrdinal));
        return listed(places(conditions, "e.owner, e.threadId, e.threadOrdinal", bounds.runs() + 1), bounds);
    }

    /** Those of these runs that are the owner's, in their order. */
    List<Run> rows(Owner owner, List<Long> keys) {
        return keys.isEmpty()
                ? List.of()
                : getEntityManager().unwrap(Session.class).findMultiple(Run.class, keys).stream()
                        .filter(run -> run != null && run.owner.equals(owner.id()))
                        .toList();
    }

    /** The places of the next runs that are selected, from a place on: those that {@link #listed} lists. */
    List<Place> places(RunSelection selection, RunOrder order, Optional<Place> after, int limit) throws SQLException {
        if (order.by() != RunOrder.By.CREATED_AT || !selection.criteria().isOfTimeAlone()) {
            return finder.find(selection.criteria(), order, after, limit);
        }
        WhereClause conditions = WhereClause.of(selection.owner())
                // Repeats the condition of the partial index.
                .and("e.runPk > 0", Map.of())
                .and(
                        "e.createdAt >= :since",
                        "since",
                        selection.filter().common().since())
                .and(
                        "e.createdAt < :until",
                        Map.of("until", selection.filter().common().end()));
        String past = order.descending() ? "<" : ">";
        after.ifPresent(place -> conditions.and(
                // The database searches the index by the first half.
                "e.createdAt " + past + "= :at and (e.createdAt " + past + " :at or e.runPk " + past + " :pk)",
                Map.of("at", time(place), "pk", place.runPk())));
        return places(conditions, order.descending() ? NEWEST : OLDEST, limit);
    }

    /** When a run began, and its key. */
    @RegisterForReflection
    record Created(Instant createdAt, Long runPk) {}

    private static Instant time(Place place) {
        return Instant.EPOCH.plus(Objects.requireNonNull(place.value()), ChronoUnit.MICROS);
    }

    private Map<Long, Long> sizes(List<Place> places) throws SQLException {
        if (places.isEmpty()) {
            return Map.of();
        }
        try (Connection connection = database.getConnection()) {
            return RunSizes.of(connection, places.stream().map(Place::runPk).toList());
        }
    }

    /** Those of these runs whose frames retention has not deleted, in their order. */
    List<Place> withFrames(List<Place> places) {
        Set<Long> gone = getEntityManager()
                .createQuery(
                        "select e.runPk from Run e where e.runPk in :keys and e.framesExpiredAt is not null",
                        Long.class)
                .setParameter("keys", places.stream().map(Place::runPk).toList())
                .getResultStream()
                .collect(Collectors.toSet());
        return places.stream().filter(place -> !gone.contains(place.runPk())).toList();
    }

    /** Whether more than so many runs may be selected, as the index tells; without those that it does not have yet. */
    boolean areMoreThan(int count, RunSelection selection) throws SQLException {
        return finder.areMoreThan(count, selection.criteria());
    }

    /** The places of those of these runs that are selected, the newest first. */
    List<Place> among(RunSelection selection, List<Place> places) throws SQLException {
        return selection.criteria().isOfTimeAlone()
                ? places
                : finder.among(
                        selection.criteria(), places.stream().map(Place::runPk).toList());
    }

    /**
     * The runs that may be selected, the newest first; empty where no index of their own tells them.
     *
     * @param others runs that have not ended, to be found as well
     */
    Optional<Candidates> candidates(RunSelection selection, DocumentRange range, List<Document> others)
            throws SQLException {
        return finder.candidates(selection.criteria(), range, others);
    }

    /** Queries that are one transaction together; each sees what is committed at its time. */
    @FunctionalInterface
    interface Queries<T> {
        T ask() throws SQLException;
    }

    /** Asks these queries in one transaction: to begin and to end one for each would take longer. */
    <T> T together(Queries<T> queries) throws SQLException {
        return queries.ask();
    }

    /** How many of these runs have not ended, as their rows say. */
    long running(List<Place> places) {
        return count(
                "from Run e where e.runPk in ?1 and e.status = ?2",
                places.stream().map(Place::runPk).toList(),
                RunStatus.RUNNING.label());
    }

    /** @param order all columns of the index from its first one; otherwise H2 sorts all rows for each page */
    private List<Place> places(WhereClause conditions, String order, int limit) {
        return find(
                        "select e.createdAt, e.runPk from Run e where " + conditions.hql() + " order by " + order,
                        conditions.parameters())
                .page(0, limit)
                .project(Created.class)
                .stream()
                .map(row -> new Place(EpochMicros.of(row.createdAt), row.runPk))
                .toList();
    }
}
