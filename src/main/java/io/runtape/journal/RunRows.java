package io.runtape.journal;

import io.runtape.model.Engine;
import io.runtape.model.RunStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of runs and threads, in the caller's transaction. Rows are touched in an order of their keys; should
 * two transactions meet nevertheless, the database picks one and it is tried again. Confined to the thread that holds the connection.
 */
abstract class RunRows {

    private static final String INSERT_RUN = """
            insert into run (run_pk, owner, id, thread_id, node_id, agent, path, status, stream, prompt, metadata, config,
                request_type, request_body, created_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    /** How many bits of a run's key count the runs of one node; the bits above are the node's id. */
    static final int RUN_BITS = 40;

    private final Connection connection;

    RunRows(Connection connection) {
        this.connection = connection;
    }

    static RunRows of(Engine engine, Connection connection) {
        return engine == Engine.POSTGRESQL ? new PostgresRunRows(connection) : new H2RunRows(connection);
    }

    /** The head of a run's answer. */
    record Head(RunKey run, RunHead head) {}

    /** The end of a run. */
    record End(RunKey run, RunEnd end, RunTotals totals) {

        /** When its first frame came; null where none did. */
        @Nullable
        Instant firstEventAt() {
            return totals.firstOffsetMicros() < 0 ? null : run.createdAt().plusNanos(totals.firstOffsetMicros() * 1000);
        }
    }

    void start(List<RunWrite> runs) throws SQLException {
        if (runs.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(INSERT_RUN)) {
            for (RunWrite write : runs) {
                RunStart run = Objects.requireNonNull(write.start());
                insert.setLong(1, write.run().pk());
                insert.setString(2, run.owner().id());
                insert.setString(3, run.id());
                insert.setString(4, run.threadId());
                insert.setLong(5, write.run().pk() >> RUN_BITS);
                insert.setString(6, run.agent());
                insert.setString(7, run.path());
                insert.setString(8, RunStatus.RUNNING.label());
                insert.setBoolean(9, run.stream());
                insert.setString(10, run.prompt());
                insert.setString(11, run.metadata());
                insert.setString(12, run.config());
                insert.setString(13, run.requestType());
                insert.setBytes(14, run.requestBody());
                insert.setObject(15, time(run.createdAt()));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    void head(List<Head> heads) throws SQLException {
        for (List<Head> round : rounds(heads)) {
            joinThreads(round);
        }
    }

    /** Runs of one thread take their ordinals one after the other, so no round has two of the same thread. */
    private static List<List<Head>> rounds(List<Head> heads) {
        List<List<Head>> rounds = new ArrayList<>();
        Map<List<String>, Integer> seen = new HashMap<>();
        for (Head head : heads) {
            int round = seen.merge(List.of(head.run().owner(), head.head().threadId()), 1, Integer::sum) - 1;
            if (round == rounds.size()) {
                rounds.add(new ArrayList<>());
            }
            rounds.get(round).add(head);
        }
        rounds.forEach(
                round -> round.sort(Comparator.comparing((Head h) -> h.run().owner())
                        .thenComparing(h -> h.head().threadId())));
        return rounds;
    }

    /** Settles runs of distinct threads, which are made where they are not there, and takes the next ordinal of each. */
    abstract void joinThreads(List<Head> heads) throws SQLException;

    void end(List<End> ends) throws SQLException {
        if (ends.isEmpty()) {
            return;
        }
        List<End> inOrder = new ArrayList<>(ends);
        inOrder.sort(Comparator.comparing((End e) -> e.run().owner())
                .thenComparing(e -> e.run().pk()));
        endAndTouchThreads(inOrder);
    }

    /** Closes runs that are not closed yet, and notes the time at their threads. */
    abstract void endAndTouchThreads(List<End> ends) throws SQLException;

    static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
