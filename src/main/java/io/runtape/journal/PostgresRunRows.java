package io.runtape.journal;

import io.runtape.model.RunReason;
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
 * PostgreSQL: one statement for all rows, which come as an array a column. A statement of its own for each row costs nearly
 * as much again as what it does to the row.
 *
 * <p>Rows are found by {@code any(array[key])} and not by {@code = key}: that can be looked up in the index of the key but
 * neither merged nor hashed, so the one plan there is takes the arrays' rows in their order and looks each up, however small
 * PostgreSQL knows the tables.
 */
final class PostgresRunRows extends RunRows {

    static final String JOIN_THREADS = """
            insert into thread as t (owner, id, agent, archived, last_ordinal, created_at, updated_at)
            select h.owner, h.id, h.agent, false, 1, h.at, h.at
            from unnest(?::varchar[], ?::varchar[], ?::varchar[], ?::timestamptz[]) as h (owner, id, agent, at)
            on conflict (owner, id) do update set last_ordinal = t.last_ordinal + 1,
                updated_at = greatest(t.updated_at, excluded.updated_at), agent = coalesce(t.agent, excluded.agent)""";

    static final String UPDATE_HEADS = """
            update run r set thread_id = h.thread_id, upstream_status = h.upstream_status,
                upstream_run_id = h.upstream_run_id, answer_headers = h.answer_headers, stream = h.stream,
                thread_ordinal = (select t.last_ordinal from thread t where t.owner = r.owner and t.id = h.thread_id)
            from unnest(?::bigint[], ?::varchar[], ?::integer[], ?::varchar[], ?::text[], ?::boolean[])
                as h (run_pk, thread_id, upstream_status, upstream_run_id, answer_headers, stream)
            where r.run_pk = any(array[h.run_pk])""";

    /** Not by the status: the index of live runs would serve that, and hold all that were live since it was last cleaned. */
    static final String UPDATE_ENDS = """
            with ended as (
                update run r set status = e.status, reason = e.reason, dialect = e.dialect, result = e.result,
                    usage = e.usage, iterations = e.iterations, error = e.error, event_count = e.events,
                    frame_count = e.frames, byte_count = e.bytes, last_sequence = e.frames,
                    first_event_at = e.first_event_at, completed_at = e.completed_at, cut = e.cut
                from unnest(?::bigint[], ?::varchar[], ?::varchar[], ?::varchar[], ?::text[], ?::text[], ?::bigint[],
                        ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[], ?::timestamptz[],
                        ?::boolean[])
                    as e (run_pk, status, reason, dialect, result, usage, iterations,
                        error, events, frames, bytes, first_event_at, completed_at, cut)
                where r.run_pk = any(array[e.run_pk]) and r.completed_at is null
                returning r.owner, r.thread_id, r.completed_at)
            update thread t set updated_at = greatest(t.updated_at, e.at)
            from (select owner, thread_id, max(completed_at) as at from ended
                group by owner, thread_id order by owner, thread_id) e
            where t.owner = any(array[e.owner]) and t.id = any(array[e.thread_id])""";

    /** Characters of one statement's texts past which no further row is taken along: bounds the copies made to send it. */
    private static final long CHARS_MAX = 4L << 20;

    /** What a row counts for beside its texts of any length: bounds the rows as well, and so how long a statement takes. */
    private static final int CHARS_OF_ROW = 512;

    private final Connection connection;

    PostgresRunRows(Connection connection) {
        super(connection);
        this.connection = connection;
    }

    @Override
    void joinThreads(List<Head> heads) throws SQLException {
        for (List<Head> piece : pieces(heads, head -> length(head.head().answerHeaders()))) {
            try (PreparedStatement join = connection.prepareStatement(JOIN_THREADS);
                    PreparedStatement update = connection.prepareStatement(UPDATE_HEADS)) {
                Columns<Head> threads = new Columns<>(join, piece);
                threads.bind("varchar", String[]::new, head -> head.run().owner());
                threads.bind("varchar", String[]::new, head -> head.head().threadId());
                threads.bind("varchar", String[]::new, head -> head.run().agent());
                threads.bind(
                        "timestamptz", String[]::new, head -> text(head.run().createdAt()));
                join.executeUpdate();
                Columns<Head> runs = new Columns<>(update, piece);
                runs.bind("int8", Long[]::new, head -> head.run().pk());
                runs.bind("varchar", String[]::new, head -> head.head().threadId());
                runs.bind("int4", Integer[]::new, head -> head.head().upstreamStatus());
                runs.bind("varchar", String[]::new, head -> head.head().upstreamRunId());
                runs.bind("text", String[]::new, head -> head.head().answerHeaders());
                runs.bind("bool", Boolean[]::new, head -> head.head().stream());
                update.executeUpdate();
            }
        }
    }

    @Override
    void endAndTouchThreads(List<End> ends) throws SQLException {
        for (List<End> piece : pieces(ends, end -> weight(end.end()))) {
            try (PreparedStatement update = connection.prepareStatement(UPDATE_ENDS)) {
                Columns<End> runs = new Columns<>(update, piece);
                runs.bind("int8", Long[]::new, end -> end.run().pk());
                runs.bind("varchar", String[]::new, end -> end.end().status().label());
                runs.bind("varchar", String[]::new, end -> {
                    RunReason reason = end.end().reason();
                    return reason == null ? null : reason.label();
                });
                runs.bind("varchar", String[]::new, end -> end.end().dialect());
                runs.bind("text", String[]::new, end -> end.end().result());
                runs.bind("text", String[]::new, end -> end.end().usage());
                runs.bind("int8", Long[]::new, end -> end.end().iterations());
                runs.bind("text", String[]::new, end -> end.end().error());
                runs.bind("int8", Long[]::new, end -> end.totals().events());
                runs.bind("int8", Long[]::new, end -> end.totals().frames());
                runs.bind("int8", Long[]::new, end -> end.totals().bytes());
                runs.bind("timestamptz", String[]::new, end -> text(end.firstEventAt()));
                runs.bind("timestamptz", String[]::new, end -> text(end.end().completedAt()));
                runs.bind("bool", Boolean[]::new, end -> end.end().cut());
                update.executeUpdate();
            }
        }
    }

    private static long weight(RunEnd end) {
        return length(end.result()) + length(end.usage()) + length(end.error());
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return Objects.toString(instant, null);
    }

    /** The rows in as few lists as may be, in their order. */
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

    /** The parameters of a statement, in their order: each an array of what one column has in all rows. */
    private final class Columns<T> {

        private final PreparedStatement statement;
        private final List<T> rows;
        private int at;

        Columns(PreparedStatement statement, List<T> rows) {
            this.statement = statement;
            this.rows = rows;
        }

        <V> void bind(String type, IntFunction<@Nullable V[]> array, Function<T, @Nullable V> column)
                throws SQLException {
            statement.setArray(
                    ++at,
                    connection.createArrayOf(type, rows.stream().map(column).toArray(array)));
        }
    }
}
