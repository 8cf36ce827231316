package io.runtape.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.runtape.retention.EndedWalk.Ended;
import io.runtape.testsupport.MemoryDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EndedWalkTest {

    private Instant now = Instant.parse("2026-03-01T00:00:00Z");
    private final EndedWalk walk = new EndedWalk(Duration.ofDays(1), () -> now);
    private MemoryDatabase database;

    @BeforeEach
    void connect() throws SQLException {
        database = new MemoryDatabase();
        database.execute(
                "create table run (run_pk bigint, completed_at timestamp with time zone, owner varchar, agent varchar,"
                        + " path varchar, frames_expired_at timestamp with time zone)");
    }

    @AfterEach
    void disconnect() throws SQLException {
        database.close();
    }

    private void insertRuns(int first, int last) throws SQLException {
        database.execute(
                "insert into run select x, timestamp with time zone '2026-01-01 00:00:00+00' + x * interval '1' second,"
                        + " 'o', null, '/', null from system_range(" + first + ", " + last + ")");
    }

    /** An archive may have any number of runs with the same end. */
    @Test
    void passesRunsOfOneMomentWithoutALongerLook() throws SQLException {
        int full = EndedWalk.RUNS_AT_ONCE;
        database.execute(
                "insert into run select x, timestamp with time zone '2026-01-01 00:00:00+00', 'o', null, '/', null"
                        + " from system_range(1, 5000)");

        for (long passed = 0; passed < 5000; passed += full) {
            assertEquals(
                    LongStream.rangeClosed(passed + 1, passed + full).boxed().toList(), look());
        }
        assertEquals(List.of(), look());
    }

    /** All runs of a look are in memory, and an archive may have runs with paths of any length. */
    @Test
    void leavesLongPathsWhereTheyAre() throws SQLException {
        database.execute("insert into run values (1, timestamp with time zone '2026-01-01 00:00:00+00', 'o', null, '/"
                + "p".repeat(4095) + "', null), (2, timestamp with time zone '2026-01-01 00:00:00+00', 'o', null, '/"
                + "p".repeat(4096) + "', null)");

        List<Ended> runs = walk.next(database.connection());

        assertEquals(4096, runs.get(0).path().length());
        assertNull(runs.get(1).path());
    }

    @Test
    void comesBackToARunThatStaysAndPassesIt() throws SQLException {
        int full = EndedWalk.RUNS_AT_ONCE;
        database.execute(
                "insert into run select x, timestamp with time zone '2026-01-01 00:00:00+00', 'o', null, '/', null"
                        + " from system_range(1, 5000)");
        look();

        List<Ended> runs = walk.next(database.connection());
        walk.note(runs.get(7), false);
        walk.note(runs.get(3), false);
        walk.took(runs);
        assertEquals(full + 4, walk.next(database.connection()).get(0).runPk());
        // Nothing else is due.
        List<Ended> again = walk.next(database.connection());
        walk.note(again.get(0), false);
        walk.took(again);
        assertEquals(2 * full, walk.next(database.connection()).size());
    }

    /** The keys of the runs of the next look, of which none is due. */
    private List<Long> look() throws SQLException {
        List<Ended> runs = walk.next(database.connection());
        walk.took(runs);
        return runs.stream().map(Ended::runPk).toList();
    }

    @Test
    void findsNothingThatIsNotDueByTheDatabasesClock() throws SQLException {
        database.execute("insert into run values (1, current_timestamp, 'o', null, '/', null)");
        now = Instant.now().plus(Duration.ofDays(400));

        assertEquals(List.of(), look());
    }

    @Test
    void beginsAnewOnceItHasComeToItsEndAndAnHourIsOver() throws SQLException {
        int full = EndedWalk.RUNS_AT_ONCE;
        insertRuns(1, 2 * full);
        assertEquals(1, look().get(0));

        now = now.plus(Duration.ofHours(2));
        assertEquals(full + 1, look().get(0), "there are more behind");
        look();
        insertRuns(0, 0);
        assertEquals(0, look().get(0));

        while (look().size() == full) {
            // To the end.
        }
        assertEquals(List.of(), look());
        now = now.plus(Duration.ofHours(2));
        assertEquals(0, look().get(0));
    }
}
