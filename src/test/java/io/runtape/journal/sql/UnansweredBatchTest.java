package io.runtape.journal.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.access.Owner;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunKey;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the tables tell of a batch whose commit was not answered: in a transaction of the test's own, which is rolled back. */
abstract class UnansweredBatchTest extends RunningGateway {

    private static final String OWNER = "unanswered-batch-test";
    private static final Instant BEGAN = Instant.parse("2026-01-02T03:04:05Z");

    /** No run of the gateway's has a key below 0. */
    private static final RunKey RUN = new RunKey(-1, OWNER, null, null, BEGAN);

    private static final RunKey OTHER = new RunKey(-2, OWNER, null, null, BEGAN);

    private static final RunWrite START = write(
            new RunStart(
                    "run_unanswered",
                    new Owner(OWNER),
                    "unsettled",
                    null,
                    null,
                    "/",
                    "default",
                    true,
                    BEGAN,
                    null,
                    "{}",
                    "{}",
                    null,
                    new byte[0],
                    null),
            null,
            null);

    private static final RunWrite FRAMES = write(null, frame(), null);

    private static final RunWrite END =
            write(null, null, new RunEnd(RunStatus.COMPLETED, null, false, BEGAN, RunOutcome.UNKNOWN));

    private static final RunWrite OTHER_FRAMES =
            new RunWrite(OTHER, null, null, null, frame(), null, RunTotals.NONE, null, 0);

    private static RunWrite write(RunStart start, FrameBlock frames, RunEnd end) {
        return new RunWrite(RUN, start, null, null, frames, end, RunTotals.NONE, null, 0);
    }

    private static FrameBlock frame() {
        byte[] bytes = "data: x\n\n".getBytes(UTF_8);
        FrameBlock block = new FrameBlock(1, 1, bytes.length);
        block.add(new ArrivedFrame(FrameKind.EVENT, bytes, 0, bytes.length, 0, null, "", 0));
        return block;
    }

    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = store().connect();
        connection.setAutoCommit(false);
    }

    @AfterEach
    void close() throws SQLException {
        connection.rollback();
        connection.close();
    }

    private boolean isHeld(RunWrite... writes) throws SQLException {
        CommitBatch batch = new CommitBatch();
        for (RunWrite write : writes) {
            batch.add(write);
        }
        UnansweredBatch unanswered = new UnansweredBatch(connection, batch);
        assertEquals(Set.of(), unanswered.absentClaims());
        return unanswered.isHeld();
    }

    @Test
    void holdsARunThatHasEndedAlsoWhereItsFramesAreGone() throws SQLException {
        insert(RUN, "completed");

        assertTrue(isHeld(FRAMES, END));
    }

    @Test
    void holdsARunThatWasDeletedSince() throws SQLException {
        assertTrue(isHeld(FRAMES, END));
    }

    /** The one that was deleted proves nothing. */
    @Test
    void holdsARunBesideOneThatBeganAndEndedInItAndWasDeletedSince() throws SQLException {
        insert(OTHER, "running");
        insertFrames(OTHER);

        assertTrue(isHeld(START, END, OTHER_FRAMES));
    }

    @Test
    void holdsNothingBesideARunThatWouldHaveBegunAndEndedInIt() throws SQLException {
        insert(OTHER, "running");

        assertFalse(isHeld(START, END, OTHER_FRAMES));
    }

    @Test
    void holdsNoRunThatGoesOn() throws SQLException {
        insert(RUN, "running");

        assertFalse(isHeld(FRAMES, END));
    }

    @Test
    void holdsNoRunThatWouldHaveBegunAndEndedInIt() throws SQLException {
        assertFalse(isHeld(START, END));
    }

    @Test
    void holdsARunThatBeganAndEndedInIt() throws SQLException {
        insert(RUN, "completed");

        assertTrue(isHeld(START, END));
    }

    private void insert(RunKey run, String status) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, metadata, config,
                    request_body, created_at)
                values (?, ?, ?, 'unsettled', 1, '/', ?, true, '{}', '{}', ?, ?)""")) {
            insert.setLong(1, run.pk());
            insert.setString(2, OWNER);
            insert.setString(3, "run_unanswered" + run.pk());
            insert.setString(4, status);
            insert.setBytes(5, new byte[0]);
            insert.setObject(6, BEGAN.atOffset(ZoneOffset.UTC));
            insert.executeUpdate();
        }
    }

    private void insertFrames(RunKey run) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into block (run_pk, last_sequence, content) values (?, 1, ?)")) {
            insert.setLong(1, run.pk());
            insert.setBytes(2, new byte[0]);
            insert.executeUpdate();
        }
    }
}
