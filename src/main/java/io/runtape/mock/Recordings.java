package io.runtape.mock;

import io.runtape.access.Owner;
import io.runtape.server.memory.BudgetShare;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds the runs that a call can be answered from. Plain SQL: the look-ups must be served by an index. Blocks; safe for any
 * thread.
 */
@Singleton
final class Recordings {

    /** How many equal recordings have their turns. */
    private static final int TURNS_MAX = 10_000;

    /** How many runs that are not indexed yet a call is compared with. */
    static final int UNINDEXED_MAX = 200;

    private static final String OF_A_CALL = """
            select run.run_pk, run.id, path, status, created_at from recorded_request join run using (run_pk)
            where recorded_request.owner = ? and request_key = ? and upstream_status is not null
                and frames_expired_at is null""";

    /** Those of a call, the first recorded first: many calls may be equal. */
    static final String INDEXED = OF_A_CALL + " order by created_at, run.run_pk limit " + TURNS_MAX;

    /** Of the same, the newest that has completed. */
    static final String NEWEST_INDEXED =
            OF_A_CALL + " and status = 'completed' order by created_at desc, run.run_pk desc limit 1";

    /** Runs that ended a moment ago; few at any time, but after a start on an older history. */
    static final String UNINDEXED = """
            select run_pk, id, path, status, created_at from run
            where owner = ? and indexed_at is null and completed_at is not null and upstream_status is not null
                and frames_expired_at is null
            order by indexed_at desc, completed_at desc, run_pk desc limit\s""" + UNINDEXED_MAX;

    static final String COUNT_UNINDEXED =
            "select count(*) from run where owner = ? and indexed_at is null and completed_at is not null";

    /** Repeats the condition of the partial index, and names all columns of it; else it would sort all runs of the owner. */
    static final String NEWEST = """
            select run_pk, id, path, status, created_at from run
            where owner = ? and run_pk > 0 and upstream_status is not null and frames_expired_at is null
            order by owner desc, created_at desc, run_pk desc limit 50""";

    static final String ALL = """
            select run_pk, id, path, status, created_at from run where owner = ? and run_pk > 0
            order by owner, created_at, run_pk""";

    private static final int DIFFERENCES_MAX = 5;

    private static final Comparator<Candidate> BY_CALL =
            Comparator.comparingLong(Candidate::createdMillis).thenComparingLong(Candidate::runPk);

    private final DataSource database;
    private final RequestIndex index;

    Recordings(DataSource database, RequestIndex index) {
        this.database = database;
        this.index = index;
    }

    /** A run with a response that can be given again. */
    record Candidate(long runPk, String id, String path, boolean completed, long createdMillis) {}

    /**
     * A run whose call is near to one that has no recording: what is told of it, since its call may take many times the memory of
     * its body.
     *
     * @param key of its call
     * @param ofPath whether it has the same path
     * @param distance in how many places it differs
     * @param differences the first of these
     */
    record Near(String runId, String key, boolean ofPath, int distance, List<String> differences) {

        /** The run if its call is nearer than that, and else that; one of the same path is nearer than any other. */
        private static Near nearer(
                @Nullable Near than, String runId, CanonicalRequest recorded, CanonicalRequest asked) {
            boolean ofPath = recorded.isOfPathOf(asked);
            int distance = recorded.distance(asked);
            if (than != null && (than.ofPath == ofPath ? than.distance <= distance : than.ofPath)) {
                return than;
            }
            List<String> differences = asked.differences(recorded, DIFFERENCES_MAX);
            return new Near(runId, recorded.key(), ofPath, distance, differences);
        }
    }

    /**
     * The keys of the runs whose calls asked for the same, the first recorded first.
     *
     * @param room for one call at a time
     */
    List<Long> of(String owner, CanonicalRequest asked, BudgetShare room) throws SQLException {
        return of(owner, asked, INDEXED, room).stream()
                .sorted(BY_CALL)
                .limit(TURNS_MAX)
                .map(Candidate::runPk)
                .toList();
    }

    /** The newest of those that have completed. */
    Optional<Long> newest(String owner, CanonicalRequest asked, BudgetShare room) throws SQLException {
        return of(owner, asked, NEWEST_INDEXED, room).stream()
                .filter(Candidate::completed)
                .max(BY_CALL)
                .map(Candidate::runPk);
    }

    /** @param indexed selects those that are wanted of the runs that the index has */
    private List<Candidate> of(String owner, CanonicalRequest asked, String indexed, BudgetShare room)
            throws SQLException {
        String key = asked.key();
        // First: one that is indexed in between is found by both looks, and not by neither.
        List<Candidate> unindexed = select(UNINDEXED, owner);
        List<Candidate> found = select(indexed, owner, key);
        Set<Long> known = found.stream().map(Candidate::runPk).collect(Collectors.toSet());
        for (Candidate ended : unindexed) {
            if (!known.contains(ended.runPk) && isOf(ended, key, room)) {
                found.add(ended);
            }
        }
        return found;
    }

    private boolean isOf(Candidate run, String key, BudgetShare room) throws SQLException {
        return index.read(run.runPk, run.path, room, CanonicalRequest::key)
                .filter(key::equals)
                .isPresent();
    }

    /** Of these owners' newest runs, the one whose call differs least; of the same, the newest of the first owner. */
    Optional<Near> nearest(List<Owner> owners, CanonicalRequest asked, BudgetShare room) throws SQLException {
        @Nullable Near nearest = null;
        for (Owner owner : owners) {
            for (Candidate run : select(NEWEST, owner.id())) {
                @Nullable Near before = nearest;
                nearest = index.read(
                                run.runPk, run.path, room, recorded -> Near.nearer(before, run.id, recorded, asked))
                        .orElse(before);
            }
        }
        return Optional.ofNullable(nearest);
    }

    /** All runs of an owner, in the order of their calls. */
    List<Candidate> all(String owner) throws SQLException {
        return select(ALL, owner);
    }

    /** How many runs of an owner have ended and are not indexed yet. */
    long unindexed(String owner) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(COUNT_UNINDEXED)) {
            select.setString(1, owner);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private List<Candidate> select(String statement, String... values) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(statement)) {
            for (int i = 0; i < values.length; i++) {
                select.setString(i + 1, values[i]);
            }
            try (ResultSet row = select.executeQuery()) {
                List<Candidate> found = new ArrayList<>();
                while (row.next()) {
                    found.add(new Candidate(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            row.getString(4).equals("completed"),
                            row.getTimestamp(5).getTime()));
                }
                return found;
            }
        }
    }
}
