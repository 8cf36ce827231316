package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.journal.RunJournal;
import io.runtape.sse.ContentDecoder;
import io.runtape.sse.FrameSplitter;
import io.runtape.sse.Framer;
import io.runtape.sse.ResponseFramer;
import io.runtape.upstream.AgentResponse;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of the agent API's response into frames. Asks for more only while the journal has room. Flushes bytes
 * that wait too long for their blank line; those of a response that is not an event stream wait for nothing but its end, if
 * that is all that is to come. Records a compressed body as it comes, and cuts its frames from the decoded form, at the
 * pace of the journal too. Notices silence. Confined to the event loop of the call.
 */
final class UpstreamBodyReader implements Flow.Subscriber<Buffer> {

    /**
     * How many buffers of at most 8 KiB it requests at once: few, since so many may come before it checks a run's own
     * bound.
     */
    private static final int WINDOW = 16;

    /** How many decoded bytes one turn on the event loop makes frames of. */
    private static final int DECODED_AT_ONCE = 4 * ContentDecoder.BYTES_AT_ONCE;

    private final BodyListener listener;
    private final RunJournal run;
    private final AgentResponse response;
    private final FrameRecorder recorder;
    private final OutcomeReader outcome;
    private final boolean isEventStream;
    private final boolean isEncoded;
    private final @Nullable ContentDecoder decoder;
    private final Framer framer;
    private final PartFlush flush;
    private final EventLoop loop;
    private final long idleNanos;
    private final LongSupplier clock;
    private Flow.@Nullable Subscription subscription;
    private int outstanding;
    private boolean waitingForRoom;
    /** Bytes that have come are not decoded yet; until they are, no more are asked for, and the body does not end. */
    private boolean decodingOn;

    private @Nullable Runnable endingAfterDecoding;
    private boolean finished;
    private long bytesToCome;
    private long lastBytesNanos;
    private @Nullable ScheduledFuture<?> silenceTimer;
    private @Nullable HeldBody held;

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
        this.isEncoded = ContentDecoder.isEncoded(response.contentEncoding());
        this.bytesToCome = response.contentLength();
        this.decoder = ContentDecoder.of(response.contentEncoding());
        this.framer = isEventStream
                ? new FrameSplitter(frameBytesMax, recorder)
                : new ResponseFramer(frameBytesMax, recorder);
        this.loop = loop;
        this.flush = new PartFlush(framer, recorder, listener, loop, patience);
        this.idleNanos = patience.idle().toNanos();
        this.clock = patience.nanoClock();
        this.lastBytesNanos = clock.getAsLong();
    }

    /**
     * Holds the body back until it has named both ids, cannot name any more, is complete, or is longer than 64 KiB. Then
     * calls back with its ids, before the recording begins.
     */
    void holdBack(Consumer<ResponseIds> call) {
        held = new HeldBody(ContentDecoder.of(response.contentEncoding()), call);
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
        outstanding--;
        bytesToCome -= bytes.length();
        try {
            take(bytes);
        } catch (RuntimeException fault) {
            listener.faulty(fault);
            return;
        }
        askForMore();
    }

    private void take(Buffer bytes) {
        byte[] piece = bytes.getBytes();
        HeldBody holding = held;
        if (holding == null) {
            record(piece);
        } else if (holding.hold(piece)) {
            release();
        }
    }

    private void record(byte[] piece) {
        if (!isEncoded) {
            feed(piece, piece.length);
            return;
        }
        recorder.encoded(piece);
        if (decoder != null) {
            decoder.feed(piece);
            if (!decodingOn) {
                decode(decoder);
            }
        }
    }

    private void feed(byte[] bytes, int length) {
        int before = framer.pendingBytes();
        framer.feed(bytes, 0, length);
        if (isEventStream || !isEncoded && bytesToCome == 0) {
            // The end of a body of known length comes in a moment, and its last bytes are one frame with it.
            flush.afterAWhile(framer.pendingBytes() < before + length, lastBytesNanos);
        } else if (!isEncoded) {
            flush.soon();
        }
    }

    /** Makes frames of what can be decoded now, as long as the journal has room; a few bytes may decode to megabytes. */
    private void decode(ContentDecoder from) {
        int decoded = 0;
        while (from.hasMore()) {
            boolean full = run.isFull();
            if (full || outcome.isBehind() || decoded >= DECODED_AT_ONCE) {
                decodingOn = true;
                holdOff();
                Runnable more = () -> decodeOn(from);
                if (full) {
                    run.whenRoom(more);
                } else if (outcome.isBehind()) {
                    outcome.whenRead(more);
                } else {
                    loop.execute(more);
                }
                return;
            }
            int length = from.next();
            decoded += length;
            feed(from.decoded(), length);
        }
        decodingOn = false;
    }

    private void decodeOn(ContentDecoder from) {
        if (finished) {
            return;
        }
        try {
            decode(from);
        } catch (RuntimeException fault) {
            listener.faulty(fault);
            return;
        }
        if (decodingOn) {
            return;
        }
        Runnable ending = endingAfterDecoding;
        if (ending == null) {
            roomAgain();
        } else {
            finish(ending);
        }
    }

    private void release() {
        HeldBody holding = held;
        if (holding != null) {
            held = null;
            holding.release(this::record);
        }
    }

    private void askForMore() {
        Flow.Subscription from = subscription;
        if (from == null || finished || waitingForRoom || decodingOn) {
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
        flush.holdOff();
        response.body().pause();
    }

    private void roomAgain() {
        if (decodingOn) {
            return;
        }
        waitingForRoom = false;
        // Without a request no bytes could come, so this was no silence.
        lastBytesNanos = clock.getAsLong();
        flush.goOn(lastBytesNanos);
        askForMore();
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
            release();
            if (decodingOn) {
                endingAfterDecoding = ending;
                return;
            }
            finishFrames();
        } catch (RuntimeException fault) {
            listener.faulty(fault);
            return;
        }
        ending.run();
    }

    /** Makes frames of all received bytes that are decoded. No frames follow, even if this fails. */
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
        if (decoder != null) {
            decoder.close();
        }
        if (held != null) {
            held.drop();
        }
        flush.stop();
        if (silenceTimer != null) {
            silenceTimer.cancel(false);
        }
    }
}
