package io.runtape.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.pack.RestedWalk.Rested;
import io.runtape.testsupport.MemoryDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RestedWalkTest {

    private static final int LIMIT = 100;

    private Instant now = Instant.parse("2026-01-02T00:00:00Z");
    private final RestedWalk walk = new RestedWalk(Duration.ofMinutes(10), () -> now);
    private MemoryDatabase database;

    @BeforeEach
    void connect() throws SQLException {
        database = new MemoryDatabase();
        database.execute(
                "create table run (run_pk bigint, completed_at timestamp with time zone, packed_at timestamp with time zone,"
                        + " status varchar)");
    }

    @AfterEach
    void disconnect() throws SQLException {
        database.close();
    }

    /** Adds runs of which each ended a minute after the one before; the first one at midnight. */
    private void insertRuns(int first, int last) throws SQLException {
        database.execute(
                "insert into run select x, timestamp with time zone '2026-01-01 00:00:00+00' + x * interval '1' minute,"
                        + " null, 'completed' from system_range(" + first + ", " + last + ")");
    }

    /** The keys of the runs of the next look, none of which is packed. */
    private List<Long> look() throws SQLException {
        List<Rested> runs = walk.next(database.connection(), LIMIT);
        walk.took(runs, runs.size() < LIMIT);
        return runs.stream().map(Rested::runPk).toList();
    }

    @Test
    void passesThoseThatItHasTakenButForTheLastMinutes() throws SQLException {
        insertRuns(1, 300);

        assertEquals(1, look().get(0));
        assertEquals(90, look().get(0));
        assertEquals(179, look().get(0));
        assertEquals(268, look().get(0), "the last ones");
        assertEquals(List.of(), look());
        insertRuns(24 * 60 - 20, 24 * 60);
        assertEquals(24 * 60 - 20, look().get(0));
    }

    @Test
    void looksAtTheSameRunsAgainThatItHasNotTaken() throws SQLException {
        insertRuns(1, 300);

        walk.next(database.connection(), LIMIT);

        assertEquals(1, walk.next(database.connection(), LIMIT).get(0).runPk());
    }

    @Test
    void beginsAnewAfterAnHour() throws SQLException {
        insertRuns(100, 300);
        look();
        look();
        insertRuns(1, 1);

        assertEquals(278, look().get(0));
        now = now.plus(Duration.ofHours(2));
        assertEquals(1, look().get(0));
    }
}
