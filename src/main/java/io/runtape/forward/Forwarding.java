package io.runtape.forward;

import io.runtape.access.CallerAuthentication;
import io.runtape.cancel.ForwardedCancels;
import io.runtape.cancel.ForwardedCancels.Passing;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.runtape.error.RequestId;
import io.runtape.relay.RecordedPaths;
import io.runtape.relay.RequestTarget;
import io.runtape.relay.ResponseHeaders;
import io.runtape.relay.UnansweredErrors;
import io.runtape.upstream.ForwardedHeaders;
import io.runtape.upstream.ForwardingClient;
import io.runtape.upstream.UpstreamAddress;
import io.runtape.upstream.UpstreamConfig;
import io.runtape.upstream.UpstreamFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
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
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Passes every unrecorded call under {@code /v1} to the agent API and its response back, byte for byte in both
 * directions and at the pace of the slower side (docs/reference/http-api.md, "HTTP API"). Safe for any event loop.
 */
@Singleton
final class Forwarding {

    private static final Logger LOG = Logger.getLogger(Forwarding.class);

    /** Before the resources, after the server's own limits. */
    private static final int BEFORE_RESOURCES = 0;

    private static final Duration HEAD = Duration.ofSeconds(60);

    /** In every spelling that may reach the agent API's cancel call, as for {@link RecordedPaths}. */
    private static final Pattern CANCEL = Pattern.compile("/v1/run/([^/]+)/cancel/?", Pattern.CASE_INSENSITIVE);

    private final RecordedPaths paths;
    private final UpstreamAddress address;
    private final UpstreamConfig config;
    private final CallerAuthentication callers;
    private final ForwardedCancels cancels;
    private final ForwardingClient client;

    Forwarding(
            ForwardingClient client,
            RecordedPaths paths,
            UpstreamAddress address,
            UpstreamConfig config,
            CallerAuthentication callers,
            ForwardedCancels cancels) {
        this.paths = paths;
        this.address = address;
        this.config = config;
        this.callers = callers;
        this.cancels = cancels;
        this.client = client;
    }

    void install(@Observes Router router) {
        router.route("/v1/*").order(BEFORE_RESOURCES).handler(this::handle);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        RequestTarget target;
        try {
            target = RequestTarget.of(request);
        } catch (ApiException unfit) {
            ErrorReply.write(context, unfit);
            return;
        }
        if (!target.normalised().startsWith("/v1/")) {
            ErrorReply.write(context, ApiException.notFound("path"));
        } else if (isPost(request) && paths.match(target).isPresent()) {
            if (request.method().equals(HttpMethod.POST)) {
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
            forward(context, target);
        }
    }

    private static boolean isPost(HttpServerRequest request) {
        return request.method().name().equalsIgnoreCase("POST");
    }

    private void forward(RoutingContext context, RequestTarget target) {
        HttpServerRequest request = context.request();
        request.pause();
        Matcher cancel = CANCEL.matcher(target.normalised());
        if (request.method().equals(HttpMethod.POST) && cancel.matches()) {
            ContextInternal loop = (ContextInternal) Vertx.currentContext();
            cancels.begin(
                            callers.ownerOf(request),
                            decoded(cancel.group(1)),
                            task -> loop.runOnContext(v -> task.run()))
                    .subscribe()
                    .with(passing -> pass(context, target, passing));
        } else {
            pass(context, target, Passing.UNNOTED);
        }
    }

    private static String decoded(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return segment;
        }
    }

    /**
     * Passes the call on; if the agent API refuses a cancel, the note of it is undone before its caller gets the response.
     */
    private void pass(RoutingContext context, RequestTarget target, Passing cancel) {
        HttpServerRequest request = context.request();
        ForwardedBody.of(request)
                .compose(body -> call(request, target, body))
                .onSuccess(response -> {
                    quiet(response);
                    if (client.isOfProxy(response.statusCode())) {
                        response.request().reset();
                        cancel.refused().subscribe().with(v -> refuse(context, UpstreamFailure.PROXY_LOGIN));
                        return;
                    }
                    if (response.statusCode() <= 299) {
                        answer(context, response);
                        return;
                    }
                    response.pause();
                    cancel.refused().subscribe().with(v -> answer(context, response));
                })
                .onFailure(e -> cancel.refused().subscribe().with(v -> refuse(context, e)));
    }

    /** Connects and sends; the time for the head of the response begins with connecting. */
    private Future<HttpClientResponse> call(HttpServerRequest request, RequestTarget target, ForwardedBody body) {
        Duration head = config.timeout().orElse(HEAD);
        long began = System.nanoTime();
        RequestOptions options =
                new RequestOptions().setMethod(request.method()).setURI(address.target(target.originForm()));
        return client.request(options, head)
                .compose(out -> send(request, body, out, head.minusNanos(System.nanoTime() - began)));
    }

    private static Future<HttpClientResponse> send(
            HttpServerRequest request, ForwardedBody body, HttpClientRequest out, Duration within) {
        List<Map.Entry<String, String>> headers = ForwardedHeaders.ofRequest(request.headers(), Set.of());
        headers.forEach(h -> out.headers().add(h.getKey(), h.getValue()));
        request.response().closeHandler(v -> out.reset());
        return body.sendBy(out)
                .timeout(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS)
                .onFailure(e -> out.reset());
    }

    private void answer(RoutingContext context, HttpClientResponse from) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            from.request().reset();
            return;
        }
        if (from.statusCode() < 200 || from.statusCode() > 599) {
            from.request().reset();
            refuse(context, new IllegalArgumentException("status " + from.statusCode()));
            return;
        }
        response.setStatusCode(from.statusCode());
        ResponseHeaders.pass(ForwardedHeaders.ofResponse(from.headers()), response.headers());
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
        WatchedResponse.of(from, config.idleTimeout(), () -> silent(context))
                .pipe()
                .endOnFailure(false)
                .to(response)
                .onFailure(e -> ErrorReply.cut(context));
    }

    /**
     * Handles the failure when a response breaks off because its client left: the HTTP client logs an unhandled failure
     * as an error.
     */
    private static void quiet(HttpClientResponse response) {
        response.exceptionHandler(e -> LOG.debugf(e, "a forwarded response broke off"));
    }

    private static void silent(RoutingContext context) {
        LOG.warnf("request %s: the agent API fell silent, its response is cut off", RequestId.of(context));
    }

    private void refuse(RoutingContext context, Throwable cause) {
        if (cause instanceof StreamResetException) {
            // The client has gone, and with it the call to the agent API.
            return;
        }
        LOG.debugf(cause, "a forwarded call has no response");
        refuse(context, client.failure(cause));
    }

    private static void refuse(RoutingContext context, UpstreamFailure failure) {
        if (!context.response().closed()) {
            LOG.warnf("request %s: no response from the agent API, %s", RequestId.of(context), failure.words());
        }
        ErrorReply.write(context, UnansweredErrors.of(failure));
    }
}
