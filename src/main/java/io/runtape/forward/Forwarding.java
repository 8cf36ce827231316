package io.runtape.forward;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.CredentialHeaders;
import io.runtape.access.Owner;
import io.runtape.background.BackgroundOutcomes;
import io.runtape.background.BackgroundRun;
import io.runtape.background.OutcomeWatch;
import io.runtape.cancel.ForwardedCancels;
import io.runtape.cancel.ForwardedCancels.Passing;
import io.runtape.dialect.Dialects;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.runtape.error.OwnPaths;
import io.runtape.error.RequestId;
import io.runtape.mock.MockAgent;
import io.runtape.relay.AgentTarget;
import io.runtape.relay.RecordedPaths;
import io.runtape.relay.RequestTarget;
import io.runtape.relay.ResponseHeaders;
import io.runtape.relay.UnansweredErrors;
import io.runtape.resume.Resumes;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.server.loop.EventLoops;
import io.runtape.upstream.ForwardedHeaders;
import io.runtape.upstream.ForwardingClient;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.UpstreamException;
import io.runtape.upstream.UpstreamFailure;
import io.runtape.upstream.Upstreams;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Passes every unrecorded call to the agent API that serves its path and the response back, byte for byte in both
 * directions and at the pace of the slower side (docs/reference/http-api.md, "HTTP API"). Safe for any event loop.
 */
@Singleton
final class Forwarding {

    private static final Logger LOG = Logger.getLogger(Forwarding.class);

    /** Before the resources, after the server's own limits. */
    private static final int BEFORE_RESOURCES = 0;

    /** What a call that may bring the outcome of a run does not send on: it would allow a compressed response. */
    private static final Set<String> NOT_SENT_ON_FOR_OUTCOME = Set.of("accept-encoding");

    private final RecordedPaths paths;
    private final Upstreams upstreams;
    private final CredentialHeaders credentials;
    private final CallerAuthentication callers;
    private final ForwardedCancels cancels;
    private final Resumes resumes;
    private final BackgroundOutcomes outcomes;
    private final Dialects dialects;
    private final MockAgent mocks;
    private final ForwardingClient client;
    private final UnsentBytes unsent;

    Forwarding(
            ForwardingClient client,
            RecordedPaths paths,
            Upstreams upstreams,
            CredentialHeaders credentials,
            CallerAuthentication callers,
            ForwardedCancels cancels,
            Resumes resumes,
            BackgroundOutcomes outcomes,
            Dialects dialects,
            MockAgent mocks,
            UnsentBytes unsent) {
        this.paths = paths;
        this.upstreams = upstreams;
        this.credentials = credentials;
        this.callers = callers;
        this.cancels = cancels;
        this.resumes = resumes;
        this.outcomes = outcomes;
        this.dialects = dialects;
        this.mocks = mocks;
        this.client = client;
        this.unsent = unsent;
    }

    void install(@Observes Router router) {
        router.route().order(BEFORE_RESOURCES).handler(this::handle);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (OwnPaths.contains(context.normalizedPath())) {
            context.next();
            return;
        }
        AgentTarget target;
        try {
            target = AgentTarget.of(RequestTarget.of(request), upstreams);
        } catch (ApiException unfit) {
            ErrorReply.write(context, unfit);
            return;
        }
        if (OwnPaths.contains(target.target().normalised())) {
            ErrorReply.write(context, ApiException.notFound("path"));
        } else if (isPost(request) && (mocks.isAlone() || paths.isRecorded(context, target))) {
            if (mocks.isAsked(request)) {
                mocks.answer(context, target);
            } else if (request.method().equals(HttpMethod.POST)) {
                context.next();
            } else {
                // Methods are case-sensitive, but not for every server.
                ErrorReply.write(context, ApiException.invalid("The method POST is written in capitals."));
            }
        } else if (request.headers().contains(HttpHeaders.UPGRADE, "websocket", true)) {
            ErrorReply.write(
                    context,
                    ErrorCode.NOT_SUPPORTED,
                    "WebSocket connections are not passed on. Read the run's events as an event stream.");
        } else {
            request.pause();
            resumes.answer(context, target, open -> {
                if (mocks.isAlone()) {
                    request.resume();
                    mocks.refuse(context);
                } else {
                    forward(context, target, open);
                }
            });
        }
    }

    private static boolean isPost(HttpServerRequest request) {
        return request.method().name().equalsIgnoreCase("POST");
    }

    private void forward(RoutingContext context, AgentTarget target, Optional<BackgroundRun> open) {
        HttpServerRequest request = context.request();
        Optional<String> cancelled =
                request.method().equals(HttpMethod.POST) ? dialects.cancelledAt(target.path()) : Optional.empty();
        if (cancelled.isPresent()) {
            cancel(context, target, cancelled.get());
        } else {
            pass(context, target, Passing.UNNOTED, open);
        }
    }

    /** Notes the cancel on the live run that it names. Where it names none, it may name one in the background. */
    private void cancel(RoutingContext context, AgentTarget target, String runId) {
        ContextInternal ofCall = (ContextInternal) Vertx.currentContext();
        Executor loop = task -> ofCall.runOnContext(v -> task.run());
        Owner owner = callers.ownerOf(context.request());
        String upstream = target.upstream().name();
        cancels.begin(owner, upstream, runId, loop).subscribe().with(passing -> {
            if (passing == Passing.UNNOTED) {
                outcomes.open(owner, upstream, runId, loop)
                        .subscribe()
                        .with(open -> pass(context, target, passing, open));
            } else {
                pass(context, target, passing, Optional.empty());
            }
        });
    }

    /**
     * Passes the call on; if the agent API refuses a cancel, or has not got all of it, the note of it is undone before its caller gets the
     * response. A cancel without a response may have counted.
     */
    private void pass(RoutingContext context, AgentTarget target, Passing cancel, Optional<BackgroundRun> open) {
        HttpServerRequest request = context.request();
        Set<String> notSentOn = open.isPresent() ? NOT_SENT_ON_FOR_OUTCOME : Set.of();
        AtomicBoolean sent = new AtomicBoolean();
        ForwardedBody.of(request)
                .compose(body -> call(request, target, notSentOn, body, () -> sent.set(true)))
                .onSuccess(response -> {
                    AtomicReference<@Nullable Throwable> brokenOff = new AtomicReference<>();
                    response.exceptionHandler(brokenOff::set);
                    if (client.isOfProxy(
                            response.statusCode(), target.upstream().address())) {
                        ForwardingClient.giveUp(response.request());
                        cancel.refused().subscribe().with(v -> refuse(context, UpstreamFailure.PROXY_LOGIN, false));
                        return;
                    }
                    if (response.statusCode() <= 299) {
                        answer(context, target.upstream(), response, open);
                        return;
                    }
                    response.pause();
                    cancel.refused().subscribe().with(v -> {
                        Throwable failure = brokenOff.get();
                        if (failure == null) {
                            answer(context, target.upstream(), response, Optional.empty());
                        } else {
                            refuse(context, target.upstream(), failure);
                        }
                    });
                })
                .onFailure(e -> (sent.get() ? Uni.createFrom().voidItem() : cancel.refused())
                        .subscribe()
                        .with(v -> refuse(context, target.upstream(), e)));
    }

    /**
     * Connects and sends. The response may take as long as that of a recorded call which asks for no stream.
     *
     * @param notSentOn the names, in lower case, of the headers of this call that are not sent on
     * @param sent called when the whole call is on its way
     */
    private Future<HttpClientResponse> call(
            HttpServerRequest request, AgentTarget target, Set<String> notSentOn, ForwardedBody body, Runnable sent) {
        Upstream to = target.upstream();
        Duration head = to.headTimeout(false);
        RequestOptions options = new RequestOptions()
                .setMethod(request.method())
                .setURI(to.address().target(target.originForm()));
        return client.request(to.address(), options, head).compose(out -> {
            if (request.response().closed()) {
                // The client left meanwhile, and nothing would tell of it any more.
                ForwardingClient.giveUp(out);
                return Future.failedFuture(new StreamResetException(0));
            }
            List<Map.Entry<String, String>> headers =
                    to.authenticated(ForwardedHeaders.ofRequest(request.headers(), notSentOn), credentials::contains);
            headers.forEach(h -> out.headers().add(h.getKey(), h.getValue()));
            request.response().closeHandler(v -> ForwardingClient.giveUp(out));
            Future<HttpClientResponse> response = body.sendBy(out);
            body.whole().onSuccess(v -> sent.run());
            return inTime(response, body, head).onFailure(e -> ForwardingClient.giveUp(out));
        });
    }

    /** The response, failed if it does not come in time; the time begins when the whole body has come in. */
    private static Future<HttpClientResponse> inTime(
            Future<HttpClientResponse> response, ForwardedBody body, Duration head) {
        EventLoop loop = EventLoops.current();
        Promise<HttpClientResponse> inTime = Promise.promise();
        body.whole().onSuccess(v -> {
            ScheduledFuture<?> late =
                    loop.schedule(() -> inTime.tryFail(new TimeoutException()), head.toMillis(), TimeUnit.MILLISECONDS);
            response.onComplete(came -> late.cancel(false));
        });
        response.onSuccess(inTime::tryComplete).onFailure(inTime::tryFail);
        return inTime.future();
    }

    /** @param open the run whose outcome the response may tell */
    private void answer(
            RoutingContext context, Upstream upstream, HttpClientResponse from, Optional<BackgroundRun> open) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            ForwardingClient.giveUp(from.request());
            return;
        }
        if (from.statusCode() < 200 || from.statusCode() > 599) {
            ForwardingClient.giveUp(from.request());
            refuse(context, UpstreamFailure.INVALID, true);
            return;
        }
        response.setStatusCode(from.statusCode());
        ResponseHeaders.pass(upstream.withoutKey(ForwardedHeaders.ofResponse(from.headers())), response.headers());
        boolean bodiless = context.request().method().equals(HttpMethod.HEAD)
                || from.statusCode() == 204
                || from.statusCode() == 304;
        if (bodiless) {
            response.end();
            return;
        }
        if (!response.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            response.setChunked(true);
        }
        // The head goes out now, however long the first bytes take.
        response.write(Buffer.buffer());
        Optional<OutcomeWatch> outcome = open.flatMap(run -> outcomes.watch(
                run,
                from.getHeader(HttpHeaders.CONTENT_TYPE),
                from.getHeader(HttpHeaders.CONTENT_ENCODING),
                EventLoops.current()));
        WatchedResponse watched = WatchedResponse.of(
                from, upstream.idleTimeout(), () -> silent(context), outcome, unsent, client(context));
        response.closeHandler(v -> watched.giveUp());
        watched.pipe()
                .endOnFailure(false)
                .to(response)
                .onComplete(v -> outcome.ifPresent(OutcomeWatch::end))
                .onFailure(e -> ErrorReply.cut(context));
    }

    private WatchedResponse.Client client(RoutingContext context) {
        return new WatchedResponse.Client() {
            @Override
            public String owner() {
                try {
                    return callers.ownerOf(context.request()).id();
                } catch (ApiException twoCredentials) {
                    // Which one counts is the agent API's to say.
                    return Owner.ANONYMOUS.id();
                }
            }

            @Override
            public void abort() {
                ErrorReply.abort(context);
            }
        };
    }

    private static void silent(RoutingContext context) {
        LOG.warnf("request %s: the agent API fell silent, its response is cut off", RequestId.of(context));
    }

    private void refuse(RoutingContext context, Upstream upstream, Throwable cause) {
        if (cause instanceof StreamResetException) {
            // The client has gone, and with it the call to the agent API.
            return;
        }
        UpstreamException failed = client.failure(cause, upstream.address());
        LOG.logf(
                failed.failure().levelOfCause(),
                cause,
                "request %s: a forwarded call has no response",
                RequestId.of(context));
        refuse(context, failed.failure(), failed.sent());
    }

    private static void refuse(RoutingContext context, UpstreamFailure failure, boolean sent) {
        if (!context.response().closed()) {
            LOG.warnf("request %s: no response from the agent API, %s", RequestId.of(context), failure.words());
        }
        ErrorReply.write(context, UnansweredErrors.of(failure, sent));
    }
}
