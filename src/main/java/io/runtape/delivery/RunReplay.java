package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.rows.FrameBlock;
import io.runtape.rows.FrameReader;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The replay of one ended run: its frames with their original pauses. Each is due at its own time after the beginning, so
 * that errors of single timers do not add up; a reader that is too slow gets late frames at once. Confined to its event loop.
 */
final class RunReplay implements Flow.Subscription {

    private static final Logger LOG = Logger.getLogger(RunReplay.class);

    private final RunSource source;
    private final double speed;
    private final Framing framing;
    private final EventLoop loop;
    private final Delivery delivery;
    private final Flow.Subscriber<? super Buffer> subscriber;
    private final long beganNanos = System.nanoTime();
    private @Nullable FrameBlock block;
    private long position;
    private long demand;
    private boolean reading;
    private int readLimit = FrameReader.FIRST_BLOCK_FRAMES;
    private boolean going;
    private boolean done;
    private @Nullable ScheduledFuture<?> timer;

    RunReplay(
            RunSource source,
            double speed,
            Framing framing,
            EventLoop loop,
            Delivery delivery,
            Flow.Subscriber<? super Buffer> subscriber) {
        this.source = source;
        this.speed = speed;
        this.framing = framing;
        this.loop = loop;
        this.delivery = delivery;
        this.subscriber = subscriber;
    }

    void begin() {
        subscriber.onSubscribe(this);
        go();
    }

    @Override
    public void request(long n) {
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        go();
    }

    @Override
    public void cancel() {
        done = true;
        if (timer != null) {
            timer.cancel(false);
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
            if (position >= source.lastSequence()) {
                done = true;
                subscriber.onComplete();
            } else {
                read();
            }
            return false;
        }
        if (demand == 0) {
            return false;
        }
        long wait = dueNanos(current, index(current)) - System.nanoTime();
        if (wait > 0) {
            timer = loop.schedule(this::due, wait, TimeUnit.NANOSECONDS);
            return false;
        }
        emit(current);
        return true;
    }

    private void due() {
        timer = null;
        go();
    }

    private int index(FrameBlock current) {
        return (int) (position + 1 - current.first());
    }

    private long dueNanos(FrameBlock current, int index) {
        return beganNanos + (long) (current.offsetMicros(index) * 1000.0 / speed);
    }

    /** All frames that are due go out in one item. */
    private void emit(FrameBlock current) {
        long now = System.nanoTime();
        int to = index(current) + 1;
        while (to < current.count() && dueNanos(current, to) <= now) {
            to++;
        }
        Framing.Rendered rendered = framing.render(List.of(current.upTo(to)), position);
        position = rendered.position();
        demand--;
        subscriber.onNext(rendered.bytes());
    }

    private void read() {
        reading = true;
        long after = position;
        int limit = readLimit;
        delivery.reads().execute(() -> {
            try {
                FrameBlock next = delivery.reader().block(source.pk(), after, source.lastSequence(), limit);
                loop.execute(() -> readDone(next));
            } catch (SQLException | RuntimeException e) {
                LOG.warnf("frames of run %s cannot be read: %s", source.id(), e.toString());
                loop.execute(() -> fail("the frames cannot be read"));
            }
        });
    }

    private void readDone(FrameBlock next) {
        reading = false;
        if (next.count() == 0) {
            fail("the frames are gone");
            return;
        }
        readLimit = FrameReader.limitAfter(next);
        block = next;
        go();
    }

    private void fail(String why) {
        if (!done) {
            done = true;
            subscriber.onError(new BrokenOffException(why));
        }
    }
}
