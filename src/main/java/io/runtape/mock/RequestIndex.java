package io.runtape.mock;

import io.runtape.archive.Redaction;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps what the calls of runs asked for, so that recordings are found by it. Blocks; safe for any thread. */
@Singleton
final class RequestIndex implements RunIndex {

    /** A body becomes text, and text without what cassettes leave out. */
    private static final int TEXTS = 2;

    private final RequestReader requests;
    private final MemoryBudgets memory;
    private final Redaction redaction;

    RequestIndex(RequestReader requests, MemoryBudgets memory, Redaction redaction) {
        this.requests = requests;
        this.memory = memory;
        this.redaction = redaction;
    }

    /** What the run's call asked for; empty if it is not known any more. */
    Optional<CanonicalRequest> read(long runPk, String path) throws SQLException {
        try (BudgetShare room = memory.bodies().share()) {
            return requests.read(runPk, room::takeBlocking)
                    .map(request -> CanonicalRequest.of(path, request.body(), redaction));
        }
    }

    @Override
    public void add(Connection connection, List<EndedRun> runs) throws SQLException {
        remove(connection, EndedRun.keys(runs));
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into recorded_request (run_pk, owner, request_key) values (?, ?, ?)")) {
            for (EndedRun each : runs) {
                Run run = each.row();
                byte @Nullable [] body = each.requestBody();
                if (body != null && run.upstreamStatus != null) {
                    insert.setLong(1, run.runPk);
                    insert.setString(2, run.owner);
                    insert.setString(
                            3, CanonicalRequest.of(run.path, body, redaction).key());
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        }
    }

    @Override
    public long bytesMade(EndedRun run) {
        byte @Nullable [] body = run.requestBody();
        return body == null ? 0 : (long) TEXTS * body.length;
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        remove(connection, List.of(runPk));
    }

    private static void remove(Connection connection, List<Long> runs) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("delete from recorded_request where run_pk = any(?)")) {
            delete.setArray(1, connection.createArrayOf("bigint", runs.toArray()));
            delete.executeUpdate();
        }
    }
}
