package io.runtape.stats;

import io.runtape.Requests;
import io.runtape.run.Run;
import io.runtape.stats.Span.Length;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;

/**
 * Fills the sums of the one owner that the history has, as the gateway's index would have them after that many runs over a
 * year, and tells how long stats take, in two rounds: the first makes the gateway warm. There are no runs behind the sums:
 * stats read nothing else. See bench/filters.sh --stats.
 */
final class Stats {

    private static final int AGENTS = 10;
    private static final int MODELS = 3;
    private static final List<String> TOOLS = List.of("shell", "browse", "edit_file");
    private static final int DAYS = 365;

    /** Gateways that have recorded them: sums of each are rows of their own. */
    private static final int GATEWAYS = 2;

    private static final String YEAR = "since=-365d";

    private static final List<String> QUERIES = List.of(
            "since=-9999d",
            YEAR,
            YEAR + "&groupBy=agent",
            YEAR + "&groupBy=model",
            YEAR + "&groupBy=status",
            YEAR + "&groupBy=tool",
            YEAR + "&groupBy=path",
            YEAR + "&groupBy=owner",
            YEAR + "&groupBy=agent&groupBy=model",
            YEAR + "&groupBy=agent&groupBy=status",
            YEAR + "&agent=agent-3&groupBy=model",
            YEAR + "&groupBy=day",
            YEAR + "&agent=agent-3&groupBy=day",
            "since=-30d&groupBy=hour",
            "since=-7d&groupBy=hour",
            "since=-24h&groupBy=hour");

    private Stats() {}

    public static void main(String[] args) throws Exception {
        int runs = Integer.parseInt(args[2]);
        try (Connection connection = DriverManager.getConnection(args[1], "postgres", "")) {
            connection.setSchema("runtape");
            long begun = System.nanoTime();
            fill(connection, runs);
            System.out.printf("the sums of %d runs in %d s%n", runs, (System.nanoTime() - begun) / 1_000_000_000);
            try (Statement sizes = connection.createStatement();
                    ResultSet row = sizes.executeQuery("select count(*), (select sum(pg_total_relation_size(relid)) from pg_partition_tree('stats_sum')) from stats_sum")) {
                row.next();
                System.out.printf("%d rows, %d MB%n", row.getLong(1), row.getLong(2) / 1_000_000);
            }
        }
        Requests requests = new Requests(args[0], Integer.parseInt(args[3]));
        for (String round : Requests.ROUNDS) {
            System.out.println(round);
            ask(requests);
        }
    }

    private static void ask(Requests requests) throws IOException, InterruptedException {
        for (String query : QUERIES) {
            // Each asks for a time of its own: answers to the same question may be kept somewhere.
            requests.measure(query, n -> "/stats?" + query + "&until=-" + n % 24 + "h", "runs");
        }
    }

    private record Key(Span span, int startHour, Labels labels, int shard) {}

    private static void fill(Connection connection, int runs) throws SQLException, IOException {
        String owner;
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select owner from run limit 1")) {
            row.next();
            owner = row.getString(1);
        }
        try (Statement delete = connection.createStatement()) {
            // Of the run that has made the owner known.
            delete.execute("delete from stats_sum");
        }
        int hours = DAYS * SumRows.HOURS_A_DAY;
        int first = SumRows.hour(Instant.now()) - hours;
        Map<Length, Map<Key, Sums>> sums = new EnumMap<>(Length.class);
        for (Length length : Length.values()) {
            sums.put(length, new HashMap<>());
        }
        long number = 0;
        for (int hour = first; hour <= first + hours; hour++) {
            for (; number * hours < (long) runs * (hour + 1 - first) && number < runs; number++) {
                add(number, hour, sums);
            }
            copy(connection, owner, sums.get(Length.HOUR));
            if (SumRows.day(hour + 1) == hour + 1 || number == runs) {
                copy(connection, owner, sums.get(Length.DAY));
            }
            if (SumRows.month(hour + 1) == hour + 1 || number == runs) {
                copy(connection, owner, sums.get(Length.MONTH));
            }
        }
        try (Statement vacuum = connection.createStatement()) {
            vacuum.execute("vacuum analyze stats_sum");
        }
    }

    private static void add(long number, int hour, Map<Length, Map<Key, Sums>> to) {
        int scattered = (int) (number * 2_654_435_761L >>> 8 & 0xffffff);
        Run run = new Run();
        run.createdAt = Instant.ofEpochSecond(hour * 3600L);
        run.firstEventAt = run.createdAt.plusMillis(200 + scattered % 1500);
        run.usage = scattered % 5 == 0
                ? null
                : "{\"inputTokens\":" + scattered % 20_000 + ",\"outputTokens\":" + scattered % 3000 + "}";
        Sums sums = Sums.of(run, run.createdAt.plusMillis(1000 + scattered % 60_000));
        String status = scattered % 50 == 0 ? "failed" : scattered % 70 == 0 ? "cancelled" : "completed";
        int shard = scattered % 11 % GATEWAYS;
        Labels labels = new Labels(
                status, "agent-" + scattered % AGENTS, "model-" + scattered / 10 % MODELS, "/v1/run", "default", null);
        List<String> tools = TOOLS.subList(0, scattered % (TOOLS.size() + 1));
        for (Span span : Span.values()) {
            List<Labels> each = span.isOfTools() ? tools.stream().map(labels::withTool).toList() : List.of(labels);
            for (Labels of : each) {
                Key key = new Key(span, span.begin(hour), of.only(span.labels()), shard);
                to.get(span.length()).computeIfAbsent(key, k -> new Sums()).add(sums);
            }
        }
    }

    private static void copy(Connection connection, String owner, Map<Key, Sums> sums) throws SQLException, IOException {
        StringBuilder rows = new StringBuilder();
        for (Map.Entry<Key, Sums> each : sums.entrySet()) {
            Key key = each.getKey();
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            key.labels.write(content);
            each.getValue().write(content);
            rows.append(owner).append('\t').append(key.span.number()).append('\t').append(key.startHour).append('\t')
                    .append(key.labels.key()).append('\t').append(key.shard).append("\t\\\\x")
                    .append(HexFormat.of().formatHex(content.toByteArray())).append('\n');
        }
        connection.unwrap(PGConnection.class).getCopyAPI().copyIn("copy stats_sum from stdin", new StringReader(rows.toString()));
        sums.clear();
    }
}
