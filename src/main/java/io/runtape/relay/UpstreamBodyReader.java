package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.journal.RunJournal;
import io.runtape.sse.FrameSplitter;
import io.runtape.sse.Framer;
import io.runtape.sse.ResponseFramer;
import io.runtape.upstream.AgentResponse;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of the agent API's response into frames. Asks for more only while the journal has room. Flushes bytes
 * that wait too long for their blank line; those of a response that is not an event stream wait for nothing. Notices
 * silence. Confined to the event loop of the call.
 */
final class UpstreamBodyReader implements Flow.Subscriber<Buffer> {

    /**
     * How many buffers of at most 8 KiB it requests at once: few, since so many may come before it checks a run's own
     * bound.
     */
    private static final int WINDOW = 16;

    /** How many bytes of a body may wait for the ids that its head needs. */
    private static final int HELD_BYTES_MAX = 64 << 10;

    private final BodyListener listener;
    private final RunJournal run;
    private final AgentResponse response;
    private final FrameRecorder recorder;
    private final OutcomeReader outcome;
    private final boolean isEventStream;
    private final Framer framer;
    private final EventLoop loop;
    private final long partialFlushNanos;
    private final long idleNanos;
    private final LongSupplier clock;
    private Flow.@Nullable Subscription subscription;
    private int outstanding;
    private boolean waitingForRoom;
    private boolean finished;
    private long lastBytesNanos;
    private long pendingSinceNanos;
    private @Nullable ScheduledFuture<?> flushTimer;
    private boolean flushesSoon;
    private @Nullable ScheduledFuture<?> silenceTimer;
    private @Nullable BodyIds ids;
    private @Nullable Consumer<ResponseIds> whenHeld;
    private final Deque<byte[]> held = new ArrayDeque<>();
    private int heldBytes;

    UpstreamBodyReader(
            BodyListener listener,
            RunJournal run,
            AgentResponse response,
            FrameRecorder recorder,
            OutcomeReader outcome,
            EventLoop loop,
            int frameBytesMax,
            BodyPatience patience) {
        this.listener = listener;
        this.run = run;
        this.response = response;
        this.recorder = recorder;
        this.outcome = outcome;
        this.isEventStream = response.isEventStream();
        this.framer = isEventStream
                ? new FrameSplitter(frameBytesMax, recorder)
                : new ResponseFramer(frameBytesMax, recorder);
        this.loop = loop;
        this.partialFlushNanos = patience.partialFlush().toNanos();
        this.idleNanos = patience.idle().toNanos();
        this.clock = patience.nanoClock();
        this.lastBytesNanos = clock.getAsLong();
    }

    /**
     * Holds the body back until it has named both ids, cannot name any more, is complete, or is longer than 64 KiB. Then
     * calls back with its ids, before the recording begins.
     */
    void holdBack(Consumer<ResponseIds> call) {
        ids = new BodyIds();
        whenHeld = call;
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        listener.reading(this, begun);
        watchSilence(idleNanos);
        askForMore();
    }

    @Override
    public void onNext(Buffer bytes) {
        if (finished) {
            return;
        }
        lastBytesNanos = clock.getAsLong();
        recorder.arrived();
        try {
            take(bytes);
        } catch (RuntimeException fault) {
            listener.faulty(fault);
            return;
        }
        outstanding--;
        askForMore();
    }

    private void take(Buffer bytes) {
        byte[] piece = bytes.getBytes();
        if (ids == null) {
            feed(piece);
        } else {
            ids.feed(piece);
            held.add(piece);
            heldBytes += piece.length;
            if (ids.areKnown() || heldBytes > HELD_BYTES_MAX) {
                release();
            }
        }
    }

    private void feed(byte[] bytes) {
        int before = framer.pendingBytes();
        framer.feed(bytes, 0, bytes.length);
        if (isEventStream) {
            watchPending(framer.pendingBytes() < before + bytes.length);
        } else {
            flushSoon();
        }
    }

    private void release() {
        Consumer<ResponseIds> call = whenHeld;
        BodyIds found = ids;
        if (call != null && found != null) {
            whenHeld = null;
            ids = null;
            call.accept(found.found());
            while (!held.isEmpty()) {
                feed(held.remove());
            }
        }
    }

    private void askForMore() {
        Flow.Subscription from = subscription;
        if (from == null || finished || waitingForRoom) {
            return;
        }
        boolean low = outstanding <= WINDOW / 2;
        // Checks the bound of all runs for each buffer: with many runs, a window for each would far exceed it.
        if (run.areAllFull() || low && run.isFull()) {
            holdOff();
            run.whenRoom(this::roomAgain);
        } else if (low && outcome.isBehind()) {
            holdOff();
            outcome.whenRead(this::roomAgain);
        } else if (low) {
            int more = WINDOW - outstanding;
            outstanding = WINDOW;
            from.request(more);
        }
    }

    /** Takes back its request: no bytes come until there is room. */
    private void holdOff() {
        waitingForRoom = true;
        outstanding = 0;
        response.body().pause();
    }

    private void roomAgain() {
        waitingForRoom = false;
        // Without a request no bytes could come, so this was no silence.
        lastBytesNanos = clock.getAsLong();
        askForMore();
    }

    /** @param frameEnded whether a frame has ended since, so that the pending bytes belong to another frame */
    private void watchPending(boolean frameEnded) {
        if (framer.pendingBytes() == 0) {
            pendingSinceNanos = 0;
        } else if (pendingSinceNanos == 0 || frameEnded) {
            pendingSinceNanos = lastBytesNanos;
            if (flushTimer == null) {
                scheduleFlush(partialFlushNanos);
            }
        }
    }

    /**
     * Flushes when everything is read that came with the last bytes: the end of a body mostly comes with them, and then
     * the response is one frame.
     */
    private void flushSoon() {
        if (!flushesSoon) {
            flushesSoon = true;
            loop.execute(this::flushNow);
        }
    }

    private void flushNow() {
        flushesSoon = false;
        if (finished) {
            return;
        }
        try {
            framer.flushPart();
        } catch (RuntimeException fault) {
            listener.faulty(fault);
        }
    }

    private void scheduleFlush(long inNanos) {
        flushTimer = loop.schedule(this::flushPending, inNanos, TimeUnit.NANOSECONDS);
    }

    private void flushPending() {
        flushTimer = null;
        if (finished || pendingSinceNanos == 0) {
            return;
        }
        long left = partialFlushNanos - (clock.getAsLong() - pendingSinceNanos);
        if (left > 0) {
            scheduleFlush(left);
        } else {
            recorder.arrived();
            framer.flushPart();
            pendingSinceNanos = 0;
        }
    }

    private void watchSilence(long inNanos) {
        silenceTimer = loop.schedule(this::judgeSilence, inNanos, TimeUnit.NANOSECONDS);
    }

    private void judgeSilence() {
        if (finished) {
            return;
        }
        long left = waitingForRoom ? idleNanos : idleNanos - (clock.getAsLong() - lastBytesNanos);
        if (left > 0) {
            watchSilence(left);
        } else {
            listener.silent();
        }
    }

    @Override
    public void onComplete() {
        finish(() -> listener.complete(response));
    }

    @Override
    public void onError(Throwable cause) {
        finish(() -> listener.brokenOff(cause));
    }

    private void finish(Runnable ending) {
        if (finished) {
            return;
        }
        try {
            finishFrames();
        } catch (RuntimeException fault) {
            listener.faulty(fault);
            return;
        }
        ending.run();
    }

    /** Makes frames of all received bytes. No frames follow, even if this fails. */
    void finishFrames() {
        if (finished) {
            return;
        }
        try {
            recorder.arrived();
            release();
            framer.end();
        } finally {
            stop();
        }
    }

    /** Ignores everything that still comes. */
    void stop() {
        finished = true;
        if (flushTimer != null) {
            flushTimer.cancel(false);
        }
        if (silenceTimer != null) {
            silenceTimer.cancel(false);
        }
    }
}
