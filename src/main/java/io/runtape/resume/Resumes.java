package io.runtape.resume;

import io.netty.channel.EventLoop;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.delivery.BodyForm;
import io.runtape.delivery.BrokenOffException;
import io.runtape.delivery.StreamedResponse;
import io.runtape.error.ErrorReply;
import io.runtape.idempotency.RecordedHead;
import io.runtape.idempotency.RecordedResponse;
import io.runtape.idempotency.RecordedResponses;
import io.runtape.relay.AgentTarget;
import io.runtape.relay.RecordedPaths;
import io.runtape.relay.ResponseHead;
import io.runtape.relay.UnansweredErrors;
import io.runtape.resume.ResumeCall.ChatStream;
import io.runtape.resume.ResumeCall.ResponseObject;
import io.runtape.resume.ResumeCall.ResponseStream;
import io.runtape.resume.ResumeCall.RunStream;
import io.runtape.run.Run;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.loop.EventLoops;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
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

    /** The pauses while the head of a run of another gateway is not known yet. */
    private static final Duration LOOK_AGAIN_FIRST = Duration.ofMillis(20);

    private static final Duration LOOK_AGAIN_LONGEST = Duration.ofMillis(500);

    /**
     * The longest document that is answered from the record, in bytes and characters: it is in memory until its client has
     * taken it. The agent API has longer ones.
     */
    private static final int DOCUMENT_MAX = 64 << 10;

    private final CallerAuthentication callers;
    private final RecordedPaths paths;
    private final RecordedResponses responses;
    private final RecordedPositions positions;
    private final ReadTurns turns;

    Resumes(
            CallerAuthentication callers,
            RecordedPaths paths,
            RecordedResponses responses,
            RecordedPositions positions,
            ReadTurns turns) {
        this.callers = callers;
        this.paths = paths;
        this.responses = responses;
        this.positions = positions;
        this.turns = turns;
    }

    /** What the record has for a resume. */
    private sealed interface Found {

        /** The recorded response, from after that sequence on. */
        record Stream(RecordedResponse response, long after) implements Found {}

        /** A JSON document. */
        record Document(RecordedResponse response, byte[] json) implements Found {}

        /** The chat has no live run. */
        record NothingLive() implements Found {}
    }

    /**
     * Answers a call if it is a resume of a run that the record has.
     *
     * @param otherwise runs on the event loop of the call if it is not; the call is paused then
     */
    public void answer(RoutingContext context, AgentTarget target, Runnable otherwise) {
        HttpServerRequest request = context.request();
        Optional<ResumeCall> call = ResumeCall.of(request, target).filter(asked -> isRecorded(asked, target));
        if (call.isEmpty()) {
            otherwise.run();
            return;
        }
        Owner owner = callers.ownerOf(request);
        if (!callers.mayRepeat(owner)) {
            otherwise.run();
            return;
        }
        EventLoop loop = EventLoops.current();
        // A call that is forwarded after all needs its context: the client of the agent API answers in it.
        Context ofCall = Vertx.currentContext();
        Cancellable lookup = BlockingWork.on(
                        read -> turns.take(owner.id(), loop, read), () -> find(owner, target, call.get()), loop)
                .onFailure(BrokenOffException.class)
                .retry()
                .withBackOff(LOOK_AGAIN_FIRST, LOOK_AGAIN_LONGEST)
                .indefinitely()
                .emitOn(task -> ofCall.runOnContext(v -> task.run()))
                .subscribe()
                .with(found -> found.ifPresentOrElse(record -> write(context, record, loop), otherwise), e -> {
                    LOG.debugf(e, "a resume cannot be looked up");
                    dropBody(context);
                    ErrorReply.write(context, UnansweredErrors.awayStore());
                });
        // A client that left must not be looked for as long as the head of another gateway's run does not come.
        context.response().closeHandler(v -> lookup.cancel());
    }

    /** A chat's stream lies below a recorded path; other paths of that form mean something else. */
    private boolean isRecorded(ResumeCall call, AgentTarget target) {
        return !(call instanceof ChatStream chat)
                || paths.match(new AgentTarget(target.target(), target.upstream(), chat.path()))
                        .isPresent();
    }

    private Optional<Found> find(Owner owner, AgentTarget target, ResumeCall call) throws SQLException {
        if (call instanceof ResponseStream asked) {
            Optional<RecordedResponse> response = recorded(target, () -> Run.of(owner, asked.id()));
            return response.filter(RecordedResponse::isStream).isEmpty()
                    ? Optional.empty()
                    : from(response.get(), asked);
        }
        if (call instanceof ResponseObject asked) {
            Optional<RecordedResponse> response = recorded(target, () -> Run.of(owner, asked.id()));
            return response.filter(RecordedResponse::isStream).isEmpty() ? Optional.empty() : document(response.get());
        }
        if (call instanceof RunStream asked) {
            Optional<RecordedResponse> response = recorded(target, () -> Run.of(owner, asked.id()));
            return response.filter(RecordedResponse::isStream).isEmpty()
                    ? Optional.empty()
                    : from(response.get(), asked.lastEventId());
        }
        ChatStream asked = (ChatStream) call;
        Optional<Run> newest = read(() -> Run.newestInThread(owner, asked.threadId()));
        if (newest.filter(run -> isAt(run, target)).isEmpty()) {
            return Optional.empty();
        }
        Optional<RecordedResponse> live = recorded(target, () -> Run.newestLiveInThread(owner, asked.threadId()));
        return Optional.of(
                live.filter(RecordedResponse::isStream).isPresent()
                        ? new Found.Stream(live.get(), 0)
                        : new Found.NothingLive());
    }

    private Optional<RecordedResponse> recorded(AgentTarget target, Supplier<Optional<Run>> query) {
        return read(query)
                .filter(run -> isAt(run, target))
                .flatMap(run -> responses.ofRun(run.runPk))
                .filter(RecordedResponse::isAnswered);
    }

    private static boolean isAt(Run run, AgentTarget target) {
        return run.upstream.equals(target.upstream().name());
    }

    private static Optional<Run> read(Supplier<Optional<Run>> query) {
        return QuarkusTransaction.requiringNew().call(query::get);
    }

    private Optional<Found> from(RecordedResponse response, ResponseStream asked) throws SQLException {
        OptionalLong after = positions.afterNumber(response.runPk(), asked.after(), response.durableSequence());
        return after.isPresent() ? stream(response, after.getAsLong()) : Optional.empty();
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
        OptionalLong after = positions.afterId(response.runPk(), lastEventId, response.durableSequence());
        return after.isPresent() ? stream(response, after.getAsLong()) : Optional.empty();
    }

    /** Empty if the response broke off: the agent API knows what became of it. */
    private Optional<Found> document(RecordedResponse response) throws SQLException {
        if (response.isBrokenOff()) {
            return Optional.empty();
        }
        return positions
                .lastResponse(response.runPk(), response.durableSequence(), DOCUMENT_MAX)
                .map(json -> new Found.Document(response, json));
    }

    /** A body means nothing to a resume. Unread, it would keep the connection from its next call. */
    private static void dropBody(RoutingContext context) {
        context.request().resume();
    }

    private static void write(RoutingContext context, Found found, EventLoop loop) {
        if (context.response().closed()) {
            return;
        }
        dropBody(context);
        if (found instanceof Found.NothingLive) {
            context.response().setStatusCode(204).end();
        } else if (found instanceof Found.Document document) {
            context.response()
                    .putHeader("Content-Type", "application/json")
                    .putHeader("Runtape-Run-Id", document.response().runId())
                    .putHeader("Runtape-Thread-Id", document.response().threadId())
                    .end(Buffer.buffer(document.json()));
        } else if (found instanceof Found.Stream stream) {
            stream.response()
                    .head(loop)
                    .subscribe()
                    .with(
                            head -> write(context, stream, head, loop),
                            e -> ErrorReply.write(context, UnansweredErrors.awayStore()));
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
