package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.Script;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@QuarkusTest
@WithTestResource(H2Resource.class)
class ArchiveH2Test extends ArchiveTest {

    private static final Path GUIDE = Path.of("docs/guides/archive.md");
    private static final Pattern SQL = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

    private static final byte[] NO_UTF_8 = {'d', 'a', 't', 'a', ':', (byte) 0xff, '\n', '\n'};

    /** The queries that the guide shows, over an archive of this gateway. */
    @Test
    void isReadByDuckDb(@TempDir Path directory) throws Exception {
        String usage = "{\"result\":\"ok\",\"usage\":{\"inputTokens\":3,\"outputTokens\":5}}";
        for (int i = 0; i < 3; i++) {
            record(
                    body("Question " + i),
                    Script.stream(
                            "event: token\ndata: {\"n\":1}\n\n", "event: run_completed\ndata: " + usage + "\n\n"));
        }
        record(body("Question 3"), Script.stream(NO_UTF_8));
        Path archive = directory.resolve("runs.ndjson.gz");
        Files.write(archive, zipped(export("/runs").getBytes(UTF_8)));
        List<String> queries = new ArrayList<>();
        SQL.matcher(Files.readString(GUIDE))
                .results()
                .forEach(block -> queries.addAll(List.of(block.group(1).split(";\\s*"))));
        assertEquals(5, queries.size());

        List<List<Object>> rows = new ArrayList<>();
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement()) {
            for (String query : queries) {
                boolean found = statement.execute(query.replace("'runs.ndjson.gz'", "'" + archive + "'")
                        .replace("'runs.parquet'", "'" + directory.resolve("runs.parquet") + "'")
                        .replace("'events.parquet'", "'" + directory.resolve("events.parquet") + "'"));
                rows.add(new ArrayList<>());
                if (found) {
                    try (ResultSet row = statement.getResultSet()) {
                        while (row.next()) {
                            rows.get(rows.size() - 1).add(row.getObject(1));
                            rows.get(rows.size() - 1).add(row.getObject(2));
                        }
                    }
                }
            }
            try (ResultSet row = statement.executeQuery("select count(*), count(distinct run), max(type), count(text),"
                    + " min(from_base64(base64)) from '" + directory.resolve("events.parquet") + "'")) {
                assertTrue(row.next());
                assertEquals(
                        List.of(7L, 4L, "token", 6L),
                        List.of(row.getLong(1), row.getLong(2), row.getString(3), row.getLong(4)));
                assertArrayEquals(NO_UTF_8, row.getBytes(5));
            }
            try (ResultSet row = statement.executeQuery("select count(*), count(distinct id), min(agent),"
                    + " sum((usage->>'outputTokens')::bigint), max(completedAt - createdAt) > interval '0' second from '"
                    + directory.resolve("runs.parquet") + "'")) {
                assertTrue(row.next());
                assertEquals(
                        List.of(4L, 4L, "archivist", 15L),
                        List.of(row.getLong(1), row.getLong(2), row.getString(3), row.getLong(4)));
                assertTrue(row.getBoolean(5));
            }
        }
        assertEquals(List.of("archivist", 4L), rows.get(1));
        assertEquals(14, rows.get(2).size());
    }
}
