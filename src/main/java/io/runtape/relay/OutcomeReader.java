package io.runtape.relay;

import io.runtape.dialect.Dialect;
import io.runtape.dialect.RunDigest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a run's outcome from its events, in their order: short events at once, long ones on a worker, since megabytes
 * of JSON would hold up the event loop. While the worker reads an event, the next ones wait; the caller checks
 * {@link #isBehind} and brings no more until {@link #whenRead} calls.
 *
 * <p>Confined to one event loop.
 */
final class OutcomeReader {

    private static final Logger LOG = Logger.getLogger(OutcomeReader.class);

    /** The worker reads longer events. */
    private static final int READ_AT_ONCE = 64 << 10;

    private final String runId;
    private final Dialect dialect;
    private RunDigest digest;
    private final Executor loop;
    private final Executor worker;
    private final Deque<Step> waiting = new ArrayDeque<>();
    private Consumer<String> whenNamed = id -> {};
    private @Nullable Dialect spoken;
    private boolean named;
    private boolean behind;
    private boolean going;
    /** A long event was read, so the outcome may be long as well. */
    private boolean longOnes;

    OutcomeReader(String runId, Dialect dialect, Executor loop, Executor worker) {
        this.runId = runId;
        this.dialect = dialect;
        this.digest = dialect.digest();
        this.spoken = digest.dialect();
        this.loop = loop;
        this.worker = worker;
    }

    /** Calls back on the loop, once, as soon as an event tells the agent API's id of the run. */
    void whenNamed(Consumer<String> call) {
        whenNamed = call;
    }

    /** The response has a status outside 2xx; call this before its body is read. */
    void refused() {
        digest = dialect.refusal();
    }

    /** The dialect of the events that have been read; empty as long as they have not told it. */
    Optional<Dialect> dialect() {
        return Optional.ofNullable(spoken);
    }

    private record Step(boolean onWorker, Runnable reading, Runnable then) {}

    /** Reads some bytes. */
    @FunctionalInterface
    private interface Reading {
        void of(byte[] bytes, int from, int to);
    }

    /** Reads the next event; see {@link RunDigest#event}. */
    void event(String type, byte[] block, int from, int to, boolean streamStart) {
        show(block, from, to, (bytes, start, end) -> digest.event(type, bytes, start, end, streamStart));
    }

    /** Takes the next event, which is too long to be read; see {@link RunDigest#unread}. */
    void unread(String type) {
        Runnable reading = () -> digest.unread(type);
        if (behind) {
            add(new Step(false, reading, this::note));
        } else {
            read(reading);
            note();
        }
    }

    /** Reads a response that is not an event stream; see {@link RunDigest#response}. */
    void response(byte[] body, int from, int to) {
        show(body, from, to, digest::response);
    }

    private void show(byte[] bytes, int from, int to, Reading reading) {
        boolean isLong = to - from > READ_AT_ONCE;
        longOnes |= isLong;
        if (!isLong && !behind) {
            read(() -> reading.of(bytes, from, to));
            note();
            return;
        }
        // The caller reuses its array.
        byte[] own = Arrays.copyOfRange(bytes, from, to);
        add(new Step(isLong, () -> reading.of(own, 0, own.length), this::note));
    }

    /** A dialect's reading is worth less than the recording: a fault in it must not cost a frame. */
    private void read(Runnable reading) {
        try {
            reading.run();
        } catch (RuntimeException e) {
            LOG.errorf(e, "an event of run %s cannot be read in its dialect", runId);
        }
    }

    /** Notes what the events have told; the digest must be at rest. */
    private void note() {
        spoken = digest.dialect();
        String id = named ? null : digest.upstreamRunId();
        if (id != null) {
            named = true;
            whenNamed.accept(id);
        }
    }

    /** Whether the worker is reading. */
    boolean isBehind() {
        return behind;
    }

    /** Calls back on the loop when all events so far are read. */
    void whenRead(Runnable call) {
        add(new Step(false, () -> {}, call));
    }

    /**
     * Calls back on the loop with the run's ending by its events so far, at once if none of them was long. Then drops
     * everything: a client may go on reading the run for hours.
     */
    void ending(Consumer<RunConclusion> call) {
        RunConclusion[] read = {RunConclusion.UNKNOWN};
        Runnable reading = () -> {
            read[0] = RunConclusion.of(digest.outcome());
            digest = dialect.digest();
        };
        add(new Step(longOnes, reading, () -> call.accept(read[0])));
    }

    private void add(Step step) {
        waiting.add(step);
        go();
    }

    private void go() {
        if (going) {
            return;
        }
        going = true;
        try {
            while (!behind && !waiting.isEmpty()) {
                take(waiting.remove());
            }
        } finally {
            going = false;
        }
    }

    private void take(Step step) {
        if (!step.onWorker) {
            read(step.reading);
            step.then.run();
            return;
        }
        behind = true;
        try {
            worker.execute(() -> {
                try {
                    read(step.reading);
                } finally {
                    loop.execute(() -> done(step));
                }
            });
        } catch (RejectedExecutionException stopping) {
            // The gateway stops, and the run ends for that reason.
            LOG.debugf("the gateway stops, an event of run %s is not read in its dialect", runId);
        }
    }

    private void done(Step step) {
        behind = false;
        step.then.run();
        go();
    }
}
