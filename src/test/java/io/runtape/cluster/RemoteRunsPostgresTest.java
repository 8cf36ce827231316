package io.runtape.cluster;

import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.journal.CommitListener;
import io.runtape.journal.Journal;
import io.runtape.journal.LiveRun;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Runs are followed for readers that come and go while those that nobody reads are forgotten, here at once. Embedded databases
 * have one gateway, so there is nothing to follow.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class RemoteRunsPostgresTest extends RunningGateway {

    /** How often is tried what comes out one way or the other, as threads happen to run. */
    private static final int RACES = 300;

    private static final String FRAME = "data: x\n\n";

    @Inject
    RemoteCommits commits;

    @Inject
    RunFollowers followers;

    @Inject
    Journal journal;

    private final Semaphore toSay = new Semaphore(0);
    private RemoteRuns runs;
    private WireResponse live;
    private RunRow run;

    @BeforeEach
    void follow() throws Exception {
        runs = new RemoteRuns(commits, followers, Duration.ZERO);
        runs.start(journal.nodeId());
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(FRAME);
            for (toSay.acquire(); toSay.availablePermits() < RACES; toSay.acquire()) {
                exchange.chunk(FRAME);
            }
            exchange.end();
        });
        live = client().post("/v1/run", "{}", script.header());
        live.readUpTo(FRAME.length());
        run = table().run(live.header("Runtape-Run-Id"));
    }

    @AfterEach
    void end() throws Exception {
        runs.stop();
        toSay.release(2 * RACES);
        live.whole();
    }

    private LiveRun find() throws SQLException {
        return runs.run(run.pk(), run.id()).orElseThrow();
    }

    /** A reader who found the run before it was forgotten, and found anew by another one. */
    @Test
    void followsARunForWhoFoundItBeforeItWasForgotten() throws Exception {
        LiveRun found = find();
        runs.toldOfCommits(true);
        LiveRun anew = find();
        assertNotSame(found, anew);
        Hearing other = new Hearing();
        anew.subscribe(other);

        Hearing hearing = new Hearing();
        found.subscribe(hearing);
        toSay.release();

        hearing.await(2);
        other.await(2);
        assertTrue(!hearing.gone.get(), "the reader was cut off");
        found.unsubscribe(hearing);
        toSay.release();
        other.await(3);
        assertTrue(hearing.heard < 3, "it still hears");
    }

    @Test
    void followsARunThatIsForgottenInTheMomentInWhichSomebodyComes() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        Thread forgetting = new Thread(() -> {
            while (!enough.get()) {
                runs.toldOfCommits(true);
            }
        });
        forgetting.start();
        try {
            for (int i = 1; i <= RACES; i++) {
                LiveRun found = find();
                Hearing hearing = new Hearing();
                found.subscribe(hearing);
                toSay.release();
                hearing.await(i + 1);
                found.unsubscribe(hearing);
            }
        } finally {
            enough.set(true);
            forgetting.join();
        }
    }

    /** Hears on whichever thread tells. */
    private static final class Hearing implements CommitListener {

        private final AtomicBoolean gone = new AtomicBoolean();
        private volatile long heard;

        void await(long sequence) {
            RunTable.await("frame " + sequence + " is heard of", () -> heard >= sequence ? true : null);
        }

        @Override
        public Executor loop() {
            return Runnable::run;
        }

        @Override
        public void committed(FrameBlock frames) {
            heard = frames.last();
        }

        @Override
        public void ended(RunEnd end) {
            heard = Long.MAX_VALUE;
        }

        @Override
        public void gone() {
            gone.set(true);
        }
    }
}
