package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.run.ThreadPosition;
import io.runtape.sse.SseWriter;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.vertx.core.buffer.Buffer;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tails of threads: each run in its order, once the earlier one has ended, and then the wait for the next. Safe for any
 * thread.
 */
@Singleton
final class ThreadTails {

    private static final int CUTS_OFF_AT = Journal.DRAINS_AT + 100;

    private final RunSources sources;
    private final Delivery delivery;
    private final Journal journal;
    private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    ThreadTails(RunSources sources, Delivery delivery, Journal journal) {
        this.sources = sources;
        this.delivery = delivery;
        this.journal = journal;
    }

    /**
     * Cuts off readers that wait for a thread's next run: this gateway's runs have ended, and the next one begins at
     * another gateway. The shutdown would wait for these readers until its time-out.
     */
    void cutOff(@Observes @Priority(CUTS_OFF_AT) ShutdownDelayInitiatedEvent event) {
        stopping = true;
        waiting.forEach(Runnable::run);
    }

    /**
     * The thread's frames after a position. Blocks while it looks the thread up.
     *
     * @param position a {@link ThreadPosition}
     * @param loop the event loop that subscribes and gets all items
     * @throws ApiException 404 if there is no such thread, 400 if the position is past its end, 410 if frames behind it are
     *     deleted
     */
    Multi<Buffer> open(Owner owner, String threadId, long position, boolean verbatim, EventLoop loop) {
        Instant began = sources.requirePosition(owner, threadId, position).createdAt;
        sources.requireFrames(owner, threadId, position, Long.MAX_VALUE);
        Tail tail = new Tail(owner, threadId, began, position, verbatim, loop);
        return Multi.createBy()
                .repeating()
                .uni(tail::next)
                .until(part -> tail.isCut())
                .onItem()
                .transformToMultiAndConcatenate(part -> part);
    }

    /** A run of the thread, and after which of its frames the tail begins. */
    private record NextRun(RunSources.Found found, long after) {}

    /** One reader's way through a thread. Confined to its event loop. */
    private final class Tail {

        private final Owner owner;
        private final String threadId;
        private final Instant began;
        private final boolean verbatim;
        private final EventLoop loop;
        private final ConnectionAge age;
        private final long position;
        private long ordinal;

        Tail(Owner owner, String threadId, Instant began, long position, boolean verbatim, EventLoop loop) {
            this.owner = owner;
            this.threadId = threadId;
            this.began = began;
            this.position = position;
            this.ordinal = Math.max(0, ThreadPosition.ordinal(position) - 1);
            this.verbatim = verbatim;
            this.loop = loop;
            this.age = delivery.tailAge(verbatim);
        }

        /** Whether its connection was cut, so that nothing comes next. */
        boolean isCut() {
            return age.isCut();
        }

        /** What comes next: a run, or the wait for one. */
        Uni<Multi<Buffer>> next() {
            return lookup().map(found -> found.map(this::run).orElseGet(this::waiting));
        }

        private Uni<Optional<NextRun>> lookup() {
            return BlockingWork.on(read -> delivery.turns().take(owner.id(), loop, read), this::nextRun, loop);
        }

        /** Its place is that of the thread's runs as long as the thread is not deleted: in a new one places begin anew. */
        private Optional<NextRun> nextRun() {
            Optional<RunSources.Found> next = sources.nextInThread(owner, threadId, ordinal);
            sources.requireSameThread(owner, threadId, began, ordinal);
            return next.map(this::begun);
        }

        private NextRun begun(RunSources.Found found) {
            long after = Math.max(0, position - found.idBase());
            return new NextRun(found, verbatim ? after : sources.tailStart(found, after));
        }

        private Multi<Buffer> run(NextRun next) {
            RunSources.Found found = next.found;
            ordinal = found.ordinal();
            // The end of a run without frames has the position that its frames would follow.
            boolean seen = found.source().ending() != null
                    && position == found.idBase() + found.source().lastSequence();
            if (seen) {
                return Multi.createFrom().empty();
            }
            if (found.isExpired() && found.source().lastSequence() > next.after) {
                // Since the tail began. Whoever comes back is told.
                return Multi.createFrom().failure(new BrokenOffException("the frames are deleted"));
            }
            StreamFormat framing = verbatim ? VerbatimFraming.decoded() : new TailFraming(found.idBase());
            return delivery.read(found.source(), next.after, framing, age, loop);
        }

        /** Completes when a run has joined the thread; until then it keeps the connection awake. */
        private Multi<Buffer> waiting() {
            return Multi.createFrom().<Buffer>emitter(this::watch, BackPressureStrategy.DROP);
        }

        private void watch(MultiEmitter<? super Buffer> emitter) {
            Runnable unwatch = journal.watchThread(owner, threadId, () -> loop.execute(emitter::complete));
            long keepAliveNanos = TailFraming.KEEP_ALIVE.toNanos();
            ScheduledFuture<?> awake = loop.scheduleWithFixedDelay(
                    () -> keepAlive(emitter), keepAliveNanos, keepAliveNanos, TimeUnit.NANOSECONDS);
            @Nullable
            ScheduledFuture<?> tooOld = age.isBounded()
                    ? loop.schedule(() -> cutForAge(emitter), Math.max(0, age.leftNanos()), TimeUnit.NANOSECONDS)
                    : null;
            Runnable cut = () -> loop.execute(() -> fail(emitter, new BrokenOffException("the gateway stops")));
            emitter.onTermination(() -> {
                waiting.remove(cut);
                unwatch.run();
                awake.cancel(false);
                if (tooOld != null) {
                    tooOld.cancel(false);
                }
            });
            waiting.add(cut);
            if (stopping) {
                cut.run();
            }
            // A run may have joined between the look-up and the watch.
            completeWhereRunJoined(emitter);
        }

        private void cutForAge(MultiEmitter<? super Buffer> emitter) {
            emitter.emit(age.cut());
            emitter.complete();
        }

        private void completeWhereRunJoined(MultiEmitter<? super Buffer> emitter) {
            lookup().subscribe().with(found -> found.ifPresent(f -> emitter.complete()), e -> fail(emitter, e));
        }

        /** The wait may be over by now, and a later failure would be logged as unhandled. */
        private static void fail(MultiEmitter<? super Buffer> emitter, Throwable cause) {
            if (!emitter.isCancelled()) {
                emitter.fail(cause);
            }
        }

        private void keepAlive(MultiEmitter<? super Buffer> emitter) {
            if (!verbatim) {
                emitter.emit(Buffer.buffer(SseWriter.keepAlive()));
            }
            // The announcement of a run at another gateway may have been lost, and the thread may have been deleted.
            completeWhereRunJoined(emitter);
        }
    }
}
