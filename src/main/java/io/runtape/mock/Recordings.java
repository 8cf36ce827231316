package io.runtape.mock;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * Finds the runs that a call can be answered from. Plain SQL: the look-ups must be served by an index. Blocks; safe for any
 * thread.
 */
@Singleton
final class Recordings {

    static final String INDEXED = """
            select run.run_pk, run.id, path, status, created_at from recorded_request join run using (run_pk)
            where recorded_request.owner = ? and request_key = ? and upstream_status is not null
                and frames_expired_at is null""";

    /** Runs that ended a moment ago; few at any time, but after a start on an older history. */
    static final String UNINDEXED = """
            select run_pk, id, path, status, created_at from run
            where owner = ? and indexed_at is null and completed_at is not null and upstream_status is not null
                and frames_expired_at is null
            order by indexed_at desc, completed_at desc, run_pk desc limit 200""";

    static final String NEWEST = """
            select run_pk, id, path, status, created_at from run
            where owner = ? and upstream_status is not null and frames_expired_at is null
            order by created_at desc, run_pk desc limit 50""";

    private static final String ALL = """
            select run_pk, id, path, status, created_at from run where owner = ? order by created_at, run_pk""";

    private final DataSource database;
    private final RequestIndex index;

    Recordings(DataSource database, RequestIndex index) {
        this.database = database;
        this.index = index;
    }

    /** A run with a response that can be given again. */
    record Candidate(long runPk, String id, String path, boolean completed, long createdMillis) {}

    /** A run whose call is the nearest to one that has no recording. */
    record Nearest(String runId, CanonicalRequest request, int distance) {}

    /**
     * The runs whose calls asked for the same, the first recorded first.
     *
     * @param completed only those that have completed
     */
    List<Long> of(String owner, CanonicalRequest asked, boolean completed) throws SQLException {
        String key = asked.key();
        List<Candidate> found = select(INDEXED, owner, key);
        for (Candidate ended : select(UNINDEXED, owner)) {
            boolean known = found.stream().anyMatch(other -> other.runPk == ended.runPk);
            if (!known && isOf(ended, key)) {
                found.add(ended);
            }
        }
        return found.stream()
                .filter(run -> run.completed || !completed)
                .sorted(Comparator.comparingLong(Candidate::createdMillis).thenComparingLong(Candidate::runPk))
                .map(Candidate::runPk)
                .toList();
    }

    private boolean isOf(Candidate run, String key) throws SQLException {
        Optional<CanonicalRequest> request = index.read(run.runPk, run.path);
        return request.isPresent() && request.get().key().equals(key);
    }

    /** Of the owner's newest runs, the one whose call differs least; those of the same path come first. */
    Optional<Nearest> nearest(String owner, CanonicalRequest asked) throws SQLException {
        List<Nearest> near = new ArrayList<>();
        for (Candidate run : select(NEWEST, owner)) {
            index.read(run.runPk, run.path)
                    .ifPresent(request -> near.add(new Nearest(run.id, request, request.distance(asked))));
        }
        Stream<Nearest> ofPath = near.stream().filter(run -> run.request.isOfPathOf(asked));
        return Stream.concat(ofPath.sorted(Comparator.comparingInt(Nearest::distance)), near.stream())
                .findFirst();
    }

    /** All runs of an owner, in the order of their calls. */
    List<Candidate> all(String owner) throws SQLException {
        return select(ALL, owner);
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
