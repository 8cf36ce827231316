package io.runtape.mock;

import io.runtape.archive.Redaction;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;

/** Keeps what the calls of runs asked for, so that recordings are found by it. Blocks; safe for any thread. */
@Singleton
final class RequestIndex implements RunIndex {

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
    public void add(Connection connection, EndedRun run) throws SQLException {
        Run row = run.row();
        remove(connection, row.runPk);
        if (row.upstreamStatus == null || row.framesExpiredAt != null) {
            return;
        }
        try (BudgetShare room = memory.bodies().share()) {
            Optional<RecordedRequest> request = RequestReader.read(connection, row.runPk, room::takeBlocking);
            if (request.isPresent()) {
                insert(
                        connection,
                        row,
                        CanonicalRequest.of(row.path, request.get().body(), redaction));
            }
        }
    }

    private static void insert(Connection connection, Run row, CanonicalRequest request) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into recorded_request (run_pk, owner, request_key) values (?, ?, ?)")) {
            insert.setLong(1, row.runPk);
            insert.setString(2, row.owner);
            insert.setString(3, request.key());
            insert.executeUpdate();
        }
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from recorded_request where run_pk = ?")) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
    }
}
