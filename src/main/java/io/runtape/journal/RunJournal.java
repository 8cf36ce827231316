package io.runtape.journal;

import io.runtape.model.RunReason;
import io.runtape.model.RunStatus;
import io.runtape.sse.FrameKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The journal of one live run: takes its head, frames and end, and tells listeners what of it has become durable.
 *
 * <p>Promises that no listener hears of a frame before it is durable, that frames are heard in order, without gap or
 * repeat, and that the first end wins. Does not wait: whoever appends asks {@link #isFull()} and stops reading its source
 * until {@link #whenRoom} calls.
 *
 * <p>Appended to by one event loop; all else is safe for any thread.
 */
public final class RunJournal {

    /** Bytes of finished frames that may wait, for their commit or on the way to readers, before the source is not read. */
    static final long UNCOMMITTED_MAX = 1L << 20;

    private static final int FRAMES_EXPECTED = 4;
    private static final int BYTES_EXPECTED = 1024;

    /** A block makes room for as much as the one before it, up to this: one burst must not make every later block large. */
    private static final int BYTES_EXPECTED_MAX = 64 << 10;

    private final GroupCommitter committer;
    private final RunKey key;
    private volatile RunStart start;
    private final Executor loop;
    private final CompletableFuture<RunJournal> started = new CompletableFuture<>();

    // All below is guarded by this.
    private final CompletableFuture<RunHead> headed = new CompletableFuture<>();
    private final List<CommitListener> listeners = new ArrayList<>();
    private boolean queued;
    private boolean startTaken;
    private boolean headTaken;
    private boolean endTaken;
    private @Nullable RunHead head;
    private @Nullable FrameBlock waiting;
    private @Nullable RunEnd end;
    private RunTotals taken = RunTotals.NONE;
    private RunTotals durable = RunTotals.NONE;
    private @Nullable RunEnd ended;
    private long uncommitted;
    private int cancels;
    private @Nullable String upstreamRunId;
    private @Nullable Runnable roomCall;
    private @Nullable Consumer<RunEnd> endCall;
    private int framesLastBlock = FRAMES_EXPECTED;
    private int bytesLastBlock = BYTES_EXPECTED;

    RunJournal(GroupCommitter committer, long pk, RunStart start, Executor loop) {
        this.committer = committer;
        this.key = new RunKey(pk, start.owner().id(), start.agent(), start.createdAt());
        this.start = start;
        this.loop = loop;
    }

    /** The key that the run's frames are stored under. */
    public long pk() {
        return key.pk();
    }

    RunKey key() {
        return key;
    }

    /** What was known when the run began; without its request once that is being written. */
    public RunStart start() {
        return start;
    }

    /**
     * Completes on the loop when the run's row is durable; fails with {@link StoreUnavailableException}, or with {@link
     * KeyTakenException} where no row is written since the run's idempotency key has another run.
     */
    CompletableFuture<RunJournal> started() {
        return started;
    }

    void begin() {
        synchronized (this) {
            queued = true;
        }
        committer.enqueue(this);
    }

    /** Records the head; the result completes on the loop when it is durable. May be called once. */
    public CompletableFuture<RunHead> head(RunHead answer) {
        boolean enqueue;
        synchronized (this) {
            if (end != null) {
                headed.completeExceptionally(new StoreUnavailableException());
                return headed;
            }
            head = answer;
            upstreamRunId = answer.upstreamRunId();
            enqueue = markQueued();
        }
        if (enqueue) {
            committer.enqueue(this);
        }
        return headed;
    }

    /**
     * The head once it is durable; without an upstream status where the run ended without an answer. Completes on the run's
     * loop; fails with {@link StoreUnavailableException}.
     */
    public CompletionStage<RunHead> headed() {
        return headed;
    }

    /**
     * Appends one frame. Frames that come after the run's end are dropped: it was ended from elsewhere.
     *
     * @param offsetMicros microseconds from the run's beginning to the frame's arrival
     * @param type the event's type as it is to be stored; null where the frame is no event
     * @param lastEventId the last event ID string in force, empty where there is none
     * @param parts how many frames of kind part directly before it belong to it
     */
    public void append(
            FrameKind kind,
            byte[] source,
            int from,
            int to,
            long offsetMicros,
            @Nullable String type,
            String lastEventId,
            int parts) {
        boolean enqueue;
        synchronized (this) {
            if (end != null) {
                return;
            }
            FrameBlock block = waiting;
            if (block == null) {
                block = new FrameBlock(taken.frames() + 1, framesLastBlock, Math.max(bytesLastBlock, to - from));
                waiting = block;
            }
            block.add(kind, source, from, to, offsetMicros, type, lastEventId, parts);
            uncommitted += to - from;
            enqueue = markQueued();
        }
        committer.appended(to - from);
        if (enqueue) {
            committer.enqueue(this);
        }
    }

    /** Ends the run, after all that was appended. Returns false where it has an end already. */
    public boolean end(RunEnd how) {
        boolean enqueue;
        synchronized (this) {
            if (end != null) {
                return false;
            }
            end = how;
            enqueue = markQueued();
        }
        if (enqueue) {
            committer.enqueue(this);
        }
        return true;
    }

    /** Nobody waits for the start any more: should it become durable, the run ends with it. */
    void withdraw() {
        end(RunEnd.broken(RunStatus.FAILED, RunReason.STORE_UNAVAILABLE, Instant.now()));
    }

    private boolean markQueued() {
        boolean enqueue = !queued;
        queued = true;
        return enqueue;
    }

    /** Whether so much waits for its commit, of this run or of all, that the source must not be read. */
    public boolean isFull() {
        synchronized (this) {
            if (uncommitted >= UNCOMMITTED_MAX) {
                return true;
            }
        }
        return committer.isFull();
    }

    /** Calls back once, on the loop, when half of what may wait is free again. */
    public void whenRoom(Runnable call) {
        synchronized (this) {
            roomCall = call;
        }
        committer.callWhenRoom(this);
    }

    /** The call that waits for room, if there is room now. */
    synchronized @Nullable Runnable takeRoomCall(boolean roomForAll) {
        if (roomCall == null || end == null && (!roomForAll || uncommitted >= UNCOMMITTED_MAX / 2)) {
            return null;
        }
        Runnable call = roomCall;
        roomCall = null;
        return call;
    }

    Executor loop() {
        return loop;
    }

    /**
     * Adds a listener and takes the bound together: all up to the result's totals is durable and can be read, all that
     * follows is told.
     */
    public synchronized Subscribed subscribe(CommitListener listener) {
        if (ended == null) {
            listeners.add(listener);
        }
        return new Subscribed(durable, ended);
    }

    /** Removes a listener; it may still hear of a commit that is being told. */
    public synchronized void unsubscribe(CommitListener listener) {
        listeners.remove(listener);
    }

    /** Whether anybody listens. */
    public synchronized boolean isHeard() {
        return !listeners.isEmpty();
    }

    /** Calls back once, on the loop, when the run's end is durable or the run is given up; whoever ended it. */
    public void whenEnded(Consumer<RunEnd> call) {
        @Nullable RunEnd already;
        synchronized (this) {
            already = ended;
            endCall = already == null ? call : null;
        }
        if (already != null) {
            RunEnd end = already;
            loop.execute(() -> call.accept(end));
        }
    }

    /** What of the run is durable. */
    public synchronized RunTotals durable() {
        return durable;
    }

    /** The durable end, if there is one. */
    public synchronized Optional<RunEnd> ended() {
        return Optional.ofNullable(ended);
    }

    /** A cancel call that names this run is passing. */
    public synchronized void cancelBegan() {
        cancels++;
    }

    /** A cancel call that was passing was refused. */
    public synchronized void cancelRefused() {
        cancels--;
    }

    /** Whether a cancel call has passed, or is passing. */
    public synchronized boolean cancelNoted() {
        return cancels > 0;
    }

    /** The run's id at the agent API, once its answer's head is recorded. */
    public synchronized Optional<String> upstreamRunId() {
        return Optional.ofNullable(upstreamRunId);
    }

    /** What waits to be written; null where that is nothing. */
    synchronized @Nullable RunWrite take() {
        queued = false;
        RunStart newStart = startTaken ? null : start;
        if (!startTaken) {
            startTaken = true;
            start = start.withoutRequest();
        }
        RunHead newHead = head;
        head = null;
        FrameBlock frames = waiting;
        waiting = null;
        RunEnd newEnd = endTaken ? null : end;
        if (newEnd != null) {
            endTaken = true;
            end = newEnd.withoutOutcome();
        }
        if (newHead == null && newEnd != null && !headTaken) {
            // A run that ends without an answer still belongs to a thread.
            newHead = new RunHead(start.threadId(), null, null, null, start.stream());
        }
        headTaken |= newHead != null;
        if (frames != null) {
            taken = taken.plus(frames);
            framesLastBlock = Math.max(FRAMES_EXPECTED, frames.count());
            bytesLastBlock = Math.max(BYTES_EXPECTED, Math.min(frames.length(), BYTES_EXPECTED_MAX));
        }
        if (newStart == null && newHead == null && frames == null && newEnd == null) {
            return null;
        }
        return new RunWrite(this, newStart, newHead, frames, newEnd, taken);
    }

    /** This write is durable: says so to whoever waits for it. */
    void committed(RunWrite write, Deliveries deliveries) {
        List<CommitListener> told;
        @Nullable Consumer<RunEnd> call;
        RunEnd newEnd = write.end() == null ? null : write.end().withoutOutcome();
        synchronized (this) {
            durable = write.totals();
            ended = newEnd != null ? newEnd : ended;
            call = newEnd == null ? null : takeEndCall();
            told = write.frames() == null && newEnd == null ? List.of() : List.copyOf(listeners);
        }
        if (write.start() != null) {
            deliveries.add(loop, () -> started.complete(this));
        }
        RunHead newHead = write.head();
        if (newHead != null) {
            deliveries.add(loop, () -> headed.complete(newHead));
        }
        FrameBlock frames = write.frames();
        AtomicInteger untold = new AtomicInteger(told.size());
        for (CommitListener listener : told) {
            deliveries.add(listener.loop(), () -> {
                try {
                    if (frames != null) {
                        listener.committed(frames);
                    }
                    if (newEnd != null) {
                        listener.ended(newEnd);
                    }
                } finally {
                    if (untold.decrementAndGet() == 0) {
                        told(frames);
                    }
                }
            });
        }
        if (told.isEmpty()) {
            told(frames);
        }
        if (newEnd != null && call != null) {
            deliveries.add(loop, () -> call.accept(newEnd));
        }
    }

    /**
     * All that listen have heard of the frames. Only now do they count as settled: news that wait for a busy event loop take
     * memory as frames do that wait for their commit.
     */
    private void told(@Nullable FrameBlock frames) {
        if (frames != null) {
            boolean room;
            synchronized (this) {
                room = settle(frames);
            }
            committer.roomMade(this, room);
        }
    }

    private @Nullable Consumer<RunEnd> takeEndCall() {
        Consumer<RunEnd> call = endCall;
        endCall = null;
        return call;
    }

    private void tellEnded(List<CommitListener> told, RunEnd end, Deliveries deliveries) {
        for (CommitListener listener : told) {
            deliveries.add(listener.loop(), () -> listener.ended(end));
        }
        @Nullable Consumer<RunEnd> call;
        synchronized (this) {
            call = takeEndCall();
        }
        if (call != null) {
            deliveries.add(loop, () -> call.accept(end));
        }
    }

    private boolean settle(@Nullable FrameBlock frames) {
        if (frames == null) {
            return false;
        }
        uncommitted -= frames.length();
        return committer.settled(frames.length());
    }

    /** Another run has the idempotency key, so this one never begins. */
    void keyTaken(Deliveries deliveries) {
        RunEnd never = RunEnd.broken(RunStatus.FAILED, RunReason.STORE_UNAVAILABLE, Instant.now());
        synchronized (this) {
            end = never;
            endTaken = true;
            ended = never;
        }
        deliveries.add(loop, () -> started.completeExceptionally(new KeyTakenException()));
    }

    /** The store has not taken this write and never will: the run ends, by a row if its start has one. */
    void dropped(RunWrite write, Deliveries deliveries) {
        RunEnd broken = RunEnd.broken(RunStatus.FAILED, RunReason.STORE_UNAVAILABLE, Instant.now());
        boolean enqueue = false;
        List<CommitListener> told;
        synchronized (this) {
            settle(write.frames());
            taken = durable;
            dropWaiting();
            headTaken &= write.head() == null;
            end = broken;
            // Without a row there is nothing to end; and where even the plain end is refused, the next start ends the
            // run.
            boolean hopeless =
                    write.start() != null || write.end() != null && write.end().reason() == RunReason.STORE_UNAVAILABLE;
            endTaken = hopeless;
            if (hopeless) {
                ended = broken;
            } else {
                enqueue = markQueued();
            }
            told = List.copyOf(listeners);
        }
        if (write.start() != null) {
            deliveries.add(loop, () -> started.completeExceptionally(new StoreUnavailableException()));
        }
        if (write.head() != null) {
            deliveries.add(loop, () -> headed.completeExceptionally(new StoreUnavailableException()));
        }
        tellEnded(told, broken, deliveries);
        if (enqueue) {
            committer.enqueue(this);
        }
    }

    /** The store has been away for too long: what waits is dropped, and clients are told now; the row follows. */
    void abandon(Deliveries deliveries) {
        RunEnd broken = RunEnd.broken(RunStatus.FAILED, RunReason.STORE_UNAVAILABLE, Instant.now());
        List<CommitListener> told;
        synchronized (this) {
            if (!endTaken) {
                dropWaiting();
                end = broken;
                markQueued();
            }
            told = List.copyOf(listeners);
        }
        deliveries.add(loop, () -> {
            started.completeExceptionally(new StoreUnavailableException());
            headed.completeExceptionally(new StoreUnavailableException());
        });
        tellEnded(told, broken, deliveries);
        committer.enqueue(this);
    }

    private void dropWaiting() {
        settle(waiting);
        waiting = null;
        head = null;
    }

    /**
     * Where a listener stands when it begins to listen.
     *
     * @param durable what can be read
     * @param ended the end, where nothing more will be told
     */
    public record Subscribed(RunTotals durable, @Nullable RunEnd ended) {}
}
