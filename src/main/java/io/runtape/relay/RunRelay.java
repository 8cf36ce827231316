package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.cancel.ForwardedCancels;
import io.runtape.cluster.RemoteReaders;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Dialects;
import io.runtape.error.ApiException;
import io.runtape.journal.EarlierRuns;
import io.runtape.journal.RunJournal;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.server.loop.EventLoops;
import io.runtape.sse.FrameSize;
import io.runtape.upstream.AgentClient;
import io.runtape.upstream.AgentResponse;
import io.runtape.upstream.UpstreamException;
import io.runtape.upstream.UpstreamFailure;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One recorded call, whose run is open. Calls the agent API, and records the response to its end, whether or not the
 * client stays.
 *
 * <p>Reads the agent API's socket only while the journal has room. This is the only backpressure, so the pace is the
 * database's own. Of the client's response, this class handles only the head: the client reads the run like every other
 * reader.
 *
 * <p>Confined to the event loop of the call.
 */
final class RunRelay implements BodyListener {

    private static final Logger LOG = Logger.getLogger(RunRelay.class);

    private final ClientResponse client;
    private final EventLoop loop;
    private final AgentClient agent;
    private final RelayConfig config;
    private final ForwardedCancels cancels;
    private final UnheardRun unheard;
    private final EarlierRuns earlierRuns;
    private final Dialect dialect;
    private final OutcomeReader outcome;
    private final StoredHeaders storedHeaders;
    private final UsageMeter usageMeter;
    private final RecordedCall call;
    private final RunJournal run;
    private RelayState state = new RelayState.Opening();
    private @Nullable UpstreamBodyReader body;
    private @Nullable UpstreamException unanswered;

    /** The thread of the run that this one goes on from. The agent API need not wait for it, only its response does. */
    private Uni<Optional<String>> earlierThread = Uni.createFrom().item(Optional.empty());

    /** The agent API's own name of the thread, for its cancel call; null if it has not told one. */
    private @Nullable String upstreamThreadId;

    RunRelay(
            RecordedCall call,
            RunJournal run,
            ClientResponse client,
            EventLoop loop,
            AgentClient agent,
            RelayConfig config,
            ForwardedCancels cancels,
            RemoteReaders readersElsewhere,
            EarlierRuns earlierRuns,
            Dialects dialects,
            Executor dialectWorker,
            StoredHeaders storedHeaders,
            UsageMeter usageMeter) {
        this.call = call;
        this.run = run;
        this.client = client;
        this.loop = loop;
        this.agent = agent;
        this.config = config;
        this.cancels = cancels;
        this.unheard = new UnheardRun(
                run, readersElsewhere, loop, () -> state.isCallOpen(), () -> cancel(RunReason.CLIENT_DISCONNECTED));
        this.earlierRuns = earlierRuns;
        this.storedHeaders = storedHeaders;
        this.usageMeter = usageMeter;
        this.dialect = dialects.of(call.upstream().dialect(), call.path());
        this.outcome = new OutcomeReader(call.start().id(), dialect, loop, dialectWorker);
    }

    /** Calls the agent API; the run's row is durable. */
    void begin() {
        LOG.debugf("run %s begins", call.start().id());
        run.whenEnded(end -> ended(end));
        call.stored();
        if (run.hasEnd()) {
            // Something ended the run during the write of its row, so the agent API must not be called.
            return;
        }
        @Nullable String previous = call.previousRunId();
        if (previous != null) {
            earlierThread = earlierRuns
                    .threadOf(call.start().owner(), previous, loop)
                    .memoize()
                    .indefinitely();
            earlierThread.subscribe().with(thread -> {});
        }
        client.awaitHead(call);
        // The agent client's results come on the loop, except for some failures to connect.
        Cancellable sent = agent.post(
                        call.upstream(),
                        call.target(),
                        call.headers(),
                        call.body(),
                        call.asked().asksForStream(),
                        loop)
                .subscribe()
                .with(
                        response -> EventLoops.run(loop, () -> answered(response)),
                        e -> EventLoops.run(loop, () -> unanswered(e)));
        if (state instanceof RelayState.Opening) {
            state = new RelayState.Calling(sent);
        }
        if (client.isGone()) {
            cancelSoonUnlessHeard();
        }
        run.whenCancelled(() -> cancel(RunReason.CANCEL_REQUESTED));
    }

    private void unanswered(Throwable cause) {
        UpstreamException failed = cause instanceof UpstreamException known
                ? known
                : new UpstreamException(UpstreamFailure.FAULT, true, cause);
        UpstreamFailure failure = failed.failure();
        if (!(state instanceof RelayState.Ended)) {
            LOG.warnf(
                    "request %s, run %s: no response from the agent API, %s",
                    client.requestId(), call.start().id(), failure.words());
        }
        LOG.logf(
                failure.levelOfCause(),
                cause,
                "run %s has no response",
                call.start().id());
        call.release();
        unanswered = failed;
        RunReason reason = switch (failure) {
            case CLOSED -> RunReason.UPSTREAM_CLOSED;
            case INVALID -> RunReason.UPSTREAM_ERROR;
            case TIMEOUT -> RunReason.UPSTREAM_TIMEOUT;
            case FAULT -> RunReason.GATEWAY_LOST;
            default -> RunReason.UPSTREAM_UNREACHABLE;
        };
        RunEnd end = RunEnd.broken(RunStatus.FAILED, reason, call.now());
        // The client gets the error when the end is durable.
        end(failed.sent() ? end : end.unsent());
    }

    private void answered(AgentResponse response) {
        earlierThread.subscribe().with(thread -> EventLoops.run(loop, () -> answered(response, thread.orElse(null))));
    }

    private void answered(AgentResponse response, @Nullable String earlierThreadId) {
        if (state instanceof RelayState.Ended) {
            response.body().abort();
            return;
        }
        if (!RunConclusion.isSuccess(response)) {
            outcome.refused();
        }
        ResponseIds ids = ResponseIds.inHeaders(response);
        ResponseIds otherwise = new ResponseIds(call.pathRunId(), earlierThreadId);
        upstreamThreadId = ids.threadId();
        outcome.whenNamed(id -> {
            @Nullable String named = ResponseIds.of(id, null).runId();
            if (named != null) {
                run.named(named);
            }
        });
        FrameRecorder recorder = new FrameRecorder(run, outcome, call.beganNanos(), frameBytesMax());
        BodyPatience patience =
                new BodyPatience(call.upstream().idleTimeout(), config.partialFlush(), System::nanoTime);
        UpstreamBodyReader reading =
                new UpstreamBodyReader(this, run, response, recorder, outcome, loop, frameBytesMax(), patience);
        client.listen(run, response);
        if (dialect.namesRunInBody() && ids.waitForBody(response)) {
            reading.holdBack(found -> head(response, ids.or(found).or(otherwise)));
        } else {
            head(response, ids.or(otherwise));
        }
        response.body().bytes().subscribe().withSubscriber(reading);
    }

    private int frameBytesMax() {
        return FrameSize.max(config.maxFrame().asLongValue());
    }

    private void head(AgentResponse response, ResponseIds ids) {
        String threadId = call.own().threadId() != null || ids.threadId() == null
                ? call.start().threadId()
                : ids.threadId();
        RunHead head = new RunHead(
                threadId,
                response.status(),
                ids.runId(),
                storedHeaders.of(response.headers(), call.headers()),
                response.isEventStream(),
                call.elapsedMicros());
        run.head(head).whenComplete((durable, e) -> {
            if (e == null) {
                client.begin(run, head, response);
            }
        });
    }

    @Override
    public void reading(UpstreamBodyReader reading, Flow.Subscription subscription) {
        body = reading;
        state = new RelayState.Relaying(subscription);
    }

    @Override
    public void complete(AgentResponse response) {
        outcome.ending(ending -> {
            if (ending.isExplainedByCancel(response)) {
                whenNoted(noted -> end(ending.whole(response, noted, call.now())));
            } else {
                end(ending.whole(response, false, call.now()));
            }
        });
    }

    @Override
    public void brokenOff(Throwable cause) {
        UpstreamFailure failure = UpstreamFailure.of(cause);
        LOG.logf(failure.levelOfCause(), cause, "run %s broke off", call.start().id());
        RunReason reason = failure == UpstreamFailure.FAULT ? RunReason.GATEWAY_LOST : RunReason.UPSTREAM_CLOSED;
        outcome.ending(ending -> whenNoted(noted -> end(
                noted
                        ? ending.cut(RunStatus.CANCELLED, RunReason.CANCEL_REQUESTED, call.now())
                        : ending.cut(RunStatus.FAILED, reason, call.now()))));
    }

    /** Calls back on the loop with whether a cancel call for the run passed through any gateway. */
    private void whenNoted(Consumer<Boolean> call) {
        cancels.noted(run, loop).subscribe().with(call);
    }

    @Override
    public void faulty(RuntimeException fault) {
        LOG.errorf(fault, "run %s cannot be recorded any further", call.start().id());
        stop(RunStatus.FAILED, RunReason.GATEWAY_LOST);
    }

    @Override
    public void silent() {
        stop(RunStatus.FAILED, RunReason.UPSTREAM_TIMEOUT);
    }

    private void stop(RunStatus status, RunReason reason) {
        state.closeUpstream();
        finishFrames();
        outcome.ending(ending -> end(ending.cut(status, reason, call.now())));
    }

    /** Makes the last frames. The run must end, even if they cannot be recorded. */
    private void finishFrames() {
        try {
            if (body != null) {
                body.finishFrames();
            }
        } catch (RuntimeException fault) {
            LOG.errorf(
                    fault,
                    "the last frame of run %s cannot be recorded",
                    call.start().id());
        }
    }

    private void end(RunEnd how) {
        if (!(state instanceof RelayState.Ended)) {
            state = new RelayState.Ended();
            run.end(how);
        }
    }

    /** The run's end is durable; other code may have ended the run. */
    private void ended(RunEnd end) {
        if (!(state instanceof RelayState.Ended)) {
            state.closeUpstream();
            state = new RelayState.Ended();
        }
        call.release();
        if (body != null) {
            body.stop();
        }
        usageMeter.ended(end);
        LOG.debugf("run %s ended: %s", call.start().id(), end.status().label());
        if (client.isWaitingForHead()) {
            client.refuse(run.start().id(), run.start().threadId(), told(end));
        }
    }

    private ApiException told(RunEnd end) {
        UpstreamException failed = unanswered;
        return failed == null
                ? UnansweredErrors.because(end.reason(), end.cut())
                : UnansweredErrors.of(failed.failure(), failed.sent());
    }

    /**
     * The client has gone away. The run goes on, unless the caller asked otherwise and no reader comes to any gateway
     * in time.
     */
    void clientGone() {
        client.leave();
        cancelSoonUnlessHeard();
    }

    private void cancelSoonUnlessHeard() {
        if (call.cancelOnDisconnect() && !(state instanceof RelayState.Ended)) {
            unheard.cancelAfter(config.disconnectGrace());
        }
    }

    private void cancel(RunReason reason) {
        if (!state.isCallOpen()) {
            return;
        }
        new UpstreamCancel(call, agent, loop).send(outcome.dialect(), run.upstreamRunId(), upstreamThreadId);
        stop(RunStatus.CANCELLED, reason);
    }
}
