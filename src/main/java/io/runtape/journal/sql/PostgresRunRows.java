package io.runtape.journal.sql;

import io.runtape.run.RunOutcome;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL: one statement for all rows, with one array for each column. A separate statement for each row costs
 * nearly twice as much.
 *
 * <p>Rows are found by {@code any(array[key])} and not by {@code = key}. PostgreSQL can look that up in the index of
 * the key, but neither merge nor hash it. So the only plan takes the arrays' rows in their order and looks each one up,
 * even if PostgreSQL believes the tables to be small. The second column of a key uses {@code between} its value and
 * itself instead: before PostgreSQL 17 an array there is not a condition of the index, and the statement would read all
 * rows of the owner.
 */
final class PostgresRunRows extends RunRows {

    private static final String INSERT_RUNS = """
            insert into run (run_pk, owner, id, thread_id, node_id, agent, path, status, stream, prompt, metadata, config,
                request_type, request_body, created_at, model, upstream)
            select s.run_pk, s.owner, s.id, s.thread_id, s.node_id, s.agent, s.path, s.status, s.stream, s.prompt,
                s.metadata, s.config, s.request_type, s.request_body, s.created_at, s.model, s.upstream
            from unnest(?::bigint[], ?::varchar[], ?::varchar[], ?::varchar[], ?::bigint[], ?::varchar[], ?::text[],
                    ?::varchar[], ?::boolean[], ?::text[], ?::text[], ?::text[], ?::varchar[], ?::bytea[],
                    ?::timestamptz[], ?::varchar[], ?::varchar[])
                as s (run_pk, owner, id, thread_id, node_id, agent, path, status, stream, prompt,
                    metadata, config, request_type, request_body, created_at, model, upstream)""";

    static final String JOIN_THREADS = """
            insert into thread as t (owner, id, title, agent, archived, last_ordinal, created_at, updated_at)
            select h.owner, h.id, h.title, h.agent, false, 1, h.at, h.at
            from unnest(?::varchar[], ?::varchar[], ?::text[], ?::varchar[], ?::timestamptz[])
                as h (owner, id, title, agent, at)
            on conflict (owner, id) do update set last_ordinal = t.last_ordinal + 1,
                updated_at = greatest(t.updated_at, excluded.updated_at),
                created_at = least(t.created_at, excluded.created_at), agent = coalesce(t.agent, excluded.agent),
                title = coalesce(t.title, excluded.title)""";

    static final String UPDATE_HEADS = """
            update run r set thread_id = h.thread_id, upstream_status = h.upstream_status,
                upstream_run_id = h.upstream_run_id, answer_headers = h.answer_headers, stream = h.stream,
                head_us = h.head_us,
                thread_ordinal = (select t.last_ordinal from thread t where t.owner = r.owner and t.id = h.thread_id)
            from unnest(?::bigint[], ?::varchar[], ?::integer[], ?::varchar[], ?::text[], ?::boolean[], ?::bigint[])
                as h (run_pk, thread_id, upstream_status, upstream_run_id, answer_headers, stream, head_us)
            where r.run_pk = any(array[h.run_pk])""";

    static final String UPDATE_NAMES = """
            update run r set upstream_run_id = n.upstream_run_id
            from unnest(?::bigint[], ?::varchar[]) as n (run_pk, upstream_run_id)
            where r.run_pk = any(array[n.run_pk])""";

    /**
     * Does not search by status: PostgreSQL would use the index of live runs, which holds all runs that were live since
     * its last vacuum.
     */
    static final String UPDATE_ENDS = """
            with ended as (
                update run r set status = e.status, reason = e.reason, dialect = e.dialect,
                    model = coalesce(e.model, r.model), finish_reason = e.finish_reason, result = e.result,
                    usage = e.usage, iterations = e.iterations, error = e.error, event_count = e.events,
                    frame_count = e.frames, byte_count = e.bytes, last_sequence = e.frames,
                    first_event_at = e.first_event_at, completed_at = e.completed_at, cut = e.cut,
                    digest = e.digest
                from unnest(?::bigint[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::text[],
                        ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[],
                        ?::boolean[], ?::varchar[])
                    as e (run_pk, status, reason, dialect, model, finish_reason, result, usage, iterations,
                        error, events, frames, bytes, first_event_at, completed_at, cut, digest)
                where r.run_pk = any(array[e.run_pk]) and r.completed_at is null
                returning r.owner, r.thread_id, r.completed_at)
            update thread t set updated_at = greatest(t.updated_at, e.at)
            from (select owner, thread_id, max(completed_at) as at from ended
                group by owner, thread_id order by owner, thread_id) e
            where t.owner = any(array[e.owner]) and t.id >= e.thread_id and t.id <= e.thread_id""";

    /**
     * The number of characters in one statement past which it takes no further row: bounds the copies made to send it.
     */
    private static final long CHARS_MAX = 4L << 20;

    /** What a row counts besides its texts: also bounds the number of rows, and so the time of a statement. */
    private static final int CHARS_OF_ROW = 512;

    private final RoundTrip trip;

    PostgresRunRows(Connection connection) {
        this.trip = new RoundTrip(connection);
    }

    @Override
    void hold(NodeFence fence) {
        trip.hold(fence);
    }

    @Override
    void insertRuns(List<Start> starts) {
        for (List<Start> piece : pieces(starts, start -> start.start().bytes())) {
            trip.add(
                    INSERT_RUNS,
                    new Columns<>(piece)
                            .with("int8", Long[]::new, start -> start.run().pk())
                            .with("varchar", String[]::new, start -> start.run().owner())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    start -> start.start().id())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    start -> start.start().threadId())
                            .with("int8", Long[]::new, start -> start.run().nodeId())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    start -> start.start().agent())
                            .with("text", String[]::new, start -> start.start().path())
                            .with("varchar", String[]::new, start -> RunStatus.RUNNING.label())
                            .with("bool", Boolean[]::new, start -> start.start().stream())
                            .with("text", String[]::new, start -> start.start().prompt())
                            .with("text", String[]::new, start -> start.start().metadata())
                            .with("text", String[]::new, start -> start.start().config())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    start -> start.start().requestType())
                            .with("bytea", byte[][]::new, start -> start.start().requestBody())
                            .with(
                                    "timestamptz",
                                    String[]::new,
                                    start -> text(start.run().createdAt()))
                            .with(
                                    "varchar",
                                    String[]::new,
                                    start -> start.start().model())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    start -> start.start().upstream()));
        }
    }

    @Override
    void joinThreads(List<Head> heads) {
        for (List<Head> piece : pieces(heads, head -> length(head.head().responseHeaders()))) {
            trip.add(
                    JOIN_THREADS,
                    new Columns<>(piece)
                            .with("varchar", String[]::new, head -> head.run().owner())
                            .with("varchar", String[]::new, head -> head.head().threadId())
                            .with("text", String[]::new, head -> head.run().title())
                            .with("varchar", String[]::new, head -> head.run().agent())
                            .with(
                                    "timestamptz",
                                    String[]::new,
                                    head -> text(head.run().createdAt())));
            trip.add(
                    UPDATE_HEADS,
                    new Columns<>(piece)
                            .with("int8", Long[]::new, head -> head.run().pk())
                            .with("varchar", String[]::new, head -> head.head().threadId())
                            .with("int4", Integer[]::new, head -> head.head().upstreamStatus())
                            .with("varchar", String[]::new, head -> head.head().upstreamRunId())
                            .with("text", String[]::new, head -> head.head().responseHeaders())
                            .with("bool", Boolean[]::new, head -> head.head().stream())
                            .with("int8", Long[]::new, head -> head.head().offsetMicros()));
        }
    }

    @Override
    void nameRuns(List<Name> names) {
        for (List<Name> piece : pieces(names, name -> name.upstreamRunId().length())) {
            trip.add(
                    UPDATE_NAMES,
                    new Columns<>(piece)
                            .with("int8", Long[]::new, name -> name.run().pk())
                            .with("varchar", String[]::new, Name::upstreamRunId));
        }
    }

    @Override
    void endAndTouchThreads(List<End> ends) {
        for (List<End> piece : pieces(ends, end -> weight(end.end().outcome()))) {
            trip.add(
                    UPDATE_ENDS,
                    new Columns<>(piece)
                            .with("int8", Long[]::new, end -> end.run().pk())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    end -> end.end().status().label())
                            .with("varchar", String[]::new, end -> {
                                RunReason reason = end.end().reason();
                                return reason == null ? null : reason.label();
                            })
                            .with(
                                    "varchar",
                                    String[]::new,
                                    end -> end.end().outcome().dialect())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    end -> end.end().outcome().model())
                            .with(
                                    "varchar",
                                    String[]::new,
                                    end -> end.end().outcome().finishReason())
                            .with(
                                    "text",
                                    String[]::new,
                                    end -> end.end().outcome().result())
                            .with(
                                    "text",
                                    String[]::new,
                                    end -> end.end().outcome().usage())
                            .with(
                                    "int8",
                                    Long[]::new,
                                    end -> end.end().outcome().iterations())
                            .with(
                                    "text",
                                    String[]::new,
                                    end -> end.end().outcome().error())
                            .with("int8", Long[]::new, end -> end.totals().events())
                            .with("int8", Long[]::new, end -> end.totals().frames())
                            .with("int8", Long[]::new, end -> end.totals().bytes())
                            .with("timestamptz", String[]::new, end -> text(end.firstEventAt()))
                            .with("timestamptz", String[]::new, end -> text(end.completedAt()))
                            .with("bool", Boolean[]::new, end -> end.end().cut())
                            .with("varchar", String[]::new, End::digest));
        }
    }

    @Override
    public void send() throws SQLException {
        trip.send();
    }

    private static long weight(RunOutcome outcome) {
        return length(outcome.result()) + length(outcome.usage()) + length(outcome.error());
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return Objects.toString(instant, null);
    }

    /** The rows in as few lists as possible, in their order. */
    private static <T> List<List<T>> pieces(List<T> rows, ToLongFunction<T> weight) {
        List<List<T>> pieces = new ArrayList<>();
        int from = 0;
        long chars = 0;
        for (int i = 0; i < rows.size(); i++) {
            chars += CHARS_OF_ROW + weight.applyAsLong(rows.get(i));
            if (chars >= CHARS_MAX || i == rows.size() - 1) {
                pieces.add(rows.subList(from, i + 1));
                from = i + 1;
                chars = 0;
            }
        }
        return pieces;
    }

    /** The parameters of a statement, in order: each is an array with one column's values of all rows. */
    private static final class Columns<T> implements RoundTrip.Parameters {

        private record Column(String type, Object[] values) {}

        private final List<T> rows;
        private final List<Column> columns = new ArrayList<>();

        Columns(List<T> rows) {
            this.rows = rows;
        }

        <V> Columns<T> with(String type, IntFunction<@Nullable V[]> array, Function<T, @Nullable V> column) {
            columns.add(new Column(type, rows.stream().map(column).toArray(array)));
            return this;
        }

        @Override
        public int bind(PreparedStatement statement, int first) throws SQLException {
            int at = first;
            for (Column column : columns) {
                statement.setArray(at++, statement.getConnection().createArrayOf(column.type, column.values));
            }
            return at;
        }
    }
}
