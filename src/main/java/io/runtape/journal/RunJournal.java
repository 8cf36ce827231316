package io.runtape.journal;

import io.runtape.journal.RunListeners.StoredEnd;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The journal of one live run: takes its head, frames and end, and notifies listeners of everything that has become
 * durable.
 *
 * <p>Listeners get a frame only when it is durable, and they get all frames in order, without gap or repeat. The first
 * end wins. No method blocks: a caller that appends checks {@link #isFull()}, and stops reading its source until {@link
 * #whenRoom} calls.
 *
 * <p>One event loop appends; all other methods are safe for any thread.
 */
public final class RunJournal implements LiveRun {

    /**
     * How many bytes of finished frames, with their overhead, may wait for their commit or on the way to readers. Past
     * this the source is not read.
     */
    static final long UNCOMMITTED_MAX = 1L << 20;

    private final GroupCommitter committer;
    private final UncommittedBudget room;
    private final RunKey key;
    private final Executor loop;
    private final RunListeners audience;
    private final CompletableFuture<RunJournal> started = new CompletableFuture<>();
    private final CompletableFuture<RunHead> headed = new CompletableFuture<>();

    // All fields below are guarded by this. Code that holds it may take the audience's lock, never the other way round.
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

    /** The facts from the run's beginning; without the request once the committer has taken it. */
    public RunStart start() {
        return unwritten.start();
    }

    /**
     * Completes on the loop when the run's row is durable. Fails with {@link StoreUnavailableException}. Fails with
     * {@link KeyTakenException} if another run has the idempotency key; then no row is written.
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

    /** Records the head; the result completes on the loop when the head is durable. Call it at most once. */
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

    /** Records the agent API's id of the run, cut to 200 characters, unless the head has one or another came before. */
    public void named(String id) {
        boolean enqueue;
        synchronized (this) {
            if (unwritten.hasEnd() || upstreamRunId != null) {
                return;
            }
            upstreamRunId = id;
            unwritten.named(id);
            enqueue = markQueued();
        }
        if (enqueue) {
            committer.enqueue(this);
        }
    }

    /**
     * The head once it is durable; without an upstream status if the run ended without a response. Completes on the
     * run's loop; fails with {@link StoreUnavailableException}.
     */
    public CompletionStage<RunHead> headed() {
        return headed;
    }

    /** Appends one frame. Drops a frame that comes after the run's end: other code has ended the run. */
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

    /** Ends the run after all appended frames. Returns false if the run already has an end. */
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

    /** If a run has its end before it begins, its call is never sent: the relay checks {@link #hasEnd} first. */
    private RunEnd asFarAsSent(RunEnd how) {
        return begun ? how : how.unsent();
    }

    /** Whether the run has an end, which is durable or waits for its commit. */
    public synchronized boolean hasEnd() {
        return unwritten.hasEnd();
    }

    /**
     * The caller no longer waits for the start, and sends nothing: if the start becomes durable, the run ends with it.
     * The start may be durable already, while the loop has yet to get it.
     */
    void withdraw() {
        end(broken().unsent());
    }

    private boolean markQueued() {
        boolean enqueue = !queued;
        queued = true;
        return enqueue;
    }

    /** Whether so many bytes wait for their commit, of this run or of all runs, that the source must not be read. */
    public boolean isFull() {
        synchronized (this) {
            if (uncommitted >= UNCOMMITTED_MAX) {
                return true;
            }
        }
        return room.isFull();
    }

    /** Whether so many bytes of all runs together wait that no source may be read; takes no lock. */
    public boolean areAllFull() {
        return room.isFull();
    }

    /** Calls back once, on the loop, when half of the allowed bytes are free again. */
    public void whenRoom(Runnable call) {
        synchronized (this) {
            roomCall = call;
        }
        room.callWhenFree(this);
    }

    /** The callback that waits for room, if there is room now. */
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

    /**
     * A reader waits for the head from now on: the run counts as heard.
     *
     * @return to be called once, when the reader listens or is gone
     */
    public Runnable expectListener() {
        audience.expect(true);
        return () -> audience.expect(false);
    }

    /** Whether the run has any listener, or one is expected. */
    public boolean isHeard() {
        return audience.isHeard();
    }

    /**
     * Calls back once, on the loop, when the run's end is durable or the run is given up; any code may have ended it.
     */
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

    /** Asks the relay to give up the call to the agent API. */
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

    /** How much of the run is durable. */
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

    /** Whether a cancel call has passed or is passing. */
    public synchronized boolean cancelNoted() {
        return cancels > 0;
    }

    /** The run's id at the agent API, once the head of the response, or an event, has told it. */
    public synchronized Optional<String> upstreamRunId() {
        return Optional.ofNullable(upstreamRunId);
    }

    /** Takes everything that waits for its commit; null if nothing waits. */
    synchronized @Nullable RunWrite take() {
        queued = false;
        return unwritten.take(key);
    }

    /** This write is durable: notifies the listeners, and completes the start and the head. */
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
     * All listeners have got the frames. The frames count as settled only now: notifications that wait for a busy event
     * loop take memory, as frames do that wait for their commit.
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
        audience.brokeOff(never, StoredEnd.NONE, loopTasks);
        loopTasks.add(loop, () -> started.completeExceptionally(new KeyTakenException()));
    }

    /**
     * The database refuses something in these writes, and always will. The run ends before them, and its row gets the
     * end if the row exists. If the database refuses even the plain end, the next start ends the run.
     */
    void refused(List<RunWrite> writes, LoopTasks loopTasks) {
        RunEnd last = writes.get(writes.size() - 1).end();
        drop(writes, last != null && last.reason() == RunReason.STORE_UNAVAILABLE, loopTasks);
    }

    /**
     * The database was away for so long that the committer gave up these writes, and the tables have none of them. The
     * run ends before them, and its row gets the end if the row exists. An end among these writes was not refused, so
     * it is written again, however often the database goes away.
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
        audience.brokeOff(broken, endWaits ? StoredEnd.SAME : StoredEnd.NONE, loopTasks);
        if (enqueue) {
            committer.enqueue(this);
        }
    }

    private RunEnd broken() {
        return RunEnd.broken(RunStatus.FAILED, RunReason.STORE_UNAVAILABLE, key.now());
    }

    /**
     * This gateway never writes anything more of the run, not even its end: another gateway, or the next start, ends
     * it. Cuts off all listeners, since more may be durable than they have got.
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

    /**
     * The database has been away for too long. Drops everything that waits and cuts the clients off now; the row gets
     * the end later.
     */
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
        audience.brokeOff(broken, StoredEnd.UNKNOWN, loopTasks);
        committer.enqueue(this);
    }
}
