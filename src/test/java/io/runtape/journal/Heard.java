package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.access.Owner;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunStart;
import io.runtape.sse.FrameKind;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** A reader of a run's journal, and what it has heard. */
final class Heard implements CommitListener {

    private static final AtomicInteger RUNS = new AtomicInteger();

    private final Executor loop;
    private final List<Long> sequences = new CopyOnWriteArrayList<>();
    private volatile RunEnd ended;
    private volatile boolean gone;

    Heard(Executor loop) {
        this.loop = loop;
    }

    /** Listens to that run from now on. */
    static Heard of(RunJournal run) {
        Heard heard = new Heard(run.loop());
        run.subscribe(heard);
        return heard;
    }

    /** A new run of nobody in particular. */
    static RunStart start() {
        String id = "run_journal_test_" + RUNS.incrementAndGet() + "_" + System.nanoTime();
        return new RunStart(
                id,
                new Owner("journal-test"),
                "thread_" + id,
                null,
                null,
                "/v1/run",
                "default",
                true,
                Instant.now(),
                null,
                "{}",
                "{}",
                null,
                new byte[0],
                null);
    }

    /** Appends an event of that type. */
    static void append(RunJournal run, String type) {
        append(run, type, ("event: " + type + "\ndata: x\n\n").getBytes(UTF_8));
    }

    /** Appends an event of these bytes. */
    static void append(RunJournal run, String type, byte[] frame) {
        run.append(new ArrivedFrame(FrameKind.EVENT, frame, 0, frame.length, 0, type, "", 0));
    }

    /** The sequences of all frames, in the order they were told. */
    List<Long> sequences() {
        return List.copyOf(sequences);
    }

    /** The end, or null. */
    RunEnd ended() {
        return ended;
    }

    boolean isGone() {
        return gone;
    }

    @Override
    public Executor loop() {
        return loop;
    }

    @Override
    public void committed(FrameBlock frames) {
        for (long sequence = frames.first(); sequence <= frames.last(); sequence++) {
            sequences.add(sequence);
        }
    }

    @Override
    public void ended(RunEnd end) {
        ended = end;
    }

    @Override
    public void gone() {
        gone = true;
    }
}
