package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.runtape.run.RunEnd;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunStatus;
import io.runtape.store.Engine;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The database refuses what one run has in a commit: that run ends before it, without a gap, and all others go on whole. */
abstract class RefusedWritesTest extends RunningGateway {

    private static final String TAKEN = "taken";
    private static final String REFUSED = "refused-by-a-constraint";
    private static final int OTHERS = 20;

    @Inject
    Journal journal;

    private final ExecutorService loop = Executors.newSingleThreadExecutor();

    @BeforeEach
    void refuse() throws SQLException {
        String hex = HexFormat.of().formatHex(REFUSED.getBytes(UTF_8));
        execute("alter table block add constraint refuses_a_type check ("
                + (store().engine() == Engine.H2
                        ? "locate('" + hex + "', rawtohex(cast(content as varbinary))) = 0)"
                        : "position('\\x" + hex + "'::bytea in content) = 0)"));
    }

    @AfterEach
    void refuseNothing() throws SQLException {
        execute("alter table block drop constraint refuses_a_type");
        loop.shutdown();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** A run whose first frame is durable. */
    private RunJournal open() {
        RunJournal run = journal.open(Heard.start(), loop).await().indefinitely();
        Heard.append(run, TAKEN);
        await("the first frame is durable").until(() -> run.durableSequence() == 1);
        return run;
    }

    private List<RunJournal> open(int count) {
        return LongStream.range(0, count).mapToObj(i -> open()).toList();
    }

    /** The committer gathers its batch, and wants the run's part of it, whose lock the test holds. */
    private static void awaitGatheringAt(RunJournal run) {
        await("the committer gathers")
                .until(() -> Arrays.stream(ManagementFactory.getThreadMXBean().dumpAllThreads(false, false))
                        .map(thread -> thread.getLockInfo())
                        .anyMatch(lock -> isOf(run, lock)));
    }

    private static boolean isOf(RunJournal run, LockInfo lock) {
        return lock != null
                && lock.getIdentityHashCode() == System.identityHashCode(run)
                && lock.getClassName().equals(RunJournal.class.getName());
    }

    /** Of a run that is twice in a batch, whichever of its writes is the one that the database will not have. */
    @Test
    void endsARunBeforeWhatIsRefusedOfItThoughItIsTwiceInTheBatch() throws SQLException {
        assertEndsWithoutGap(REFUSED, TAKEN);
        assertEndsWithoutGap(TAKEN, REFUSED);
        assertEndsWithoutGap(REFUSED, REFUSED);
    }

    private void assertEndsWithoutGap(String firstWrite, String secondWrite) throws SQLException {
        RunJournal begins = open();
        RunJournal faulty = open();
        RunJournal between = open();
        List<RunJournal> others = open(OTHERS);
        Heard heard = Heard.of(faulty);
        synchronized (between) {
            synchronized (begins) {
                Heard.append(begins, TAKEN);
                awaitGatheringAt(begins);
                Heard.append(faulty, firstWrite);
                others.forEach(run -> Heard.append(run, TAKEN));
                Heard.append(between, TAKEN);
            }
            awaitGatheringAt(between);
            // It has been taken along; now it comes a second time, into the same batch.
            Heard.append(faulty, secondWrite);
        }

        RunRow row = table().ended(faulty.id());
        assertEquals("failed/store_unavailable", row.outcome());
        assertSequences(row, 1);
        await("its reader is told").until(() -> heard.ended() != null);
        assertEquals(List.of(), heard.sequences(), "a frame was told that is not stored");
        assertEquals(RunStatus.FAILED, heard.ended().status());
        assertGoesOn(begins);
        assertGoesOn(between);
        for (RunJournal run : others) {
            assertGoesOn(run);
        }
    }

    private void assertGoesOn(RunJournal run) throws SQLException {
        Heard.append(run, TAKEN);
        run.end(new RunEnd(RunStatus.COMPLETED, null, false, Instant.now(), RunOutcome.UNKNOWN));

        RunRow row = table().ended(run.id());
        assertEquals("completed", row.outcome());
        assertNull(row.reason());
        assertSequences(row, 3);
    }

    private void assertSequences(RunRow run, int last) throws SQLException {
        assertEquals(
                LongStream.rangeClosed(1, last).boxed().toList(),
                table().frames(run.id()).stream().map(FrameRow::sequence).toList(),
                run::toString);
        assertEquals(last, run.lastSequence());
    }
}
