package io.runtape.mock;

import io.runtape.archive.Redaction;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.DamagedBodyException;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.store.SqlFault;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Keeps what the calls of runs asked for, so that recordings are found by it. Blocks; safe for any thread. */
@Singleton
final class RequestIndex implements RunIndex {

    /** A body becomes text, and text without what cassettes leave out. */
    private static final int TEXTS = 2;

    private final RequestReader requests;
    private final Redaction redaction;

    RequestIndex(RequestReader requests, Redaction redaction) {
        this.requests = requests;
        this.redaction = redaction;
    }

    /**
     * Looks at what the run's call asked for.
     *
     * @param share holds what that takes in memory until the look is over
     * @param look keeps nothing of the call but what it returns
     * @return empty if the call is not known any more, or cannot be read
     */
    <T> Optional<T> read(long runPk, String path, BudgetShare share, Function<CanonicalRequest, T> look)
            throws SQLException {
        AtomicLong taken = new AtomicLong();
        LongConsumer room = bytes -> {
            share.takeBlocking(bytes);
            taken.addAndGet(bytes);
        };
        try {
            return requests.read(runPk, room).map(request -> {
                room.accept((long) TEXTS * request.body().length);
                return look.apply(CanonicalRequest.of(path, request.body(), redaction, room));
            });
        } catch (SQLException | RuntimeException e) {
            if (isOfTheCall(e)) {
                return Optional.empty();
            }
            throw e;
        } finally {
            share.give(taken.get());
        }
    }

    /** Whether others may be read: this one is damaged, or a rule of redaction cannot go through it. */
    private static boolean isOfTheCall(Exception e) {
        return e instanceof DamagedBodyException
                || e instanceof SQLException fault && SqlFault.isOfTheRow(fault)
                || e instanceof ApiException api && api.code() == ErrorCode.INTERNAL_ERROR;
    }

    @Override
    public Addition prepare(List<EndedRun> runs) {
        Map<Long, String> keys = new HashMap<>();
        for (EndedRun each : runs) {
            Run run = each.row();
            byte @Nullable [] body = each.requestBody();
            if (body != null && run.upstreamStatus != null) {
                keys.put(
                        run.runPk,
                        CanonicalRequest.of(run.path, body, redaction, room -> {})
                                .key());
            }
        }
        return (connection, present) -> add(connection, present, keys);
    }

    private static void add(Connection connection, List<EndedRun> runs, Map<Long, String> keys) throws SQLException {
        remove(connection, EndedRun.keys(runs));
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into recorded_request (run_pk, owner, request_key) values (?, ?, ?)")) {
            for (EndedRun each : runs) {
                Run run = each.row();
                @Nullable String key = keys.get(run.runPk);
                if (key != null) {
                    insert.setLong(1, run.runPk);
                    insert.setString(2, run.owner);
                    insert.setString(3, key);
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        }
    }

    @Override
    public long bytesMade(EndedRun run) {
        byte @Nullable [] body = run.requestBody();
        return body == null ? 0 : (long) TEXTS * body.length + CanonicalRequest.bytes(body);
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
