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
 * Reads the body of the agent API's response into frames. Asks for more only while the journal has room, flushes what waits too
 * long for its blank line, and notices silence. Confined to the event loop of the call.
 */
final class UpstreamBodyReader implements Flow.Subscriber<Buffer> {

    /** Buffers asked for at once, of at most 8 KiB each: few, since so many come before a run's own bound is looked at. */
    private static final int WINDOW = 16;

    private final BodyListener listener;
    private final RunJournal run;
    private final AgentResponse response;
    private final FrameRecorder recorder;
    private final OutcomeReader outcome;
    private final Framer framer;
    private final EventLoop loop;
    private final int heldBytesMax;
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
        this.framer = response.isEventStream()
                ? new FrameSplitter(frameBytesMax, recorder)
                : new ResponseFramer(frameBytesMax, recorder);
        this.loop = loop;
        this.heldBytesMax = frameBytesMax;
        this.partialFlushNanos = patience.partialFlush().toNanos();
        this.idleNanos = patience.idle().toNanos();
        this.clock = patience.nanoClock();
        this.lastBytesNanos = clock.getAsLong();
    }

    /** Holds the body back until it is whole, or a frame's length of it is there, and tells its ids before it is recorded. */
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
            if (heldBytes > heldBytesMax) {
                release();
            }
        }
    }

    private void feed(byte[] bytes) {
        int before = framer.pendingBytes();
        framer.feed(bytes, 0, bytes.length);
        watchPending(framer.pendingBytes() < before + bytes.length);
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
        // The bound of all runs is looked at for each buffer: with many runs, a window of each would be far past it.
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

    /** Takes back what was asked for: nothing more comes until there is room. */
    private void holdOff() {
        waitingForRoom = true;
        outstanding = 0;
        response.body().pause();
    }

    private void roomAgain() {
        waitingForRoom = false;
        // While nothing was asked for, nothing could come: that is no silence.
        lastBytesNanos = clock.getAsLong();
        askForMore();
    }

    /** @param frameEnded whether a frame has ended since, so that what is pending is of another one */
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

    /** Makes frames of all that came. Nothing comes after it, not even where it fails. */
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

    /** Nothing that still comes matters. */
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
