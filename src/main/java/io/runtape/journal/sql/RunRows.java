package io.runtape.journal.sql;

import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import io.runtape.run.RunTotals;
import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of runs and threads, in the caller's transaction; writes may wait until {@link #send}. Rows are
 * locked in the order of their keys; if two transactions still deadlock, the database aborts one, and it is tried
 * again. Confined to the thread that holds the connection.
 */
public abstract class RunRows {

    public static RunRows of(Engine engine, Connection connection) {
        return engine == Engine.POSTGRESQL ? new PostgresRunRows(connection) : new H2RunRows(connection);
    }

    /** The head of a run's response. */
    public record Head(RunKey run, RunHead head) {}

    /** The agent API's id of a run, cut to 200 characters. */
    record Name(RunKey run, String upstreamRunId) {}

    /**
     * The end of a run.
     *
     * @param digest the digest of its body; null if it is not known
     */
    public record End(
            RunKey run,
            RunEnd end,
            RunTotals totals,
            @Nullable String digest) {

        /** When it ended: not before it began, whatever the clock of the gateway that ended it said. */
        Instant completedAt() {
            return end.completedAt().isBefore(run.createdAt()) ? run.createdAt() : end.completedAt();
        }

        /** When its first frame came; null if none came. */
        @Nullable
        Instant firstEventAt() {
            return totals.firstOffsetMicros() < 0 ? null : run.createdAt().plusNanos(totals.firstOffsetMicros() * 1000);
        }
    }

    /** The beginning of a run. */
    record Start(RunKey run, RunStart start) {}

    /** Locks the node's row until the end of the transaction; {@link #send} fails if the epoch is over. */
    abstract void hold(NodeFence fence) throws SQLException;

    void start(List<Start> starts) throws SQLException {
        if (!starts.isEmpty()) {
            insertRuns(starts);
        }
    }

    /** Adds runs that begin. */
    abstract void insertRuns(List<Start> starts) throws SQLException;

    public void head(List<Head> heads) throws SQLException {
        for (List<Head> round : rounds(heads)) {
            joinThreads(round);
        }
    }

    /** Runs of one thread take their ordinals one after the other, so no round has two runs of the same thread. */
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

    /** Joins runs to distinct threads, makes missing threads, and takes the next ordinal of each. */
    abstract void joinThreads(List<Head> heads) throws SQLException;

    void name(List<Name> names) throws SQLException {
        if (!names.isEmpty()) {
            List<Name> inOrder = new ArrayList<>(names);
            inOrder.sort(Comparator.comparing((Name n) -> n.run().owner())
                    .thenComparing(n -> n.run().pk()));
            nameRuns(inOrder);
        }
    }

    /** Gives runs their ids at the agent API. */
    abstract void nameRuns(List<Name> names) throws SQLException;

    public void end(List<End> ends) throws SQLException {
        if (ends.isEmpty()) {
            return;
        }
        List<End> inOrder = new ArrayList<>(ends);
        inOrder.sort(Comparator.comparing((End e) -> e.run().owner())
                .thenComparing(e -> e.run().pk()));
        endAndTouchThreads(inOrder);
    }

    /** Closes runs that are not closed yet, and updates the time of their threads. */
    abstract void endAndTouchThreads(List<End> ends) throws SQLException;

    /** When it returns, the transaction has all writes. */
    public abstract void send() throws SQLException;

    static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
