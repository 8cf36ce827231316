package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunReason;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.run.ThreadTitle;
import io.runtape.server.loop.LoopTasks;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
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
public final class RunJournal implements LiveRun {

    /** Bytes of finished frames, with what each takes beside them, that may wait, for their commit or on the way to readers, before the source is not read. */
    static final long UNCOMMITTED_MAX = 1L << 20;

    private final GroupCommitter committer;
    private final UncommittedBudget room;
    private final RunKey key;
    private final Executor loop;
    private final RunListeners audience;
    private final CompletableFuture<RunJournal> started = new CompletableFuture<>();
    private final CompletableFuture<RunHead> headed = new CompletableFuture<>();

    // All below is guarded by this. Under it the audience's lock may be taken, never the other way round.
    private final UnwrittenRun unwritten;
    private boolean queued;
    /** The run's row is durable, so that the agent API may be called. */
    private boolean begun;

    private long uncommitted;
    private int cancels;
    private @Nullable String upstreamRunId;
    private @Nullable Runnable roomCall;
    private boolean cancelAsked;
    private @Nullable Runnable cancelCall;

    RunJournal(GroupCommitter committer, long pk, RunStart start, Executor loop) {
        this.committer = committer;
        this.room = committer.room();
        this.key = new RunKey(pk, start.owner().id(), start.agent(), ThreadTitle.of(start.prompt()), start.createdAt());
        this.loop = loop;
        this.audience = new RunListeners(loop);
        this.unwritten = new UnwrittenRun(start);
    }

    @Override
    public long pk() {
        return key.pk();
    }

    RunKey key() {
        return key;
    }

    /** What was known when the run began; without its request once that is being written. */
    public RunStart start() {
        return unwritten.start();
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
    public CompletableFuture<RunHead> head(RunHead response) {
        boolean enqueue;
        synchronized (this) {
            if (unwritten.hasEnd()) {
                headed.completeExceptionally(new StoreUnavailableException());
                return headed;
            }
            unwritten.head(response);
            upstreamRunId = response.upstreamRunId();
            enqueue = markQueued();
        }
        if (enqueue) {
            committer.enqueue(this);
        }
        return headed;
    }

    /**
     * The head once it is durable; without an upstream status where the run ended without a response. Completes on the run's
     * loop; fails with {@link StoreUnavailableException}.
     */
    public CompletionStage<RunHead> headed() {
        return headed;
    }

    /**
     * Appends one frame. Frames that come after the run's end are dropped: it was ended from elsewhere.
     */
    public void append(ArrivedFrame frame) {
        boolean enqueue;
        int weight;
        synchronized (this) {
            if (unwritten.hasEnd()) {
                return;
            }
            weight = unwritten.append(frame);
            uncommitted += weight;
            enqueue = markQueued();
        }
        room.appended(frame.length(), weight);
        if (enqueue) {
            committer.enqueue(this);
        }
    }

    /** Ends the run, after all that was appended. Returns false where it has an end already. */
    public boolean end(RunEnd how) {
        boolean enqueue;
        synchronized (this) {
            if (unwritten.hasEnd()) {
                return false;
            }
            unwritten.end(asFarAsSent(how));
            enqueue = markQueued();
        }
        if (enqueue) {
            committer.enqueue(this);
        }
        return true;
    }

    /** A run that has its end before it begins is not begun any more: {@link #hasEnd} is asked before the call is sent. */
    private RunEnd asFarAsSent(RunEnd how) {
        return begun ? how : how.unsent();
    }

    /** Whether the run has an end, durable or on its way to be. */
    public synchronized boolean hasEnd() {
        return unwritten.hasEnd();
    }

    /** Nobody waits for the start any more: should it become durable, the run ends with it. */
    void withdraw() {
        end(broken());
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
        return room.isFull();
    }

    /** Whether so much waits of all runs together that no source must be read; takes no lock. */
    public boolean areAllFull() {
        return room.isFull();
    }

    /** Calls back once, on the loop, when half of what may wait is free again. */
    public void whenRoom(Runnable call) {
        synchronized (this) {
            roomCall = call;
        }
        room.callWhenFree(this);
    }

    /** The call that waits for room, if there is room now. */
    synchronized @Nullable Runnable takeRoomCall(boolean roomForAll) {
        if (roomCall == null || !unwritten.hasEnd() && (!roomForAll || uncommitted >= UNCOMMITTED_MAX / 2)) {
            return null;
        }
        Runnable call = roomCall;
        roomCall = null;
        return call;
    }

    Executor loop() {
        return loop;
    }

    @Override
    public String id() {
        return start().id();
    }

    @Override
    public Subscribed subscribe(CommitListener listener) {
        return audience.subscribe(listener);
    }

    @Override
    public void unsubscribe(CommitListener listener) {
        audience.unsubscribe(listener);
    }

    /** Whether anybody listens. */
    public boolean isHeard() {
        return audience.isHeard();
    }

    /** Calls back once, on the loop, when the run's end is durable or the run is given up; whoever ended it. */
    public void whenEnded(Consumer<RunEnd> call) {
        audience.whenEnded(call);
    }

    /** Calls back once, on the loop, when the run is to be cancelled. */
    public void whenCancelled(Runnable call) {
        synchronized (this) {
            cancelCall = call;
            if (!cancelAsked) {
                return;
            }
        }
        cancel();
    }

    /** Whoever reads the agent API is to give the run up. */
    void cancel() {
        Runnable call;
        synchronized (this) {
            cancelAsked = true;
            call = cancelCall;
            cancelCall = null;
        }
        if (call != null) {
            loop.execute(call);
        }
    }

    @Override
    public long durableSequence() {
        return audience.durable().frames();
    }

    /** What of the run is durable. */
    public RunTotals durable() {
        return audience.durable();
    }

    /** The durable end, if there is one. */
    public Optional<RunEnd> ended() {
        return audience.ended();
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

    /** The run's id at the agent API, once its response's head is recorded. */
    public synchronized Optional<String> upstreamRunId() {
        return Optional.ofNullable(upstreamRunId);
    }

    /** What waits to be written; null where that is nothing. */
    synchronized @Nullable RunWrite take() {
        queued = false;
        return unwritten.take(key);
    }

    /** This write is durable: says so to whoever waits for it. */
    void committed(RunWrite write, LoopTasks loopTasks) {
        if (write.start() != null) {
            synchronized (this) {
                begun = true;
            }
            loopTasks.add(loop, () -> started.complete(this));
        }
        RunHead head = write.head();
        if (head != null) {
            loopTasks.add(loop, () -> headed.complete(head));
        }
        FrameBlock frames = write.frames();
        audience.committed(write, loopTasks, () -> told(frames));
    }

    /**
     * All that listen have heard of the frames. Only now do they count as settled: news that wait for a busy event loop take
     * memory as frames do that wait for their commit.
     */
    private void told(@Nullable FrameBlock frames) {
        if (frames != null) {
            boolean forAll;
            synchronized (this) {
                forAll = settle(frames);
            }
            room.made(this, forAll);
        }
    }

    private boolean settle(@Nullable FrameBlock frames) {
        if (frames == null) {
            return false;
        }
        uncommitted -= frames.weight();
        return room.settled(frames.weight());
    }

    /** Another run has the idempotency key, so this one never begins. */
    void keyTaken(LoopTasks loopTasks) {
        RunEnd never = broken();
        synchronized (this) {
            unwritten.neverEnds(never);
        }
        audience.brokeOff(never, true, loopTasks);
        loopTasks.add(loop, () -> started.completeExceptionally(new KeyTakenException()));
    }

    /**
     * The store refuses something in these writes, and always will: the run ends before them, by a row if its start has one.
     * Where even the plain end is refused, the next start ends the run.
     */
    void refused(List<RunWrite> writes, LoopTasks loopTasks) {
        RunEnd last = writes.get(writes.size() - 1).end();
        drop(writes, last != null && last.reason() == RunReason.STORE_UNAVAILABLE, loopTasks);
    }

    /**
     * The store was away for so long that these writes, of which it has none, were given up: the run ends before them, by a row if
     * its start has one. An end among them was not refused, so it is written again, however often the store goes.
     */
    void givenUp(List<RunWrite> writes, LoopTasks loopTasks) {
        drop(writes, false, loopTasks);
    }

    private void drop(List<RunWrite> writes, boolean endRefused, LoopTasks loopTasks) {
        RunEnd broken = broken();
        boolean enqueue;
        boolean endWaits;
        synchronized (this) {
            writes.forEach(write -> settle(write.frames()));
            settle(unwritten.drop());
            endWaits = unwritten.goBack(writes, audience.durable(), broken);
            if (endRefused) {
                unwritten.neverEnds(broken);
                endWaits = false;
            }
            enqueue = endWaits && markQueued();
        }
        if (writes.stream().anyMatch(write -> write.start() != null)) {
            loopTasks.add(loop, () -> started.completeExceptionally(new StoreUnavailableException()));
        }
        if (writes.stream().anyMatch(write -> write.head() != null)) {
            loopTasks.add(loop, () -> headed.completeExceptionally(new StoreUnavailableException()));
        }
        audience.brokeOff(broken, !endWaits, loopTasks);
        if (enqueue) {
            committer.enqueue(this);
        }
    }

    private static RunEnd broken() {
        return RunEnd.broken(RunStatus.FAILED, RunReason.STORE_UNAVAILABLE, Instant.now());
    }

    /**
     * Nothing more of the run is ever written here, its end neither: another gateway, or the next start, ends it. All that listen
     * are cut off, since what they were told of it may be less than is durable.
     */
    void lost(LoopTasks loopTasks) {
        RunEnd broken = broken();
        synchronized (this) {
            settle(unwritten.drop());
            unwritten.neverEnds(broken);
        }
        failWaiting(loopTasks);
        audience.lost(broken, loopTasks);
    }

    private void failWaiting(LoopTasks loopTasks) {
        loopTasks.add(loop, () -> {
            started.completeExceptionally(new StoreUnavailableException());
            headed.completeExceptionally(new StoreUnavailableException());
        });
    }

    /** The store has been away for too long: what waits is dropped, and clients are told now; the row follows. */
    void abandon(LoopTasks loopTasks) {
        RunEnd broken = broken();
        synchronized (this) {
            broken = asFarAsSent(broken);
            if (!unwritten.isEndTaken()) {
                settle(unwritten.drop());
                unwritten.end(broken);
                markQueued();
            }
        }
        failWaiting(loopTasks);
        audience.brokeOff(broken, false, loopTasks);
        committer.enqueue(this);
    }
}
