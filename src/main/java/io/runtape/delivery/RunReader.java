package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.journal.CommitListener;
import io.runtape.journal.LiveRun;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameReader;
import io.runtape.run.RunEnd;
import io.runtape.run.StreamedFrames;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.sse.FrameKind;
import io.runtape.sse.SseWriter;
import io.runtape.store.SqlFault;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One reader of one run, live or ended. Hands out the durable frames in order, without gap or repeat, as fast as its
 * subscriber requests them. One item holds all frames of a commit.
 *
 * <p>It knows how far the run is durable, and queues commits while it watches. It reads the frames before its queue
 * from the database. So a late reader and a slow reader work alike: when the queue is full the reader drops it, and
 * reads the gap back once it has caught up. A slow reader costs no other reader anything. While the database is away,
 * the reader of a live run waits for it as the run does.
 *
 * <p>Confined to its event loop.
 */
final class RunReader implements Flow.Subscription, CommitListener {

    private static final Logger LOG = Logger.getLogger(RunReader.class);

    /** The pause between a failed read and the next try. */
    private static final long RETRY_SECONDS = 1;

    private final RunSource source;
    private final StreamFormat framing;
    private final ConnectionAge age;
    private final EventLoop loop;
    private final Delivery delivery;
    private final Flow.Subscriber<? super Buffer> subscriber;
    private final CommitQueue queue;
    private long position;
    private long durable;
    /** All frames after the position up to here are known to be parts that no frame completes yet, or encoded. */
    private long partsThrough;

    /**
     * What was found to complete the parts that are being read, which may be thousands of blocks ahead. During a read it belongs
     * to the read.
     */
    private StreamedFrames.Completing completing = StreamedFrames.Completing.none(0);

    private @Nullable RunEnding ending;
    private @Nullable Preface preface;
    private long demand;
    private boolean draining;
    private boolean reading;
    /** Whether a comment may go out during a read; until the read ends, its framing belongs to the read. */
    private boolean readBetweenFrames;
    /** Hands over a read while nothing is requested: a comment has used up the request meanwhile. */
    private @Nullable Runnable readUnasked;

    private boolean waitingForStore;
    private int readLimit = FrameReader.FIRST_BLOCK_FRAMES;
    private boolean done;
    private boolean behind;
    private @Nullable IdleTimer keepAlive;
    private @Nullable ScheduledFuture<?> ageTimer;
    private UnsentBytes.@Nullable Held untaken;

    RunReader(
            RunSource source,
            long after,
            StreamFormat framing,
            ConnectionAge age,
            EventLoop loop,
            Delivery delivery,
            Flow.Subscriber<? super Buffer> subscriber) {
        this.source = source;
        this.position = after;
        this.partsThrough = after;
        this.framing = framing;
        this.age = age;
        this.loop = loop;
        this.delivery = delivery;
        this.subscriber = subscriber;
        this.queue = new CommitQueue(delivery);
    }

    /** Sends these bytes first. Call it before {@link #begin}. */
    RunReader beginningWith(Preface first) {
        preface = first;
        return this;
    }

    /** Begins: registers with a live run and gets the bound of what can be read, in one step. */
    void begin() {
        LiveRun live = source.live();
        if (live == null) {
            durable = source.lastSequence();
            ending = source.ending();
        } else {
            LiveRun.Subscribed subscribed = live.subscribe(this);
            durable = subscribed.durable();
            if (subscribed.ended() != null) {
                ending = source.ending(subscribed.ended(), durable);
            }
        }
        delivery.metrics().readers(1);
        @Nullable Duration idle = framing.keepAlive();
        if (idle != null) {
            keepAlive = IdleTimer.begin(loop, delivery.nanoClock(), idle, this::keepAlive);
        }
        if (age.isBounded()) {
            ageTimer = loop.schedule(this::drain, Math.max(0, age.leftNanos()), TimeUnit.NANOSECONDS);
        }
        subscriber.onSubscribe(this);
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void committed(FrameBlock frames) {
        if (done || frames.last() <= durable) {
            return;
        }
        durable = frames.last();
        queue.add(frames);
        drain();
        if (queue.isOverfull()) {
            queue.clear();
            fallBehind(true);
        }
    }

    private void fallBehind(boolean now) {
        if (behind != now) {
            behind = now;
            delivery.metrics().behind(now ? 1 : -1);
        }
    }

    @Override
    public void ended(RunEnd end) {
        if (!done && ending == null) {
            ending = source.ending(end, durable);
            drain();
        }
    }

    /** A tail tells durable ends alone: it waits for this one, or is cut off and finds out when it comes back. */
    @Override
    public void brokeOff(RunEnd end, boolean endFollows) {
        if (!framing.isTail()) {
            ended(end);
        } else if (!endFollows) {
            fail("the run was given up, and its end is not durable");
        }
    }

    @Override
    public void gone() {
        fail("the run is gone");
    }

    @Override
    public void request(long n) {
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        taken();
        Runnable read = readUnasked;
        if (read == null) {
            drain();
        } else {
            readUnasked = null;
            read.run();
        }
    }

    @Override
    public void cancel() {
        if (!done) {
            settle();
        }
    }

    private void settle() {
        done = true;
        queue.clear();
        taken();
        delivery.metrics().readers(-1);
        fallBehind(false);
        LiveRun live = source.live();
        if (live != null) {
            live.unsubscribe(this);
        }
        if (keepAlive != null) {
            keepAlive.stop();
        }
        if (ageTimer != null) {
            ageTimer.cancel(false);
        }
    }

    private void drain() {
        if (draining) {
            return;
        }
        draining = true;
        try {
            while (!done && demand > 0 && !reading && step()) {
                // Each step makes progress.
            }
        } finally {
            draining = false;
        }
    }

    /** Does one step; false if there is nothing to do until something happens. */
    private boolean step() {
        Preface first = preface;
        if (first != null) {
            preface = null;
            emit(first.bytes());
            // If the client does not take them, they count among the untaken bytes from now on.
            first.handedOver().run();
            return true;
        }
        if (age.isOver() && framing.betweenFrames() && (ending == null || hasMore())) {
            cutForAge();
            return true;
        }
        FrameBlock next = queue.first();
        if (next != null && next.last() <= position) {
            queue.removeFirst();
            return true;
        }
        if (next != null && next.first() <= position + 1) {
            deliver(queue.takeItem(position));
            return true;
        }
        if (next != null && next.first() == partsThrough + 1 && onlyParts(next)) {
            partsThrough = next.last();
            queue.removeFirst();
            return true;
        }
        if (hasMore()) {
            read();
            return false;
        }
        RunEnding end = ending;
        if (end == null) {
            return false;
        }
        finish(end);
        return true;
    }

    /** Whether there are durable frames that the reader has not got. */
    private boolean hasMore() {
        return position < durable && partsThrough < durable;
    }

    private void cutForAge() {
        emit(age.cut());
        if (!done) {
            settle();
            subscriber.onComplete();
        }
    }

    private static boolean onlyParts(FrameBlock block) {
        for (int i = 0; i < block.count(); i++) {
            if (block.kind(i) != FrameKind.PART && block.kind(i) != FrameKind.ENCODED) {
                return false;
            }
        }
        return true;
    }

    private void deliver(List<FrameBlock> blocks) {
        StreamFormat.Rendered rendered = framing.render(blocks, position);
        delivery.metrics()
                .handedOver(rendered.position() - position, rendered.bytes().length());
        position = rendered.position();
        partsThrough = Math.max(position, blocks.get(blocks.size() - 1).last());
        fallBehind(false);
        emit(rendered.bytes());
        delivery.metrics().relayed(blocks.get(0));
    }

    private void emit(Buffer bytes) {
        if (bytes.length() > 0) {
            demand--;
            if (keepAlive != null) {
                keepAlive.busy();
            }
            subscriber.onNext(bytes);
            if (demand == 0 && !done && untaken == null) {
                hold(bytes.length());
            }
        }
    }

    private void hold(long bytes) {
        untaken = delivery.untaken().hold(source.owner(), bytes, this::cutOff);
    }

    /** The socket has taken the bytes that it was given. */
    private void taken() {
        if (untaken != null) {
            delivery.untaken().release(untaken);
            untaken = null;
        }
        if (preface != null && done) {
            preface.handedOver().run();
            preface = null;
        }
    }

    private void cutOff() {
        loop.execute(() -> fail(BrokenOffException.untaken()));
    }

    private void read() {
        reading = true;
        readBetweenFrames = framing.betweenFrames();
        long from = position;
        long upTo = durable;
        int limit = readLimit;
        delivery.turns().take(source.owner(), loop, () -> {
            try {
                FrameBlock block = delivery.reader().block(source.pk(), from, upTo, limit);
                @Nullable FrameKind kind = framing.isTail() && onlyParts(block) ? completing(from, upTo) : null;
                StreamFormat.@Nullable Rendered rendered = renderRead(block, kind, from);
                loop.execute(() -> readDone(block, rendered, upTo));
            } catch (SQLException e) {
                loop.execute(() -> readFailed(e));
            } catch (RuntimeException e) {
                LOG.errorf(e, "frames of run %s cannot be read", source.id());
                loop.execute(() -> fail("the frames cannot be read"));
            }
        });
    }

    /** The kind of the frame that completes the parts after this position; null if there is none up to the bound. */
    private @Nullable FrameKind completing(long from, long upTo) throws SQLException {
        boolean found = completing.kind() != null && completing.sequence() > from;
        long lookedAt = completing.kind() == null ? Math.max(from, completing.sequence()) : from;
        if (!found && lookedAt < upTo) {
            completing = delivery.reader().completes(source.pk(), lookedAt, upTo);
        }
        return completing.kind();
    }

    /**
     * Renders in the turn of the read, which spares the event loop most of the work for a reader that catches up.
     * Meanwhile the loop does not touch the framing.
     *
     * @return null if there is nothing to show
     */
    private StreamFormat.@Nullable Rendered renderRead(FrameBlock block, @Nullable FrameKind completing, long from) {
        if (block.count() == 0 || completing == FrameKind.TAIL || completing == FrameKind.RESPONSE) {
            return null;
        }
        if (completing != null) {
            framing.releaseParts();
        }
        return framing.render(List.of(block), from);
    }

    /**
     * Readers of a live run wait for the database as the run does; the run is given up if that takes too long. Frames that are
     * damaged stay so.
     */
    private void readFailed(SQLException cause) {
        if (!waitingForStore) {
            LOG.warnf("frames of run %s cannot be read: %s", source.id(), cause.toString());
        }
        if (source.live() == null || ending != null || SqlFault.isOfTheRow(cause)) {
            fail("the frames cannot be read");
        } else {
            waitingForStore = true;
            loop.schedule(this::readAgain, RETRY_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void readAgain() {
        reading = false;
        drain();
    }

    private void readDone(FrameBlock block, StreamFormat.@Nullable Rendered rendered, long upTo) {
        if (demand == 0 && !done) {
            readUnasked = () -> readDone(block, rendered, upTo);
            taken();
            hold(block.weight());
            return;
        }
        reading = false;
        waitingForStore = false;
        if (done) {
            return;
        }
        if (block.count() == 0) {
            fail("the frames are gone");
            return;
        }
        readLimit = FrameReader.limitAfter(block);
        if (rendered == null) {
            // Parts of a frame that is never shown.
            position = block.last();
            partsThrough = position;
            drain();
            return;
        }
        delivery.metrics()
                .handedOver(rendered.position() - position, rendered.bytes().length());
        if (rendered.position() == position) {
            // Only parts, and no frame up to the bound completes them.
            partsThrough = upTo;
        } else {
            position = rendered.position();
            partsThrough = position;
        }
        emit(rendered.bytes());
        drain();
    }

    private void finish(RunEnding end) {
        boolean brokeOff = end.cut() && !framing.isTail();
        @Nullable Buffer last = brokeOff ? framing.brokenOff(end) : framing.ending(end);
        if (last == null) {
            fail("the run broke off");
            return;
        }
        settle();
        if (last.length() > 0) {
            subscriber.onNext(last);
        }
        subscriber.onComplete();
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

    private void keepAlive() {
        if (demand > 0 && (reading ? readBetweenFrames : framing.betweenFrames())) {
            emit(Buffer.buffer(SseWriter.keepAlive()));
        }
    }
}
