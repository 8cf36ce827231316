package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.facet.Trait.Kind;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;

/**
 * Writes the rows by which ended runs are found. Plain SQL: one run has dozens of small rows, which go in one batch. Blocks;
 * safe for any thread.
 */
@Singleton
final class RunFacets implements RunIndex {

    static final String INSERT_FACET = "insert into run_facet (facet, created_us, run_pk) values (?, ?, ?)";

    private static final String INSERT_FACT = """
            insert into run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens)
            values (?, ?, ?, ?, ?, ?)""";

    /** Microseconds since 1970, as the rows have times. */
    static long micros(Instant time) {
        // Not by the difference of two times: its nanoseconds overflow for far ones.
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1000);
    }

    @Override
    public void add(Connection connection, EndedRun ended) throws SQLException {
        Run run = ended.row();
        remove(connection, run.runPk);
        Instant completedAt = run.completedAt;
        if (completedAt == null) {
            return;
        }
        Owner owner = new Owner(run.owner);
        RunTraits traits = new RunTraits(owner)
                .with(Kind.THREAD, run.threadId)
                .with(Kind.STATUS, run.status)
                .with(Kind.AGENT, run.agent)
                .with(Kind.MODEL, run.model)
                .with(Kind.UPSTREAM, run.upstream)
                .withError(run.error)
                .withMetadata(run.metadata);
        CalledTools.of(ended).forEach(tool -> traits.with(Kind.TOOL, tool));
        try (PreparedStatement insert = connection.prepareStatement(INSERT_FACET)) {
            for (long key : traits.keysAndPairs()) {
                insert.setLong(1, key);
                insert.setLong(2, micros(run.createdAt));
                insert.setLong(3, run.runPk);
                insert.addBatch();
            }
            insert.executeBatch();
        }
        try (PreparedStatement insert = connection.prepareStatement(INSERT_FACT)) {
            insert.setLong(1, run.runPk);
            insert.setLong(2, Trait.ofOwner(owner));
            insert.setLong(3, micros(run.createdAt));
            insert.setLong(4, micros(completedAt));
            insert.setLong(5, Duration.between(run.createdAt, completedAt).toMillis());
            insert.setObject(6, Tokens.of(run.usage).total(), Types.BIGINT);
            insert.executeUpdate();
        }
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        if (delete(connection, "delete from run_fact where run_pk = ?", runPk) > 0) {
            delete(connection, "delete from run_facet where run_pk = ?", runPk);
        }
    }

    private static int delete(Connection connection, String sql, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setLong(1, runPk);
            return delete.executeUpdate();
        }
    }
}
