package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.runtape.journal.sql.RunWrite;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.IdempotencyKey;
import io.runtape.run.RunEnd;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.FakeStore;
import io.runtape.testsupport.HandRunLoop;
import io.runtape.testsupport.HandRunThread;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** A committer whose thread, time, store and event loop are a test's own, and who it tells of runs. */
public final class Committing implements CommitObserver {

    static final Duration STORE_TIMEOUT = Duration.ofSeconds(10);

    public final FakeStore store = new FakeStore();
    final HandRunTime time = new HandRunTime();
    public final HandRunLoop loop = new HandRunLoop();
    final GroupCommitter committer;
    final Set<RunJournal> live = new LinkedHashSet<>();
    final List<RunWrite> written = new ArrayList<>();
    Throwable died;
    boolean takenOver;
    /** What goes wrong when the keeper is told of a commit. */
    RuntimeException faultInTelling;

    private HandRunThread thread;
    private long lastPk;

    public Committing() {
        committer = new GroupCommitter(
                new JournalMetrics(new SimpleMeterRegistry()), STORE_TIMEOUT, this, time, this::thread);
        committer.start(store.open(), new CommitPace.Distance(Duration.ZERO));
    }

    private Thread thread(Runnable work) {
        thread = new HandRunThread(work);
        return thread;
    }

    /** All that the committer's thread would do before it waits for more: here something must tell it to stop. */
    void workToTheEnd() {
        thread.work();
        loop.run();
    }

    /** One commit, of which no event loop has heard yet. */
    public void commitUntold() {
        committer.commitNext();
    }

    /**
     * One commit whose answer is lost with its connection, and the store stays away for longer than runs wait for it. No event loop
     * has heard of it yet.
     *
     * @param durable whether the store has it when it is back
     */
    public void commitUnanswered(boolean durable) {
        store.breakNextCommit(durable);
        time.whileWaiting(() -> store.away(true), () -> time.go(STORE_TIMEOUT), () -> store.away(false));
        committer.commitNext();
    }

    /** Appends an event of these bytes. */
    public static void append(RunJournal run, String frame) {
        Heard.append(run, "e", frame.getBytes(UTF_8));
    }

    /** Appends a frame of that kind. */
    public static void append(RunJournal run, FrameKind kind, String frame) {
        byte[] bytes = frame.getBytes(UTF_8);
        run.append(new ArrivedFrame(kind, bytes, 0, bytes.length, 0, kind == FrameKind.EVENT ? "e" : null, "", 0));
    }

    /** One commit, and all that the event loop does about it. */
    public void commit() {
        committer.commitNext();
        loop.run();
    }

    /** A run that waits for its first commit. */
    RunJournal opened() {
        return opened(Heard.start());
    }

    /** A run that waits for its first commit and needs this key. */
    RunJournal opened(String idempotencyKey) {
        RunStart s = Heard.start();
        IdempotencyKey key = new IdempotencyKey(idempotencyKey, "hash", Duration.ofHours(1));
        return opened(new RunStart(
                s.id(),
                s.owner(),
                s.threadId(),
                s.agent(),
                s.model(),
                s.path(),
                s.upstream(),
                s.stream(),
                s.createdAt(),
                s.prompt(),
                s.metadata(),
                s.config(),
                s.requestType(),
                s.requestBody(),
                key));
    }

    private RunJournal opened(RunStart start) {
        RunJournal run = new RunJournal(committer, ++lastPk, start, loop.eventLoop());
        live.add(run);
        run.begin();
        return run;
    }

    /** A run whose row is durable. */
    public RunJournal begun() {
        RunJournal run = opened();
        commit();
        assertEquals(run, run.started().getNow(null));
        return run;
    }

    public static RunEnd completed() {
        return new RunEnd(RunStatus.COMPLETED, null, false, Instant.EPOCH, RunOutcome.UNKNOWN);
    }

    /** What the run's start failed with. */
    static Throwable failure(RunJournal run) {
        try {
            return new AssertionError("The run began: " + run.started().getNow(null));
        } catch (CompletionException e) {
            return e.getCause();
        }
    }

    /** The frames of all writes of a commit, by their first and last sequence. */
    static List<String> extents(List<RunWrite> commit) {
        return commit.stream()
                .map(write -> write.run().pk() + ":"
                        + (write.frames() == null
                                ? "-"
                                : write.frames().first() + "-" + write.frames().last()))
                .toList();
    }

    @Override
    public Collection<RunJournal> live() {
        return live;
    }

    @Override
    public void written(RunWrite write) {
        if (faultInTelling != null) {
            throw faultInTelling;
        }
        written.add(write);
    }

    @Override
    public void ended(RunJournal run) {
        live.remove(run);
    }

    @Override
    public void takenOver() {
        takenOver = true;
    }

    @Override
    public void died(Throwable fault) {
        died = fault;
    }
}
