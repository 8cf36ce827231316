package io.runtape.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.runtape.testsupport.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * While gateways are replaced one after the other, those of the version before write into tables that the first new one has
 * migrated. So each migration leaves all of their tables and columns as they are, and takes all that they write; see
 * {@code src/test/resources/writes/README.md}.
 */
class MigrationsOnlyAddTest {

    /** What all later ones add to. */
    private static final int FIRST = 1;

    private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
    private static final Path WRITES = Path.of("src/test/resources/writes");

    private static final Pattern VERSION = Pattern.compile("V(\\d+)(__.*)?");
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** Each migration after {@link #FIRST}, with the state before it, whatever numbers there are, on both databases. */
    static Stream<Arguments> migrations() throws IOException {
        List<Integer> versions = versionsIn(MIGRATIONS);
        List<Arguments> steps = new ArrayList<>();
        for (int i = 1; i < versions.size(); i++) {
            for (Engine engine : Engine.values()) {
                steps.add(Arguments.of(engine, versions.get(i - 1), versions.get(i)));
            }
        }
        return steps.stream();
    }

    private static List<Integer> versionsIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> VERSION.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Integer.valueOf(name.group(1)))
                    .sorted()
                    .toList();
        }
    }

    /** An empty database, and what is migrated in it. */
    private record Database(Engine engine, String url) implements AutoCloseable {

        static Database fresh(Engine engine) {
            return switch (engine) {
                case H2 ->
                    new Database(
                            engine,
                            "jdbc:h2:mem:migrations" + NUMBERS.incrementAndGet()
                                    + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH;DB_CLOSE_DELAY=-1");
                case POSTGRESQL ->
                    new Database(
                            engine,
                            "jdbc:" + PostgresServer.freshDatabase().replace("postgres@", "") + "?user=postgres");
            };
        }

        void migrate(int version) {
            Flyway.configure()
                    .dataSource(url, null, null)
                    .locations("filesystem:" + MIGRATIONS)
                    .placeholders(engine.placeholders())
                    .target(Integer.toString(version))
                    .load()
                    .migrate();
        }

        void execute(String sql) throws SQLException {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }

        /** All columns, by {@code table.column}. */
        Map<String, Column> columns() throws SQLException {
            Map<String, Column> columns = new TreeMap<>();
            try (Connection connection = DriverManager.getConnection(url);
                    ResultSet row = connection.getMetaData().getColumns(null, "public", null, null)) {
                while (row.next()) {
                    String table = row.getString("TABLE_NAME").toLowerCase(Locale.ROOT);
                    String name = row.getString("COLUMN_NAME").toLowerCase(Locale.ROOT);
                    columns.put(
                            table + "." + name,
                            new Column(
                                    table,
                                    row.getString("TYPE_NAME"),
                                    row.getLong("COLUMN_SIZE"),
                                    row.getString("IS_NULLABLE").equals("YES"),
                                    row.getString("COLUMN_DEF") != null));
                }
            }
            return columns;
        }

        /** Writes all that a gateway of that state does. */
        void write(int version) throws SQLException {
            int number = NUMBERS.incrementAndGet();
            for (Path file : writesOf(version)) {
                for (String statement : statementsIn(file)) {
                    String sql = statement.replace("${n}", Integer.toString(number));
                    try {
                        execute(sql);
                    } catch (SQLException e) {
                        throw new SQLException(
                                e.getMessage() + "; a gateway of V" + version + " writes (" + file + "): " + sql, e);
                    }
                }
            }
        }

        @Override
        public void close() throws SQLException {
            if (engine == Engine.H2) {
                execute("shutdown");
            }
        }
    }

    /** What of a column those notice who write it, or do not know it. */
    private record Column(String table, String type, long size, boolean nullable, boolean hasDefault) {

        boolean mayBeLeftOut() {
            return nullable || hasDefault;
        }
    }

    private static List<Path> writesOf(int version) {
        Map<String, Path> newest = new TreeMap<>();
        try (Stream<Path> directories = Files.list(WRITES)) {
            directories
                    .filter(directory -> numberOf(directory) > 0 && numberOf(directory) <= version)
                    .sorted((a, b) -> Integer.compare(numberOf(a), numberOf(b)))
                    .forEach(directory -> filesIn(directory)
                            .forEach(file -> newest.put(file.getFileName().toString(), file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.copyOf(newest.values());
    }

    private static int numberOf(Path directory) {
        Matcher name = VERSION.matcher(directory.getFileName().toString());
        return name.matches() ? Integer.parseInt(name.group(1)) : 0;
    }

    private static List<Path> filesIn(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> statementsIn(Path file) {
        try {
            return Arrays.stream(Files.readString(file, UTF_8).split(";\\s*\n"))
                    .filter(statement -> !statement.isBlank())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a migration took from those who know only the columns before it. */
    private static List<String> broken(Map<String, Column> before, Map<String, Column> after) {
        List<String> broken = new ArrayList<>();
        before.forEach((name, was) -> {
            Column is = after.get(name);
            if (is == null) {
                broken.add(name + " is gone");
            } else if (!is.type().equals(was.type()) || is.size() < was.size()) {
                broken.add(name + " is " + is.type() + " of " + is.size() + " and was " + was.type() + " of "
                        + was.size());
            } else if (was.mayBeLeftOut() && !is.mayBeLeftOut() || was.nullable() && !is.nullable()) {
                broken.add(name + " must be there now");
            }
        });
        after.forEach((name, is) -> {
            boolean knownTable =
                    before.values().stream().anyMatch(was -> was.table().equals(is.table()));
            if (knownTable && !before.containsKey(name) && !is.mayBeLeftOut()) {
                broken.add(name + " is new, and must be there");
            }
        });
        return broken;
    }

    @ParameterizedTest(name = "{0}, V{1} to V{2}", allowZeroInvocations = true)
    @MethodSource("migrations")
    void takesNothingFromTheVersionBefore(Engine engine, int before, int after) throws SQLException {
        try (Database database = Database.fresh(engine)) {
            database.migrate(before);
            Map<String, Column> known = database.columns();
            database.migrate(after);

            assertEquals(List.of(), broken(known, database.columns()), "by V" + after);
        }
    }

    @ParameterizedTest(name = "{0}, V{1} to V{2}", allowZeroInvocations = true)
    @MethodSource("migrations")
    void takesWhatTheVersionBeforeWrites(Engine engine, int before, int after) throws SQLException {
        try (Database database = Database.fresh(engine)) {
            database.migrate(before);
            database.write(before);
            database.migrate(after);

            try {
                database.write(before);
            } catch (SQLException e) {
                fail("V" + after + " refuses it: " + e.getMessage(), e);
            }
        }
    }

    /** What is written here is what is written now, as far as its tables show. */
    @ParameterizedTest
    @EnumSource
    void knowsWritesToEachTable(Engine engine) throws Exception {
        try (Database database = Database.fresh(engine)) {
            int newest = versionsIn(MIGRATIONS).stream().reduce(0, Integer::max);
            database.migrate(newest);
            database.write(newest);
            StringBuilder written = new StringBuilder();
            for (Path file : writesOf(newest)) {
                written.append(Files.readString(file, UTF_8));
            }

            List<String> unwritten = database.columns().values().stream()
                    .map(Column::table)
                    .distinct()
                    .filter(table -> !table.startsWith("flyway_"))
                    // Partitions of the tables of blocks and of sums, which name them.
                    .filter(table -> !table.startsWith("block_") && !table.startsWith("stats_sum_"))
                    .filter(table -> !written.toString().contains("insert into " + table + " "))
                    .toList();
            assertEquals(List.of(), unwritten, "add what is written to them, see " + WRITES.resolve("README.md"));
        }
    }

    /** A rule that is kept by a test which says how it is broken. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alter table frame drop column parts | [frame.parts is gone]",
                "alter table frame rename column parts to pieces | [frame.parts is gone]",
                "alter table ticket rename to pass | [ticket.expires_at is gone, ticket.hash is gone, ticket.owner is gone,"
                        + " ticket.run_pk is gone, ticket.thread_id is gone, ticket.used_at is gone]",
                "alter table frame add column colour integer not null | [frame.colour is new, and must be there]",
                "alter table frame add column colour integer not null default 3 | []",
                "alter table frame add column colour integer | []",
                "alter table frame alter column parts set not null | [frame.parts must be there now]",
                "create table colour (id bigint not null primary key) | []"
            })
    void saysWhatIsBroken(String migration, String said) throws SQLException {
        for (Engine engine : Engine.values()) {
            try (Database database = Database.fresh(engine)) {
                database.migrate(FIRST);
                Map<String, Column> known = database.columns();

                database.execute(migration);

                assertEquals(said, broken(known, database.columns()).toString(), engine::toString);
            }
        }
    }

    /** Of what no column shows, the writes themselves tell. */
    @ParameterizedTest
    @EnumSource
    void saysWhatIsRefused(Engine engine) throws SQLException {
        try (Database database = Database.fresh(engine)) {
            database.migrate(FIRST);
            database.write(FIRST);

            database.execute(
                    "alter table run add constraint names_nobody check (agent <> 'agent' or status = 'completed')");

            try {
                database.write(FIRST);
            } catch (SQLException e) {
                assertTrue(e.getMessage().contains("run.sql): insert into run"), e::getMessage);
                return;
            }
            fail("it was taken");
        }
    }
}
