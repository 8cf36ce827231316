package io.runtape.idempotency;

import io.netty.channel.EventLoop;
import io.runtape.delivery.BodyForm;
import io.runtape.delivery.Delivery;
import io.runtape.delivery.RunSource;
import io.runtape.delivery.RunSources;
import io.runtape.error.ApiException;
import io.runtape.journal.RunJournal;
import io.runtape.run.Run;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** The response of a recorded call, live or ended, for a repeat of the call. Safe for any event loop. */
public final class RecordedResponse {

    private final Run run;
    private final RunSource source;
    private final Delivery delivery;

    RecordedResponse(RunSources.Found found, Delivery delivery) {
        this.run = found.run();
        this.source = found.source().endingAsAnswered(run.cut);
        this.delivery = delivery;
    }

    /** The run's id. */
    public String runId() {
        return run.id;
    }

    /** The run's key. */
    public long runPk() {
        return run.runPk;
    }

    /** Whether the response is an event stream; until it comes, whether one was asked for. */
    public boolean isStream() {
        return run.stream;
    }

    /** Whether the response is an event stream, or may turn out to be one: a call need not say that it asks for one. */
    public boolean mayBeStream() {
        return run.stream || run.upstreamStatus == null && run.running();
    }

    /** Whether the agent API answered with a status that says that it ran, or may still do so. */
    public boolean isAnswered() {
        return run.upstreamStatus == null ? run.running() : run.upstreamStatus >= 200 && run.upstreamStatus <= 299;
    }

    /** Whether the response of an ended run broke off: its connection did, or its dialect's last event is missing. */
    public boolean isBrokenOff() {
        return !run.running()
                && !RunStatus.COMPLETED.label().equals(run.status)
                && (run.cut || RunReason.UPSTREAM_CLOSED.label().equals(run.reason));
    }

    /** Whether its frames are deleted. */
    public boolean isExpired() {
        return run.framesExpiredAt != null;
    }

    /** Whether more of it may come. */
    public boolean isLive() {
        return source.live() != null;
    }

    /** The last durable sequence. */
    public long durableSequence() {
        return source.durableSequence();
    }

    /** Its thread, as far as that was settled when the run was looked up. */
    public String threadId() {
        return run.threadId;
    }

    /** Whether the head is durable, or a journal of this gateway will report when it is. */
    boolean tellsHead() {
        return recordedHere() != null || !run.running() || run.upstreamStatus != null;
    }

    /** Its journal, if this gateway records it. */
    private @Nullable RunJournal recordedHere() {
        return source.live() instanceof RunJournal journal ? journal : null;
    }

    /**
     * The head; waits for it while the agent API has not answered, and counts as a reader of the run as long as it is not cancelled. The item
     * comes on the loop.
     */
    public Uni<RecordedHead> head(EventLoop loop) {
        RunJournal live = recordedHere();
        return live == null
                ? Uni.createFrom().item(headOfRow())
                : Uni.createFrom().deferred(() -> awaitHead(live, loop));
    }

    private static Uni<RecordedHead> awaitHead(RunJournal live, EventLoop loop) {
        Runnable noLonger = live.expectListener();
        return Uni.createFrom()
                .completionStage(live.headed())
                .map(head -> headOf(live, head))
                .emitOn(loop)
                .onTermination()
                // Behind what the item leads to, which is where the reader begins to listen.
                .invoke(() -> loop.execute(noLonger));
    }

    private RecordedHead headOfRow() {
        return new RecordedHead(
                run.id,
                run.threadId,
                run.upstreamStatus,
                run.responseHeaders,
                run.stream,
                run.upstreamStatus != null || run.reason == null ? null : RunReason.ofLabel(run.reason),
                run.cut);
    }

    private static RecordedHead headOf(RunJournal live, RunHead head) {
        @Nullable
        RunEnd end = head.upstreamStatus() != null ? null : live.ended().orElse(null);
        return new RecordedHead(
                live.start().id(),
                head.threadId(),
                head.upstreamStatus(),
                head.responseHeaders(),
                head.stream(),
                end == null ? null : end.reason(),
                end == null || end.cut());
    }

    /**
     * The body as the first client got it, or gets it: the durable frames, then those that become durable. Fails if the
     * response broke off.
     *
     * @param after the sequence to begin after
     * @param form the form of the body
     * @param loop the event loop that subscribes and gets all items
     * @throws ApiException 400 if {@code after} is past the last frame
     */
    public Multi<Buffer> body(long after, BodyForm form, EventLoop loop) {
        if (after > source.durableSequence()) {
            throw ApiException.unknownSequence(source.durableSequence());
        }
        return delivery.body(source, after, form, loop);
    }
}
