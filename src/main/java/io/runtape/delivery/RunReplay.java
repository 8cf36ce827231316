package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameReader;
import io.runtape.server.fairness.UnsentBytes;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The replay of a part of one run: its frames with their original pauses, see {@link ReplayClock}; a slow reader gets late
 * frames at once. Confined to its event loop.
 */
final class RunReplay implements Flow.Subscription {

    private static final Logger LOG = Logger.getLogger(RunReplay.class);

    private final RunSource source;
    private final ReplayPart part;
    private final ReplayClock clock;
    private final StreamFormat framing;
    private final EventLoop loop;
    private final Delivery delivery;
    private final Flow.Subscriber<? super Buffer> subscriber;
    private final long beganNanos;
    private @Nullable FrameBlock block;
    private long position;
    private long demand;
    private boolean reading;
    private int readLimit = FrameReader.FIRST_BLOCK_FRAMES;
    private boolean going;
    private boolean done;
    private @Nullable ScheduledFuture<?> timer;
    private UnsentBytes.@Nullable Held untaken;

    RunReplay(
            RunSource source,
            ReplayPart part,
            ReplayClock clock,
            StreamFormat framing,
            EventLoop loop,
            Delivery delivery,
            Flow.Subscriber<? super Buffer> subscriber) {
        this.source = source;
        this.part = part;
        this.clock = clock;
        this.framing = framing;
        this.loop = loop;
        this.delivery = delivery;
        this.subscriber = subscriber;
        this.beganNanos = delivery.nanoClock().getAsLong();
        this.position = part.after();
    }

    void begin() {
        subscriber.onSubscribe(this);
        go();
    }

    @Override
    public void request(long n) {
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        taken();
        go();
    }

    @Override
    public void cancel() {
        settle();
    }

    private void settle() {
        done = true;
        keep(null);
        taken();
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** Keeps these frames until they are due, in the place of those before them. */
    private void keep(@Nullable FrameBlock next) {
        delivery.readAhead((next == null ? 0 : next.weight()) - (block == null ? 0 : block.weight()));
        block = next;
    }

    /** The socket has taken its bytes. */
    private void taken() {
        if (untaken != null) {
            delivery.untaken().release(untaken);
            untaken = null;
        }
    }

    private void go() {
        if (going) {
            return;
        }
        going = true;
        try {
            while (step()) {
                // Each step moves on.
            }
        } finally {
            going = false;
        }
    }

    /** One step; false when there is nothing to do before something happens. */
    private boolean step() {
        if (done || reading || timer != null) {
            return false;
        }
        FrameBlock current = block;
        if (current == null || position >= current.last()) {
            keep(null);
            if (position >= part.upTo()) {
                end();
            } else if (demand > 0) {
                read();
            }
            return false;
        }
        if (demand == 0) {
            return false;
        }
        long wait = dueNanos(current, index(current)) - delivery.nanoClock().getAsLong();
        if (wait > 0) {
            if (!delivery.mayKeepAhead(current.weight())) {
                // It is read again when it is due.
                keep(null);
            }
            timer = loop.schedule(this::due, wait, TimeUnit.NANOSECONDS);
            return false;
        }
        emit(current);
        return true;
    }

    /** Nothing is left to play: it ends as the run's response did. */
    private void end() {
        RunEnding ending = part.toEnd() ? source.ending() : null;
        Buffer last = ending == null ? Buffer.buffer() : framing.ending(ending);
        if (last.length() > 0) {
            if (demand == 0) {
                return;
            }
            demand--;
            settle();
            subscriber.onNext(last);
            subscriber.onComplete();
        } else if (ending != null && ending.cut()) {
            fail("the response broke off here");
        } else {
            settle();
            subscriber.onComplete();
        }
    }

    private void due() {
        timer = null;
        go();
    }

    private int index(FrameBlock current) {
        return (int) (position + 1 - current.first());
    }

    private long dueNanos(FrameBlock current, int index) {
        return beganNanos + clock.dueNanos(current.offsetMicros(index));
    }

    /** All frames that are due go out in one item. */
    private void emit(FrameBlock current) {
        long now = delivery.nanoClock().getAsLong();
        int to = index(current);
        do {
            clock.play(current.offsetMicros(to));
            to++;
        } while (to < current.count() && dueNanos(current, to) <= now);
        StreamFormat.Rendered rendered = framing.render(List.of(current.upTo(to)), position);
        position = rendered.position();
        if (rendered.bytes().length() == 0) {
            // A frame of the compressed form, or one that only ends the parts of a response.
            return;
        }
        demand--;
        subscriber.onNext(rendered.bytes());
        if (demand == 0 && !done && untaken == null) {
            // Unchanged bytes are a slice of the block, and keep all of it in memory.
            untaken = delivery.untaken().hold(source.owner(), current.weight(), this::cutOff);
        }
    }

    private void cutOff() {
        loop.execute(() -> fail(BrokenOffException.untaken()));
    }

    private void read() {
        reading = true;
        long after = position;
        int limit = readLimit;
        delivery.turns().take(source.owner(), loop, () -> {
            // A row of a packed run may have thousands of frames.
            long upTo = delivery.isMuchReadAhead()
                    ? Math.min(part.upTo(), after + FrameReader.FIRST_BLOCK_FRAMES)
                    : part.upTo();
            try {
                FrameBlock next = delivery.reader().block(source.pk(), after, upTo, limit);
                loop.execute(() -> readDone(next));
            } catch (SQLException | RuntimeException e) {
                LOG.warnf("frames of run %s cannot be read: %s", source.id(), e.toString());
                loop.execute(() -> fail("the frames cannot be read"));
            }
        });
    }

    private void readDone(FrameBlock next) {
        reading = false;
        if (done) {
            return;
        }
        if (next.count() == 0) {
            fail("the frames are gone");
            return;
        }
        readLimit = FrameReader.limitAfter(next);
        keep(next);
        go();
    }

    private void fail(String why) {
        fail(new BrokenOffException(why));
    }

    private void fail(BrokenOffException cause) {
        if (!done) {
            settle();
            subscriber.onError(cause);
        }
    }
}
