package io.runtape.facet;

import io.runtape.Requests;
import io.runtape.access.Owner;
import io.runtape.facet.Trait.Kind;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.postgresql.PGConnection;

/**
 * Fills the history of the one owner that it has with runs, as the gateway's index would have them, and tells how long lists
 * with filters take, with hits and without. Half of the agents only ever use one model, and only one of them ever fails, so
 * that many pairs of filters that are common by themselves have no hits. All kinds are asked in two rounds: the first makes the
 * gateway warm. See bench/filters.sh.
 */
final class Filters {

    private static final int CHUNK = 5000;

    private static final List<String> QUERIES = List.of(
            "limit=50",
            "agent=agent-1",
            "agent=nobody",
            "status=completed",
            "status=failed",
            "status=cancelled",
            "model=model-2",
            "upstream=other",
            "tool=shell",
            "tool=rare",
            "errorCode=busy",
            "metadata.branch=main",
            "metadata.user=7",
            "metadata.user=nobody",
            "minDurationMs=9000",
            "minDurationMs=9999999",
            "maxDurationMs=3",
            "completedSince=-1h",
            "completedUntil=-300d",
            "since=-1h",
            "agent=agent-1&status=completed",
            "agent=agent-1&status=failed",
            "agent=agent-2&model=model-1",
            "agent=agent-2&agent=agent-4&model=model-1",
            "model=model-2&upstream=other",
            "tool=shell&status=failed",
            "tool=shell&agent=agent-2",
            "tool=shell&metadata.branch=dev",
            "tool=shell&metadata.branch=main",
            "tool=shell&metadata.branch=dev&order=asc",
            "tool=shell&metadata.branch=dev&sort=durationMs",
            "tool=browse&metadata.branch=dev&agent=agent-1",
            "tool=browse&agent=agent-2&status=completed",
            "metadata.branch=dev&metadata.user=7",
            "metadata.branch=main&status=failed",
            "agent=agent-1&minDurationMs=9000",
            "status=failed&minDurationMs=9999",
            "sort=durationMs",
            "sort=durationMs&order=asc&agent=agent-1",
            "sort=totalTokens",
            "sort=totalTokens&status=failed",
            "sort=totalTokens&agent=agent-2&model=model-1",
            "sort=durationMs&since=-1h",
            // A three hundredth of all runs.
            "sort=durationMs&metadata.team=7",
            "sort=totalTokens&order=asc&metadata.team=7",
            "sort=durationMs&metadata.team=7&agent=agent-7",
            "sort=durationMs&metadata.team=7&metadata.branch=main",
            // A twentieth of all runs, which took shortest.
            "sort=durationMs&metadata.quick=true",
            "sort=durationMs&metadata.quick=true&agent=agent-1",
            // The four thousand oldest runs, which took longest.
            "minDurationMs=60000",
            "sort=durationMs&order=asc&metadata.old=true",
            "sort=durationMs&order=asc&minDurationMs=60000");

    private Filters() {}

    public static void main(String[] args) throws Exception {
        int runs = Integer.parseInt(args[2]);
        try (Connection connection = DriverManager.getConnection(args[1], "postgres", "")) {
            connection.setSchema("runtape");
            long begun = System.nanoTime();
            fill(connection, runs);
            System.out.printf("%d runs in %d s%n", runs, (System.nanoTime() - begun) / 1_000_000_000);
            try (Statement sizes = connection.createStatement();
                    ResultSet row = sizes.executeQuery("""
                            select relname, pg_total_relation_size(oid) from pg_class
                            where relname in ('run', 'run_facet', 'run_fact', 'trait_segment', 'trait_block', 'trait_column', 'trait_chunk') and relnamespace = 'runtape'::regnamespace""")) {
                while (row.next()) {
                    System.out.printf("%s: %d bytes a run%n", row.getString(1), row.getLong(2) / runs);
                }
            }
        }
        Requests requests = new Requests(args[0], Integer.parseInt(args[3]));
        for (String round : Requests.ROUNDS) {
            System.out.println(round);
            for (String query : QUERIES) {
                requests.measure(query, n -> "/runs?" + query, "threadId");
            }
        }
    }

    private static void fill(Connection connection, int runs) throws SQLException, IOException {
        Owner owner;
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select owner from run limit 1")) {
            row.next();
            owner = new Owner(row.getString(1));
        }
        long now = Instant.now().getEpochSecond();
        for (int from = 0; from < runs; from += CHUNK) {
            StringBuilder rows = new StringBuilder();
            StringBuilder facts = new StringBuilder();
            StringBuilder facets = new StringBuilder();
            for (int i = from; i < Math.min(from + CHUNK, runs); i++) {
                // A year, the oldest first.
                long created = (now - 31_536_000L + 31_536_000L * i / runs) * 1_000_000 + i % 1000;
                add(owner, 900_000_000_000_000L + i, i, created, rows, facts, facets);
            }
            copy(connection, "run (run_pk, owner, id, thread_id, node_id, agent, path, upstream, model, status, stream, metadata,"
                    + " config, request_body, prompt, result, error, created_at, completed_at, indexed_at)", rows);
            copy(connection, "run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens)", facts);
            copy(connection, "run_facet", facets);
        }
        long begun = System.nanoTime();
        connection.setAutoCommit(false);
        while (TraitSegments.outside(connection, Trait.ofOwner(owner)) >= TraitSegments.RUNS_MIN) {
            TraitSegments.add(connection, owner.id(), Trait.ofOwner(owner), TraitSegments.RUNS_MAX);
            connection.commit();
        }
        connection.setAutoCommit(true);
        System.out.printf("segments of them in %d s%n", (System.nanoTime() - begun) / 1_000_000_000);
        try (Statement vacuum = connection.createStatement()) {
            vacuum.execute("vacuum analyze run");
            vacuum.execute("vacuum analyze run_fact");
            vacuum.execute("vacuum analyze run_facet");
            vacuum.execute("vacuum analyze trait_segment");
            vacuum.execute("vacuum analyze trait_block");
        }
    }

    private static void add(
            Owner owner, long runPk, int i, long created, StringBuilder rows, StringBuilder facts, StringBuilder facets) {
        int agent = i % 10;
        boolean old = i < 4000;
        boolean failed = agent == 5 && i % 1000 == 5;
        String status = failed ? "failed" : "completed";
        String model = "model-" + (agent % 2 == 0 ? 0 : i / 10 % 3);
        long duration = old ? 60_000 + i : i * 7919L % 10_000;
        String metadata = "{\"branch\":\"" + (i % 4 == 0 ? "dev" : "main") + "\",\"user\":" + i % 5000 + ",\"team\":" + i / 10 % 300
                + (old ? ",\"old\":true" : "") + (duration < 500 ? ",\"quick\":true}" : "}");
        String error = failed ? "{\"code\":\"busy\",\"message\":\"Later.\"}" : null;
        RunTraits traits = new RunTraits(owner)
                .with(Kind.THREAD, "thr_" + i / 3)
                .with(Kind.STATUS, status)
                .with(Kind.AGENT, "agent-" + agent)
                .with(Kind.MODEL, model)
                .with(Kind.UPSTREAM, "default")
                .withError(error)
                .withMetadata(metadata)
                .with(Kind.TOOL, agent % 2 == 0 ? "browse" : "shell");
        for (long key : traits.keysAndPairs()) {
            line(facets, key, created, runPk);
        }
        line(facts, runPk, Trait.ofOwner(owner), created, created + duration * 1000, duration, i % 3 == 0 ? null : i % 9973);
        Instant at = Instant.ofEpochSecond(created / 1_000_000, created % 1_000_000 * 1000);
        line(rows, runPk, owner.id(), "run_bench" + i, "thr_" + i / 3, runPk >> 40, "agent-" + agent, "/v1/run", "default",
                model, status, true, metadata, "{}", "\\\\x", "Run the tests, and tell what came of them.",
                failed ? null : "\"All of them are green.\"", error, at, at.plusMillis(duration), at);
    }

    private static void line(StringBuilder to, Object... values) {
        for (int i = 0; i < values.length; i++) {
            to.append(i == 0 ? "" : "\t").append(values[i] == null ? "\\N" : values[i]);
        }
        to.append('\n');
    }

    private static void copy(Connection connection, String into, StringBuilder rows) throws SQLException, IOException {
        connection.unwrap(PGConnection.class).getCopyAPI().copyIn("copy " + into + " from stdin", new StringReader(rows.toString()));
    }
}
