package io.runtape.proxy;

import io.netty.handler.codec.DecoderException;
import io.runtape.access.CallerAuthentication;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.runtape.journal.PassingCancels;
import io.runtape.journal.PassingCancels.Passing;
import io.runtape.upstream.AgentConnections;
import io.runtape.upstream.ForwardedHeaders;
import io.runtape.upstream.UpstreamAddress;
import io.runtape.upstream.UpstreamConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
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
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Passes every call under {@code /v1} that is not recorded to the agent API and its answer back, byte for byte in both
 * directions and as fast as the slower side (contract, the two namespaces). Safe for any event loop.
 */
@Singleton
final class Forwarding {

    private static final Logger LOG = Logger.getLogger(Forwarding.class);

    /** Before the resources, after the server's own limits. */
    private static final int BEFORE_RESOURCES = 0;

    /** One connection a call that is under way; the server's own limits come first. */
    private static final int CONNECTIONS_MAX = 20_000;

    private static final Duration HEAD = Duration.ofSeconds(60);

    private static final Pattern CANCEL = Pattern.compile("/v1/run/([^/]+)/cancel");

    private final RecordedPaths paths;
    private final UpstreamAddress address;
    private final UpstreamConfig config;
    private final CallerAuthentication callers;
    private final PassingCancels cancels;
    private final HttpClient client;

    Forwarding(
            Vertx vertx,
            RecordedPaths paths,
            UpstreamAddress address,
            UpstreamConfig config,
            CallerAuthentication callers,
            PassingCancels cancels) {
        this.paths = paths;
        this.address = address;
        this.config = config;
        this.callers = callers;
        this.cancels = cancels;
        this.client = vertx.createHttpClient(AgentConnections.options().setMaxPoolSize(CONNECTIONS_MAX));
    }

    void install(@Observes Router router) {
        router.route("/v1/*").order(BEFORE_RESOURCES).handler(this::handle);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!RequestTarget.isFit(request)) {
            ErrorReply.write(
                    context, ApiException.invalid("The target of the request must be a path, such as /v1/run."));
            return;
        }
        // The router matches the path without its dot segments; what is sent on has them still.
        if (!request.path().startsWith("/v1/")) {
            ErrorReply.write(context, ApiException.notFound("path"));
        } else if (request.method().equals(HttpMethod.POST)
                && paths.match(request.path()).isPresent()) {
            context.next();
        } else if (request.headers().contains(HttpHeaders.UPGRADE, "websocket", true)) {
            ErrorReply.write(
                    context,
                    ErrorCode.NOT_SUPPORTED,
                    "WebSocket connections are not passed on. Read the run's events as an event stream.");
        } else {
            forward(context);
        }
    }

    private void forward(RoutingContext context) {
        HttpServerRequest request = context.request();
        request.pause();
        Matcher cancel = CANCEL.matcher(request.path());
        if (request.method().equals(HttpMethod.POST) && cancel.matches()) {
            ContextInternal loop = (ContextInternal) Vertx.currentContext();
            cancels.begin(
                            callers.ownerOf(request),
                            decoded(cancel.group(1)),
                            task -> loop.runOnContext(v -> task.run()))
                    .subscribe()
                    .with(passing -> pass(context, passing));
        } else {
            pass(context, Passing.UNNOTED);
        }
    }

    private static String decoded(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return segment;
        }
    }

    /** Passes the call on; a cancel that is refused is forgotten before its caller hears of it. */
    private void pass(RoutingContext context, Passing cancel) {
        HttpServerRequest request = context.request();
        client.request(options(request))
                .compose(out -> send(request, out))
                .onSuccess(answer -> {
                    if (answer.statusCode() <= 299) {
                        answer(context, answer);
                        return;
                    }
                    answer.pause();
                    cancel.refused().subscribe().with(v -> answer(context, answer));
                })
                .onFailure(e -> cancel.refused().subscribe().with(v -> refuse(context, e)));
    }

    private RequestOptions options(HttpServerRequest request) {
        return new RequestOptions()
                .setMethod(request.method())
                .setHost(address.host())
                .setPort(address.port())
                .setSsl(address.isTls())
                .setURI(address.target(RequestTarget.originForm(request)))
                .setFollowRedirects(false);
    }

    private Future<HttpClientResponse> send(HttpServerRequest request, HttpClientRequest out) {
        List<Map.Entry<String, String>> headers = ForwardedHeaders.ofRequest(request.headers(), Set.of());
        headers.forEach(h -> out.headers().add(h.getKey(), h.getValue()));
        request.response().closeHandler(v -> out.reset());
        boolean hasBody = request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        Future<HttpClientResponse> sent = hasBody ? out.send(request) : out.send();
        return sent.timeout(config.timeout().orElse(HEAD).toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(e -> out.reset());
    }

    private static void answer(RoutingContext context, HttpClientResponse answer) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            answer.request().reset();
            return;
        }
        if (answer.statusCode() < 200 || answer.statusCode() > 599) {
            answer.request().reset();
            refuse(context, new IllegalArgumentException("status " + answer.statusCode()));
            return;
        }
        response.setStatusCode(answer.statusCode());
        AnswerHeaders.pass(ForwardedHeaders.ofAnswer(answer.headers()), response.headers());
        boolean bodiless = context.request().method().equals(HttpMethod.HEAD)
                || answer.statusCode() == 204
                || answer.statusCode() == 304;
        if (bodiless) {
            response.end();
            return;
        }
        if (!response.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            response.setChunked(true);
        }
        // The head goes out now, however long the first bytes take.
        response.write(Buffer.buffer());
        answer.pipe().endOnFailure(false).to(response).onFailure(e -> ErrorReply.cut(context));
    }

    private static void refuse(RoutingContext context, Throwable cause) {
        LOG.debugf(cause, "a forwarded call has no answer");
        if (cause instanceof TimeoutException) {
            ErrorReply.write(
                    context,
                    ApiException.of(ErrorCode.UPSTREAM_TIMEOUT, "The agent API did not answer in time.")
                            .notRepeated());
        } else if (cause instanceof DecoderException || cause instanceof IllegalArgumentException) {
            ErrorReply.write(context, ErrorCode.UPSTREAM_INVALID, "What the agent API answered is not HTTP.");
        } else {
            ErrorReply.write(context, ErrorCode.UPSTREAM_UNREACHABLE, "No connection to the agent API.");
        }
    }
}
