import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * The plain table that teams write, in the schema {@code peer}: one row an event with its payload as JSONB, a GIN index on it, and
 * a table of runs. {@code java HistoryPeer fill JDBC-URL HOST:PORT} fills it with what a gateway's history has, by COPY, and makes
 * the indexes afterwards. {@code java HistoryPeer queries JDBC-URL REQUESTS FRAMES RUNS} asks it in SQL what
 * {@link HistoryQueries} asks the gateway over HTTP, and prints the same lines. A kind that is slow is asked less often, so that it
 * takes about half a minute.
 */
final class HistoryPeer {

    private static final String[] TABLES = {"""
        create table run (id text primary key, owner text not null, thread_id text not null, agent text, model text, status text,
            error_code text, metadata jsonb, prompt text, input_tokens bigint, output_tokens bigint, duration_ms bigint,
            created_at timestamptz not null, completed_at timestamptz)\
        """, """
            create table event (id bigserial primary key, run_id text not null, thread_id text not null, owner text not null,
                seq integer not null, type text, created_at timestamptz not null, payload jsonb)\
            """};

    private static final String[] INDEXES = {
        "create unique index event_by_run on event (run_id, seq)",
        "create index event_by_payload on event using gin (payload)",
        "create index run_by_time on run (owner, created_at)",
        "create index run_by_agent on run (owner, agent, created_at)",
        "create index run_by_status on run (owner, status, created_at)",
        "create index run_by_metadata on run using gin (metadata)",
        "create index run_by_thread on run (owner, thread_id)",
        "analyze run",
        "analyze event"
    };

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Connection connection;
    private final int requests;
    private final Random random = new Random(1);
    private final List<String> ids = new ArrayList<>();

    private HistoryPeer(Connection connection, int requests) {
        this.connection = connection;
        this.requests = requests;
    }

    public static void main(String[] args) throws Exception {
        try (Connection connection = DriverManager.getConnection(args[1])) {
            try (Statement sql = connection.createStatement()) {
                sql.execute("create schema if not exists peer");
                sql.execute("set search_path to peer");
            }
            if (args[0].equals("fill")) {
                fill(connection, args[2]);
            } else {
                new HistoryPeer(connection, Integer.parseInt(args[2]))
                        .queries(Integer.parseInt(args[3]), Integer.parseInt(args[4]));
            }
        }
    }

    private static void fill(Connection connection, String gateway) throws Exception {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try (Statement sql = connection.createStatement()) {
            for (String table : TABLES) {
                sql.execute(table);
            }
            String cursor = "";
            do {
                JsonNode page;
                try (InputStream body = get(client, gateway, "/runs?limit=200" + cursor, "application/json")) {
                    page = JSON.readTree(body);
                }
                for (JsonNode run : page.path("data")) {
                    copy(connection, "run", List.of(runLine(run)));
                    copy(
                            connection,
                            "event (run_id, thread_id, owner, seq, type, created_at, payload)",
                            events(client, gateway, run));
                }
                cursor = page.path("meta").path("hasMore").asBoolean()
                        ? "&cursor=" + page.path("meta").path("nextCursor").asText()
                        : "";
            } while (!cursor.isEmpty());
            for (String index : INDEXES) {
                sql.execute(index);
            }
            try (ResultSet row = sql.executeQuery("select (select count(*) from event), pg_table_size('event'),"
                    + " pg_total_relation_size('event_by_payload'), pg_indexes_size('event'),"
                    + " pg_total_relation_size('run')")) {
                row.next();
                System.out.printf(
                        "events %d table %d gin %d indexes %d runs %d%n",
                        row.getLong(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getLong(4) - row.getLong(3),
                        row.getLong(5));
            }
        }
    }

    private static InputStream get(HttpClient client, String gateway, String target, String accept)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = client.send(
                HttpRequest.newBuilder(URI.create("http://" + gateway + "/history/v1" + target))
                        .header("X-API-Key", "rt_test_bench")
                        .header("Accept", accept)
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        if (answer.statusCode() != 200) {
            throw new IOException(target + ": " + answer.statusCode());
        }
        return answer.body();
    }

    private static String runLine(JsonNode run) {
        return line(
                text(run, "id"),
                text(run, "owner"),
                text(run, "threadId"),
                text(run, "agent"),
                text(run, "model"),
                text(run, "status"),
                text(run.path("error"), "code"),
                run.path("metadata").toString(),
                text(run, "prompt"),
                text(run.path("usage"), "inputTokens"),
                text(run.path("usage"), "outputTokens"),
                text(run, "durationMs"),
                text(run, "createdAt"),
                text(run, "completedAt"));
    }

    private static List<String> events(HttpClient client, String gateway, JsonNode run) throws Exception {
        List<String> lines = new ArrayList<>();
        try (InputStream body = get(client, gateway, "/runs/" + text(run, "id") + "/events", "application/x-ndjson");
                BufferedReader reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            for (String each = reader.readLine(); each != null; each = reader.readLine()) {
                JsonNode event = JSON.readTree(each);
                lines.add(line(
                        text(event, "runId"),
                        text(event, "threadId"),
                        text(run, "owner"),
                        text(event, "sequence"),
                        text(event, "type"),
                        text(event, "createdAt"),
                        text(event, "data")));
            }
        }
        return lines;
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isMissingNode() || value.isNull() ? null : value.asText();
    }

    /** A line of COPY. */
    private static String line(String... values) {
        StringBuilder line = new StringBuilder();
        for (String value : values) {
            line.append(line.length() == 0 ? "" : "\t")
                    .append(
                            value == null
                                    ? "\\N"
                                    : value.replace("\\", "\\\\")
                                            .replace("\t", "\\t")
                                            .replace("\n", "\\n")
                                            .replace("\r", "\\r"));
        }
        return line.append('\n').toString();
    }

    private static void copy(Connection connection, String into, List<String> lines) throws SQLException {
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("copy " + into + " from stdin");
        for (String line : lines) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            copy.writeToCopy(bytes, 0, bytes.length);
        }
        copy.endCopy();
    }

    private void queries(int frames, int runs) throws SQLException {
        String owner;
        try (Statement sql = connection.createStatement()) {
            sql.execute("set statement_timeout = '10min'");
            try (ResultSet row = sql.executeQuery("select id, owner from run")) {
                owner = null;
                while (row.next()) {
                    ids.add(row.getString(1));
                    owner = row.getString(2);
                }
            }
        }
        Collections.shuffle(ids, random);
        String newest = " order by created_at desc limit 50";
        String mine = "select * from run where owner = '" + owner + "'";
        String called = " and exists (select 1 from event e where e.run_id = run.id and ";
        ask("runs, first page", n -> mine + newest);
        ask("runs, pages further on", n -> mine + newest + " offset " + n % 100 * 50L * runs / 10_000);
        ask("runs, agent", n -> mine + " and agent = 'agent-" + n % Story.AGENTS + "'" + newest);
        ask(
                "runs, status=failed",
                n -> mine + " and status = 'failed' and created_at < now() - interval '" + n + " hours'" + newest);
        ask(
                "runs, metadata, a common value",
                n -> mine + " and metadata @> '{\"branch\":\"" + (n % 2 == 0 ? "main" : "dev") + "\"}'" + newest);
        ask(
                "runs, metadata, a rare value",
                n -> mine + " and metadata @> '{\"user\":" + n % Story.USERS + "}'" + newest);
        ask(
                "runs, tool",
                n -> mine + called + "e.type = 'tool_call' and e.payload @> '{\"name\":\""
                        + Story.TOOLS[n % Story.TOOLS.length] + "\"}')" + newest);
        ask(
                "runs, agent and status",
                n -> mine + " and agent = 'agent-" + n % Story.AGENTS + "' and status = 'failed'" + newest);
        ask("runs, sort=totalTokens", n -> mine + " order by input_tokens + output_tokens desc nulls last limit 50");
        ask("search, a common word", n -> search(mine, Story.word(n % 50)) + newest);
        ask("search, a rare word", n -> search(mine, Story.word(15_000 + n * 7)) + newest);
        ask("search, a word of one run", n -> search(mine, "only" + n * 31 % runs) + newest);
        ask("search, no hit", n -> search(mine, "nothing" + n) + newest);
        String sums = " count(*), count(*) filter (where status = 'failed'), sum(input_tokens), sum(output_tokens),"
                + " percentile_cont(array[0.5, 0.95, 0.99]) within group (order by duration_ms) from run";
        String year = " where owner = '" + owner + "' and created_at > now() - interval '365 days' group by 1";
        ask("stats, a year by the day", n -> "select date_trunc('day', created_at)," + sums + year);
        ask("stats, a year by agent", n -> "select agent," + sums + year);
        ask(
                "stats, a year by tool",
                n -> "select tool," + sums + " join (select distinct run_id, payload->>'name' as tool from event"
                        + " where type = 'tool_call') called on called.run_id = run.id" + year);
        ask("events, first page", n -> of("*", n) + " order by seq limit 50");
        ask("events, a page in the middle", n -> of("*", n) + " and seq > " + frames / 2 + " order by seq limit 50");
        ask("events, last page", n -> of("*", n) + " order by seq desc limit 50");
        ask("events, tool calls", n -> of("*", n) + " and type = 'tool_call' order by seq limit 50");
        ask(
                "transcript",
                n -> of("string_agg(payload->>'delta', '' order by seq)", n) + " and type = 'assistant_message_delta'");
        ask(
                "runs of a thread",
                n -> mine + " and thread_id = '" + Story.thread(n * 31 % runs) + "' order by created_at");
        ask("tail of an ended run, first byte", n -> of("seq, type, payload", n) + " order by seq limit 100");
    }

    /** Runs with an event that says a word: JSONB finds values as a whole, so the text is compared, of the prompt as well. */
    private static String search(String runs, String word) {
        return runs + " and (prompt ilike '%" + word
                + "%' or id in (select run_id from event where payload::text ilike '%" + word + "%'))";
    }

    private String of(String columns, int n) {
        return "select " + columns + " from event where run_id = '" + ids.get(n * 17 % ids.size()) + "'";
    }

    private void ask(String name, IntFunction<String> query) throws SQLException {
        long until = System.nanoTime() + PATIENCE_NANOS / 4;
        for (int n = 0; n < Math.max(1, requests / 4) && System.nanoTime() < until; n++) {
            run(query.apply(n));
        }
        Samples samples = new Samples(requests);
        until = System.nanoTime() + PATIENCE_NANOS;
        for (int n = 0; n < requests && (n < 3 || System.nanoTime() < until); n++) {
            String sql = query.apply(n);
            long begun = System.nanoTime();
            int found = run(sql);
            samples.took(System.nanoTime() - begun, found);
        }
        samples.print(name);
    }

    private int run(String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            int found = 0;
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                found++;
                for (int i = 1; i <= columns; i++) {
                    row.getString(i);
                }
            }
            return found;
        }
    }
}
