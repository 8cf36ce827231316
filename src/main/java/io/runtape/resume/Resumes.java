package io.runtape.resume;

import io.netty.channel.EventLoop;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.background.BackgroundRun;
import io.runtape.delivery.BodyForm;
import io.runtape.delivery.BrokenOffException;
import io.runtape.delivery.StreamedResponse;
import io.runtape.dialect.Dialects;
import io.runtape.error.ErrorReply;
import io.runtape.idempotency.RecordedHead;
import io.runtape.idempotency.RecordedResponse;
import io.runtape.idempotency.RecordedResponses;
import io.runtape.relay.AgentTarget;
import io.runtape.relay.RecordedPaths;
import io.runtape.relay.ResponseHead;
import io.runtape.relay.UnansweredErrors;
import io.runtape.resume.ResumeCall.ChatStream;
import io.runtape.resume.ResumeCall.OfRun;
import io.runtape.resume.ResumeCall.ResponseElsewhere;
import io.runtape.resume.ResumeCall.ResponseStream;
import io.runtape.resume.ResumeCall.RunState;
import io.runtape.resume.ResumeCall.RunStream;
import io.runtape.run.Run;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.loop.EventLoops;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Answers the resumes of the agent APIs' own clients from the record, live or ended, at any gateway
 * (docs/reference/http-api.md, "Resume by the clients' own calls"). What the caller's owner has no run for is not
 * answered here: the agent API may have it. Safe for any event loop.
 */
@Singleton
public final class Resumes {

    private static final Logger LOG = Logger.getLogger(Resumes.class);

    /**
     * The longest document that is answered from the record, in bytes and characters: it is in memory until its client has
     * taken it. The agent API has longer ones.
     */
    private static final int DOCUMENT_MAX = 64 << 10;

    private final CallerAuthentication callers;
    private final RecordedPaths paths;
    private final RecordedResponses responses;
    private final RecordedPositions positions;
    private final Dialects dialects;
    private final ReadTurns turns;

    Resumes(
            CallerAuthentication callers,
            RecordedPaths paths,
            RecordedResponses responses,
            RecordedPositions positions,
            Dialects dialects,
            ReadTurns turns) {
        this.callers = callers;
        this.dialects = dialects;
        this.paths = paths;
        this.responses = responses;
        this.positions = positions;
        this.turns = turns;
    }

    /** What the record has for a resume. */
    private sealed interface Found {

        /** The recorded response, from after that sequence on. */
        record Stream(RecordedResponse response, long after) implements Found {}

        /** The recorded response of the live run of a chat, if it turns out to be a stream. */
        record LiveStream(RecordedResponse response) implements Found {}

        /** A JSON document. */
        record Document(RecordedResponse response, byte[] json) implements Found {}

        /** A run whose last state is asked for; more of its response may come. */
        record Unended(RecordedResponse response) implements Found {}

        /** The chat has no live run. */
        record NothingLive() implements Found {}

        /**
         * Nothing that answers the call.
         *
         * @param open the run that the call names, if the response to it may tell the run's outcome
         */
        record Elsewhere(Optional<BackgroundRun> open) implements Found {}
    }

    private static final Found ELSEWHERE = new Found.Elsewhere(Optional.empty());

    /** Calls that are forwarded after all. */
    @FunctionalInterface
    public interface Otherwise {

        /**
         * Forwards the call; it is paused.
         *
         * @param open the run in the background whose outcome the agent API's response may tell
         */
        void forward(Optional<BackgroundRun> open);
    }

    /**
     * Answers a call if it is a resume of a run that the record has.
     *
     * @param otherwise gets the call, on its event loop, if it is not
     */
    public void answer(RoutingContext context, AgentTarget target, Otherwise otherwise) {
        HttpServerRequest request = context.request();
        Optional<ResumeCall> call = ResumeCall.of(request, target, dialects).filter(asked -> isRecorded(asked, target));
        if (call.isEmpty()) {
            otherwise.forward(Optional.empty());
            return;
        }
        Owner owner = callers.ownerOf(request);
        if (!callers.mayRepeat(owner)) {
            otherwise.forward(Optional.empty());
            return;
        }
        EventLoop loop = EventLoops.current();
        // A call that is forwarded after all needs its context: the client of the agent API answers in it.
        Context ofCall = Vertx.currentContext();
        Cancellable lookup = lookUp(owner, loop, () -> find(owner, target, call.get()))
                .chain(found -> ended(found, owner, loop))
                .emitOn(task -> ofCall.runOnContext(v -> task.run()))
                .subscribe()
                .with(found -> write(context, found, otherwise, loop), e -> {
                    LOG.debugf(e, "a resume cannot be looked up");
                    dropBody(context);
                    ErrorReply.write(context, UnansweredErrors.awayStore());
                });
        // A client that left must not be looked for as long as the head of another gateway's run does not come.
        context.response().closeHandler(v -> lookup.cancel());
    }

    private Uni<Found> lookUp(Owner owner, EventLoop loop, Callable<Found> work) {
        return RecordedResponses.untilHeadIsKnown(
                BlockingWork.on(read -> turns.take(owner.id(), loop, read), work, loop));
    }

    /** Waits for the end of a live run whose last state is asked for. */
    private Uni<Found> ended(Found found, Owner owner, EventLoop loop) {
        if (!(found instanceof Found.Unended live)) {
            return Uni.createFrom().item(found);
        }
        RecordedResponse response = live.response();
        return response.body(response.durableSequence(), BodyForm.DECODED, loop)
                .onItem()
                .ignoreAsUni()
                .chain(v -> lookUp(owner, loop, () -> {
                    Optional<RecordedResponse> now = stream(response.runPk());
                    return now.isEmpty() ? ELSEWHERE : state(now.get());
                }))
                .onFailure(BrokenOffException.class)
                .recoverWithItem(ELSEWHERE);
    }

    /** A chat's stream lies below a recorded path; other paths of that form mean something else. */
    private boolean isRecorded(ResumeCall call, AgentTarget target) {
        return !(call instanceof ChatStream chat)
                || paths.match(target.at(chat.path())).isPresent();
    }

    private Found find(Owner owner, AgentTarget target, ResumeCall call) throws SQLException {
        return call instanceof OfRun asked
                ? ofRun(owner, target, asked)
                : live(owner, target, ((ChatStream) call).threadId());
    }

    private Found ofRun(Owner owner, AgentTarget target, OfRun call) throws SQLException {
        Optional<Run> named = read(() -> Run.of(owner, call.id())).filter(run -> isAt(run, target));
        if (named.isEmpty()) {
            return ELSEWHERE;
        }
        Run run = named.get();
        Optional<BackgroundRun> open = BackgroundRun.of(run);
        if (open.isPresent()) {
            return new Found.Elsewhere(open);
        }
        if (call instanceof ResponseElsewhere || !isOf(call, run, target)) {
            return ELSEWHERE;
        }
        if (call instanceof RunState) {
            return stateOf(run.runPk);
        }
        Optional<RecordedResponse> response = stream(run.runPk);
        return response.isEmpty() ? ELSEWHERE : found(response.get(), call).orElse(ELSEWHERE);
    }

    /** Whether the run is one of the thread that the call names. */
    private boolean isOf(OfRun call, Run run, AgentTarget target) {
        @Nullable String threadId = call.threadId();
        // The path of a run's call has the agent API's id of the thread, whatever thread the run is filed under.
        return threadId == null
                || threadId.equals(paths.threadAt(target.at(target.upstream().without(run.path)))
                        .orElse(run.threadId));
    }

    private Optional<Found> found(RecordedResponse response, OfRun call) throws SQLException {
        if (call instanceof ResponseStream asked) {
            return from(response, asked);
        }
        return call instanceof RunStream asked ? from(response, asked.lastEventId()) : document(response);
    }

    private Found live(Owner owner, AgentTarget target, String threadId) {
        Optional<Run> newest = read(() -> Run.newestInThread(owner, threadId));
        if (newest.filter(run -> isAt(run, target)).isEmpty()) {
            return ELSEWHERE;
        }
        return read(() -> Run.newestLiveInThread(owner, threadId))
                .filter(run -> isAt(run, target))
                .flatMap(run -> kept(run.runPk))
                .filter(RecordedResponse::mayBeStream)
                .<Found>map(Found.LiveStream::new)
                .orElseGet(Found.NothingLive::new);
    }

    /** The recorded response, if it is still there, and the agent API answered with a stream or is to do so. */
    private Optional<RecordedResponse> stream(long runPk) {
        return kept(runPk).filter(RecordedResponse::isStream);
    }

    /** The recorded response, if it is still there, and the agent API answered that it ran or may still do so. */
    private Optional<RecordedResponse> kept(long runPk) {
        return responses.ofRun(runPk).filter(response -> !response.isExpired()).filter(RecordedResponse::isAnswered);
    }

    private static boolean isAt(Run run, AgentTarget target) {
        return run.upstream.equals(target.upstream().name());
    }

    private static Optional<Run> read(Supplier<Optional<Run>> query) {
        return QuarkusTransaction.requiringNew().call(query::get);
    }

    private Optional<Found> from(RecordedResponse response, ResponseStream asked) throws SQLException {
        return from(response, positions.afterNumber(response.runPk(), asked.after(), lastShown(response)));
    }

    /**
     * Empty if the response broke off and the client has all events of it: the agent API may have more, for example of a
     * response in the background.
     */
    private Optional<Found> stream(RecordedResponse response, long after) throws SQLException {
        boolean goesOnThere =
                response.isBrokenOff() && !positions.hasEventAfter(response.runPk(), after, response.durableSequence());
        return goesOnThere ? Optional.empty() : Optional.of(new Found.Stream(response, after));
    }

    /** Empty if the record does not have the event: the agent API knows its own ids. */
    private Optional<Found> from(RecordedResponse response, @Nullable String lastEventId) throws SQLException {
        if (lastEventId == null) {
            return stream(response, 0);
        }
        return from(response, positions.afterId(response.runPk(), lastEventId, lastShown(response)));
    }

    /**
     * From a position that may be any of the tables'.
     *
     * @throws BrokenOffException if this gateway does not know yet that it is durable, though another one has shown it
     */
    private Optional<Found> from(RecordedResponse response, OptionalLong after) throws SQLException {
        if (after.isEmpty()) {
            return Optional.empty();
        }
        if (after.getAsLong() > response.durableSequence()) {
            throw new BrokenOffException("this gateway does not know yet that the position is durable");
        }
        return stream(response, after.getAsLong());
    }

    /** The last sequence that a client may have from any gateway. */
    private long lastShown(RecordedResponse response) throws SQLException {
        return response.isLive() ? positions.last(response.runPk()) : response.durableSequence();
    }

    /**
     * The state in which a run of LangGraph ended. Only the agent API knows it if the response broke off, or if its stream
     * has no states.
     */
    private Found stateOf(long runPk) throws SQLException {
        Optional<RecordedResponse> response = stream(runPk);
        if (response.isEmpty() || response.get().isBrokenOff()) {
            return ELSEWHERE;
        }
        return response.get().isLive() ? new Found.Unended(response.get()) : state(response.get());
    }

    private Found state(RecordedResponse ended) throws SQLException {
        return positions
                .lastState(ended.runPk(), ended.durableSequence(), DOCUMENT_MAX)
                .<Found>map(json -> new Found.Document(ended, json))
                .orElse(ELSEWHERE);
    }

    /** Empty if the response ended without saying how, or broke off: the agent API knows what became of it. */
    private Optional<Found> document(RecordedResponse response) throws SQLException {
        if (response.isBrokenOff()) {
            return Optional.empty();
        }
        return positions
                .lastResponse(response.runPk(), response.durableSequence(), !response.isLive(), DOCUMENT_MAX)
                .map(json -> new Found.Document(response, json));
    }

    /** A body means nothing to a resume. Unread, it would keep the connection from its next call. */
    private static void dropBody(RoutingContext context) {
        context.request().resume();
    }

    private static void write(RoutingContext context, Found found, Otherwise otherwise, EventLoop loop) {
        if (context.response().closed()) {
            return;
        }
        if (found instanceof Found.Elsewhere elsewhere) {
            otherwise.forward(elsewhere.open());
            return;
        }
        dropBody(context);
        if (found instanceof Found.NothingLive) {
            writeNothingLive(context);
        } else if (found instanceof Found.Document document) {
            context.response()
                    .putHeader("Content-Type", "application/json")
                    .putHeader("Runtape-Run-Id", document.response().runId())
                    .putHeader("Runtape-Thread-Id", document.response().threadId())
                    .end(Buffer.buffer(document.json()));
        } else if (found instanceof Found.Stream stream) {
            onHead(context, stream.response(), loop, head -> write(context, stream, head, loop));
        } else if (found instanceof Found.LiveStream live) {
            onHead(context, live.response(), loop, head -> {
                if (isStream(head)) {
                    write(context, new Found.Stream(live.response(), 0), head, loop);
                } else {
                    writeNothingLive(context);
                }
            });
        }
    }

    private static void onHead(
            RoutingContext context, RecordedResponse response, EventLoop loop, Consumer<RecordedHead> write) {
        Cancellable waiting = response.head(loop)
                .subscribe()
                .with(write, e -> ErrorReply.write(context, UnansweredErrors.awayStore()));
        context.addEndHandler(ended -> waiting.cancel());
    }

    private static boolean isStream(RecordedHead head) {
        @Nullable Integer status = head.status();
        return status != null && status >= 200 && status <= 299 && head.stream();
    }

    private static void writeNothingLive(RoutingContext context) {
        if (!context.response().closed()) {
            context.response().setStatusCode(204).end();
        }
    }

    private static void write(RoutingContext context, Found.Stream stream, RecordedHead head, EventLoop loop) {
        @Nullable Integer status = head.status();
        if (status == null || context.response().closed()) {
            // The run ended without a response while its client waited for the head.
            ErrorReply.cut(context);
            return;
        }
        StreamedResponse to =
                StreamedResponse.of(context, stream.response().body(stream.after(), BodyForm.DECODED, loop), () -> {});
        context.response().closeHandler(v -> to.cancel());
        ResponseHead.again(head, status).readable().write(context.response(), false);
        to.start();
    }
}
