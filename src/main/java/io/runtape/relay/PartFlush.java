package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.sse.Framer;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes parts of bytes that wait in a framer for the rest of their frame. Time in which the gateway does not read does not
 * count: the rest may have come. Confined to the event loop of the call.
 */
final class PartFlush {

    private final Framer framer;
    private final FrameRecorder recorder;
    private final BodyListener listener;
    private final EventLoop loop;
    private final long patienceNanos;
    private final LongSupplier clock;
    private long pendingSinceNanos;
    private @Nullable ScheduledFuture<?> timer;
    private boolean comesSoon;
    private boolean heldOff;
    private boolean stopped;

    PartFlush(Framer framer, FrameRecorder recorder, BodyListener listener, EventLoop loop, BodyPatience patience) {
        this.framer = framer;
        this.recorder = recorder;
        this.listener = listener;
        this.loop = loop;
        this.patienceNanos = patience.partialFlush().toNanos();
        this.clock = patience.nanoClock();
    }

    /**
     * Flushes bytes that wait too long for their blank line, or for the end of their body.
     *
     * @param frameEnded whether a frame has ended since the last call, so that the pending bytes belong to another one
     * @param nowNanos when the last bytes came, by the clock
     */
    void afterAWhile(boolean frameEnded, long nowNanos) {
        if (framer.pendingBytes() == 0) {
            pendingSinceNanos = 0;
        } else if (pendingSinceNanos == 0 || frameEnded) {
            pendingSinceNanos = nowNanos;
            if (timer == null) {
                schedule(patienceNanos);
            }
        }
    }

    private void schedule(long inNanos) {
        timer = loop.schedule(this::flushPending, inNanos, TimeUnit.NANOSECONDS);
    }

    private void flushPending() {
        timer = null;
        if (stopped || pendingSinceNanos == 0) {
            return;
        }
        long left = heldOff ? patienceNanos : patienceNanos - (clock.getAsLong() - pendingSinceNanos);
        if (left > 0) {
            schedule(left);
        } else {
            recorder.arrived();
            flush();
            pendingSinceNanos = 0;
        }
    }

    /** No bytes are read from now on. */
    void holdOff() {
        heldOff = true;
    }

    /**
     * Bytes are read again.
     *
     * @param nowNanos from when on pending bytes wait, by the clock
     */
    void goOn(long nowNanos) {
        heldOff = false;
        pendingSinceNanos = pendingSinceNanos == 0 ? 0 : nowNanos;
    }

    /**
     * Flushes when everything is read that came with the last bytes: the end of a body mostly comes with them, and then
     * the response is one frame.
     */
    void soon() {
        if (!comesSoon) {
            comesSoon = true;
            loop.execute(this::flushNow);
        }
    }

    private void flushNow() {
        comesSoon = false;
        if (!stopped) {
            flush();
        }
    }

    private void flush() {
        try {
            framer.flushPart();
        } catch (RuntimeException fault) {
            listener.faulty(fault);
        }
    }

    void stop() {
        stopped = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
