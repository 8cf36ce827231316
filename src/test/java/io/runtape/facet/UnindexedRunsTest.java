package io.runtape.facet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import io.runtape.history.IndexedHistory;
import io.runtape.store.Engine;
import io.runtape.testsupport.ReadTexts;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that the index does not have are found by texts of any length, of which no more than one is in memory at once. */
abstract class UnindexedRunsTest extends IndexedHistory {

    private static final int LONG_CHARS = 200_000;

    private static final int RUNS = 6;

    @Inject
    RunFinder finder;

    @Inject
    DataSource database;

    /** The newest first; those at even places are asked for. */
    private final List<Long> keys = new ArrayList<>();

    private void recordLong() throws Exception {
        for (int i = 0; i < RUNS; i++) {
            String word = i % 2 == 0 ? "wanted" : "other";
            String pad = "x".repeat(LONG_CHARS);
            String id = record(
                    "{\"agent\":\"long\",\"metadata\":{\"pad\":\"" + pad + "\",\"is\":\"" + word + "\"}}",
                    Script.json(503, "{\"error\":{\"message\":\"" + pad + "\",\"code\":\"" + word + "\"}}"));
            awaitIndexed(id);
            keys.add(0, table().key(id));
        }
        String shorter = record(
                "{\"agent\":\"short\",\"metadata\":{\"is\":\"wanted\"}}",
                Script.json(503, "{\"error\":{\"message\":\"Later.\",\"code\":\"wanted\"}}"));
        awaitIndexed(shorter);
        keys.add(0, table().key(shorter));
    }

    private RunCriteria criteria() {
        return new RunCriteria(new Owner(json("/runs?limit=1").getString("data[0].owner")));
    }

    /** Those found while none of the owner's runs is indexed: so it is in this transaction alone. */
    private List<Long> found(RunCriteria criteria, RunOrder order) throws SQLException {
        try (Connection connection = store().connect();
                Statement update = connection.createStatement()) {
            connection.setAutoCommit(false);
            update.executeUpdate("update run set indexed_at = null where owner = '"
                    + criteria.owner().id() + "'");
            ReadTexts texts = new ReadTexts();

            UnindexedRuns found = UnindexedRuns.find(texts.of(connection), criteria, order, Optional.empty(), RUNS + 1);

            assertEquals(RUNS + 1, found.keys().orElseThrow().size());
            assertTrue(
                    texts.mostChars() < 3 * LONG_CHARS,
                    () -> "one statement brought texts of " + texts.mostChars() + " characters");
            connection.rollback();
            return found.found().stream().map(Place::runPk).toList();
        }
    }

    private List<Long> wanted() {
        List<Long> wanted = new ArrayList<>(List.of(keys.get(0)));
        for (int i = 2; i <= RUNS; i += 2) {
            wanted.add(keys.get(i));
        }
        return wanted;
    }

    @Test
    void findsRunsByLongTexts() throws Exception {
        recordLong();

        assertEquals(wanted(), found(criteria().with(Kind.ERROR, Optional.of("wanted")), RunOrder.NEWEST));
        assertEquals(wanted(), found(criteria().withMetadata("is", "wanted"), RunOrder.NEWEST));
        assertEquals(
                wanted(),
                found(
                        criteria()
                                .withMetadata("is", "wanted")
                                .with(Kind.ERROR, Optional.of("wanted"))
                                .with(Kind.STATUS, Optional.of("failed")),
                        new RunOrder(By.TOTAL_TOKENS, true)));
        assertEquals(
                List.of(),
                found(criteria().withMetadata("is", "other").with(Kind.ERROR, Optional.of("wanted")), RunOrder.NEWEST));
        assertEquals(List.of(), found(criteria().with(Kind.ERROR, Optional.of("none")), RunOrder.NEWEST));
        assertEquals(List.of(), found(criteria().withMetadata("is", "none"), RunOrder.NEWEST));
    }

    /** What all rows tell is looked at first. */
    @Test
    void readsNoLongTextOfARunThatIsOtherwiseNotAskedFor() throws Exception {
        recordLong();
        RunCriteria shorter = criteria()
                .anyOf(Kind.AGENT, List.of("short"))
                .withMetadata("is", "wanted")
                .with(Kind.ERROR, Optional.of("wanted"));

        try (Connection connection = store().connect();
                Statement update = connection.createStatement()) {
            connection.setAutoCommit(false);
            update.executeUpdate("update run set indexed_at = null where owner = '"
                    + shorter.owner().id() + "'");
            ReadTexts texts = new ReadTexts();

            UnindexedRuns found = UnindexedRuns.among(texts.of(connection), shorter, RunOrder.NEWEST, keys);

            assertEquals(
                    List.of(keys.get(0)),
                    found.found().stream().map(Place::runPk).toList());
            assertTrue(texts.allChars() < LONG_CHARS, () -> texts.allChars() + " characters were read");
            connection.rollback();
        }
    }

    /** In this transaction alone: many others wait to be indexed, or so many that not all of their keys are known. */
    @ParameterizedTest
    @ValueSource(ints = {1001, UnindexedRuns.LOOKED_UP_MAX + 1})
    void findsNoRunByWhatItWasBeforeItsOutcomeChanged(int waiting) throws Exception {
        recordLong();
        RunCriteria failed = criteria().with(Kind.STATUS, Optional.of("failed"));
        RunCriteria completed = criteria().with(Kind.STATUS, Optional.of("completed"));
        long changed = keys.get(0);

        String numbers =
                (store().engine() == Engine.H2 ? "system_range(1, " : "generate_series(1, ") + waiting + ") as n(i)";
        QuarkusTransaction.begin();
        try (Connection connection = database.getConnection();
                Statement update = connection.createStatement()) {
            update.executeUpdate("update run set indexed_at = null, status = 'completed' where run_pk = " + changed);
            update.executeUpdate(
                    "insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, metadata, config,"
                            + " request_body, created_at, completed_at) select " + (changed + 1) + " + i, '"
                            + failed.owner().id()
                            + "', 'run_waits_' || i, 'thr_waits_' || i, 1, '/v1/run', 'cancelled',"
                            + " true, '{}', '{}', cast('' as " + bytes()
                            + "), current_timestamp, current_timestamp from "
                            + numbers);

            List<Long> others = keys.subList(1, keys.size());
            assertEquals(others, foundByAll(failed, RunOrder.NEWEST));
            assertEquals(List.of(changed), foundByAll(completed, RunOrder.NEWEST));
            assertEquals(
                    others.size(),
                    foundByAll(failed, new RunOrder(By.TOTAL_TOKENS, true)).size());
        } finally {
            QuarkusTransaction.rollback();
        }
    }

    private String bytes() {
        return store().engine() == Engine.H2 ? "varbinary" : "bytea";
    }

    private List<Long> foundByAll(RunCriteria criteria, RunOrder order) throws SQLException {
        return finder.find(criteria, order, Optional.empty(), 50).stream()
                .map(Place::runPk)
                .toList();
    }
}
