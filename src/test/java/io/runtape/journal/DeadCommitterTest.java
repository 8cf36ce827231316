package io.runtape.journal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.runtape.journal.sql.RunWrite;
import io.runtape.journal.sql.StoreWriter;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunningGateway;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A committer of the test's own, which really writes, dies while it tells what is durable: its keeper hears why, and nobody is
 * left waiting.
 */
abstract class DeadCommitterTest extends RunningGateway {

    private static final long WITHIN_SECONDS = 30;

    private final ExecutorService healthy = Executors.newSingleThreadExecutor();
    private final Keeper keeper = new Keeper();
    private final AtomicLong nextPk = new AtomicLong();
    private GroupCommitter committer;

    @BeforeEach
    void start() throws SQLException {
        StoreWriter writer = StoreWriter.open(store(), (connection, writes) -> Set.of());
        nextPk.set(writer.nodeId() << RunKey.RUN_BITS);
        committer = new GroupCommitter(
                new JournalMetrics(new SimpleMeterRegistry()), Duration.ofSeconds(WITHIN_SECONDS), keeper);
        committer.start(writer, new CommitPace.Distance(Duration.ZERO));
    }

    @AfterEach
    void stop() {
        committer.stop(Duration.ofSeconds(WITHIN_SECONDS));
        healthy.shutdown();
    }

    /** Keeps the runs, and fails in telling of one of them once it is told to. */
    private static final class Keeper implements CommitObserver {

        private final Collection<RunJournal> runs = new ConcurrentLinkedQueue<>();
        private final CompletableFuture<Throwable> died = new CompletableFuture<>();
        private volatile RunJournal unspeakable;
        private volatile RuntimeException fault;

        @Override
        public Collection<RunJournal> live() {
            return runs;
        }

        @Override
        public void written(RunWrite write) {
            if (unspeakable != null && write.run().pk() == unspeakable.pk()) {
                throw fault;
            }
        }

        @Override
        public void ended(RunJournal run) {
            runs.remove(run);
        }

        @Override
        public void takenOver() {
            throw new AssertionError("nobody takes it over");
        }

        @Override
        public void died(Throwable why) {
            died.complete(why);
        }

        Throwable awaitDeath() throws Exception {
            return died.get(WITHIN_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** An event loop that takes nothing more, as one for which there is no memory, once it is told to. */
    private final class BrokenLoop implements Executor {

        private volatile Error fault;

        @Override
        public void execute(Runnable task) {
            if (fault != null) {
                throw fault;
            }
            healthy.execute(task);
        }
    }

    /** A run whose row is durable. */
    private RunJournal open(Executor loop) throws Exception {
        RunJournal run = new RunJournal(committer, nextPk.incrementAndGet(), Heard.start(), loop);
        keeper.runs.add(run);
        run.begin();
        return run.started().get(WITHIN_SECONDS, TimeUnit.SECONDS);
    }

    /** A commit of all of these: the last one holds up the gathering until all have something to write. */
    private static void appendTogether(RunJournal... runs) {
        synchronized (runs[0]) {
            for (RunJournal run : runs) {
                Heard.append(run, "step");
            }
        }
    }

    @Test
    void cutsAllReadersOffWhereAnEventLoopTakesNoNews() throws Exception {
        BrokenLoop broken = new BrokenLoop();
        RunJournal before = open(healthy);
        RunJournal faulty = open(broken);
        RunJournal behind = open(healthy);
        List<Heard> readers = List.of(Heard.of(before), Heard.of(behind));
        faulty.subscribe(new Heard(broken));
        broken.fault = new StackOverflowError("of the test");

        appendTogether(before, faulty, behind);

        assertSame(broken.fault, keeper.awaitDeath());
        assertLost(readers, before, behind);
    }

    @Test
    void cutsAllReadersOffWhereTellingOfOneRunFails() throws Exception {
        RunJournal before = open(healthy);
        RunJournal faulty = open(healthy);
        RunJournal behind = open(healthy);
        List<Heard> readers = List.of(Heard.of(before), Heard.of(faulty), Heard.of(behind));
        keeper.fault = new IllegalStateException("of the test");
        keeper.unspeakable = faulty;

        appendTogether(before, faulty, behind);

        assertSame(keeper.fault, keeper.awaitDeath());
        assertLost(readers, before, faulty, behind);
    }

    /** These readers, one of each run, are cut off, and have no more of it than is stored. */
    private void assertLost(List<Heard> readers, RunJournal... runs) throws Exception {
        await("all readers are cut off").until(() -> readers.stream().allMatch(Heard::isGone));
        for (Heard reader : readers) {
            assertNull(reader.ended(), "an end that is not stored");
        }
        assertFalse(committer.available());
        for (int i = 0; i < runs.length; i++) {
            RunJournal run = runs[i];
            List<Long> stored =
                    table().frames(run.id()).stream().map(FrameRow::sequence).toList();
            List<Long> heard = readers.get(i).sequences();
            assertTrue(stored.containsAll(heard), () -> run.id() + " has " + stored + ", its reader " + heard);
            assertTrue(table().run(run.id()).running(), "for the next gateway to end");
            ExecutionException unheaded = assertThrows(
                    ExecutionException.class,
                    () -> run.head(new RunHead("t", 200, null, null, true, null))
                            .get(WITHIN_SECONDS, TimeUnit.SECONDS));
            assertInstanceOf(StoreUnavailableException.class, unheaded.getCause());
        }
    }
}
