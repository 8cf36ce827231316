package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.segment.Columns;
import io.runtape.segment.Document;
import io.runtape.segment.Segment;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The traits of runs as terms of segments, for searches by several traits that no row has together. They are copied from the
 * rows of the runs, many runs at a time; whoever reads them looks at the rows of the runs that he finds, since a run may be
 * indexed anew. Plain SQL: it locks rows, and passes over those that are locked. Blocks; for the transaction of its caller.
 */
final class TraitSegments {

    /** So many runs of an owner make a segment, at least; fewer are looked at one by one. */
    static final int RUNS_MIN = 256;

    /** And at the most: those that a version without segments has left. */
    static final int RUNS_MAX = RUNS_MIN * SegmentMerge.SEGMENTS;

    static final String COUNT = """
            select count(*) from (
                select 1 from run_fact where in_segment = false and owner_key = ?
                order by in_segment, owner_key, created_us limit %d) c""".formatted(2 * RUNS_MIN);

    static final String CLAIM = """
            select run_pk, created_us, duration_ms, total_tokens from run_fact where in_segment = false and owner_key = ?
            order by in_segment, owner_key, created_us limit ? for update skip locked""";

    static final String TRAITS = "select run_pk, facet from run_facet where run_pk = any(?)";

    static final String VALUES = "select run_pk, duration_ms, total_tokens from run_fact where run_pk = any(?)";

    static final String DONE = "update run_fact set in_segment = true where run_pk = any(?)";

    /** Keys of one statement. */
    private static final int AT_ONCE = 512;

    private TraitSegments() {}

    /** How many runs of an owner are in no segment; as many as two segments have, or more, are as many as those. */
    static int outside(Connection connection, long ownerKey) throws SQLException {
        try (PreparedStatement count = connection.prepareStatement(COUNT)) {
            count.setLong(1, ownerKey);
            try (ResultSet row = count.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /**
     * Makes a segment of runs of an owner that are in none, the oldest of them. Does nothing if they are too few, or another
     * gateway is about to do so.
     *
     * @param runsMax of so many runs
     * @return whether it made one
     */
    static boolean add(Connection connection, String owner, long ownerKey, int runsMax) throws SQLException {
        Map<Long, Claimed> runs = claim(connection, ownerKey, runsMax);
        if (runs.size() < RUNS_MIN) {
            return false;
        }
        Map<Document, Set<String>> termsOfRuns = new HashMap<>();
        List<Long> keys = List.copyOf(runs.keySet());
        for (int from = 0; from < keys.size(); from += AT_ONCE) {
            List<Long> some = keys.subList(from, Math.min(from + AT_ONCE, keys.size()));
            for (Map.Entry<Long, Set<Long>> traits : traits(connection, some).entrySet()) {
                Claimed run = Objects.requireNonNull(runs.get(traits.getKey()));
                Set<String> terms = terms(new Owner(owner), traits.getValue());
                terms.add(TraitQuery.termOfDuration(run.values.durationMs));
                termsOfRuns.put(run.document, terms);
            }
            try (PreparedStatement update = prepare(connection, DONE, some)) {
                update.executeUpdate();
            }
        }
        Segment segment = Segment.of(termsOfRuns, SegmentKind.TRAITS);
        Map<Long, Values> values = new HashMap<>();
        runs.forEach((runPk, run) -> values.put(runPk, run.values));
        List<byte[]> columns = columns(segment.documents(), values);
        SegmentMerge.add(connection, owner, SegmentKind.TRAITS, segment.with(columns), RUNS_MIN);
        return true;
    }

    /** A run that comes into a segment. */
    private record Claimed(Document document, Values values) {}

    /** What a run is sorted by. */
    private record Values(long durationMs, @Nullable Long totalTokens) {

        static Values of(ResultSet row, int first) throws SQLException {
            return new Values(row.getLong(first), row.getObject(first + 1, Long.class));
        }
    }

    /** The columns of some runs, by their keys; those that are gone have no values. */
    private static List<byte[]> columns(List<Document> documents, Map<Long, Values> runs) {
        byte[] durations = new byte[documents.size()];
        byte[] tokens = new byte[documents.size()];
        for (int i = 0; i < durations.length; i++) {
            @Nullable Values run = runs.get(documents.get(i).runPk());
            if (run != null) {
                @Nullable Long total = run.totalTokens;
                durations[i] = (byte) ValueColumn.rounded(run.durationMs);
                tokens[i] = total == null ? 0 : (byte) ValueColumn.rounded(total);
            }
        }
        return List.of(durations, tokens);
    }

    /** Adds columns to a segment of an earlier version. */
    static void addColumns(Connection connection, long segmentPk) throws SQLException {
        Columns.add(connection, SegmentKind.TRAITS, segmentPk, TraitSegments::columns);
    }

    private static List<byte[]> columns(Connection connection, List<Document> documents) throws SQLException {
        Map<Long, Values> runs = new HashMap<>();
        for (int from = 0; from < documents.size(); from += AT_ONCE) {
            List<Document> some = documents.subList(from, Math.min(from + AT_ONCE, documents.size()));
            List<Long> keys = some.stream().map(Document::runPk).toList();
            try (PreparedStatement select = prepare(connection, VALUES, keys);
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    runs.put(row.getLong(1), Values.of(row, 2));
                }
            }
        }
        return columns(documents, runs);
    }

    private static Map<Long, Claimed> claim(Connection connection, long ownerKey, int runsMax) throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
            claim.setLong(1, ownerKey);
            claim.setInt(2, runsMax);
            try (ResultSet row = claim.executeQuery()) {
                Map<Long, Claimed> runs = new LinkedHashMap<>();
                while (row.next()) {
                    Document document = new Document(row.getLong(2), row.getLong(1));
                    runs.put(document.runPk(), new Claimed(document, Values.of(row, 3)));
                }
                return runs;
            }
        }
    }

    private static Map<Long, Set<Long>> traits(Connection connection, List<Long> runs) throws SQLException {
        Map<Long, Set<Long>> traits = new HashMap<>();
        try (PreparedStatement select = prepare(connection, TRAITS, runs);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                traits.computeIfAbsent(row.getLong(1), key -> new TreeSet<>()).add(row.getLong(2));
            }
        }
        return traits;
    }

    /** The terms of the keys that are no pairs. */
    private static Set<String> terms(Owner owner, Set<Long> keys) {
        Set<String> terms = new TreeSet<>();
        Trait.withStatus(owner, keys).forEach(key -> terms.add(TraitQuery.term(key)));
        return terms;
    }

    private static PreparedStatement prepare(Connection connection, String sql, List<Long> keys) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setArray(1, connection.createArrayOf("bigint", keys.toArray()));
        return statement;
    }
}
