package io.runtape.error;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Gives the envelope to failures that no resource sees: routes that fail, and bodies whose stated length is over the
 * server's limit, which the server would otherwise refuse with an empty response. The framework's own pages under {@code /q}
 * keep their errors.
 */
@ApplicationScoped
class RouteFailures {
    // Directly before the server's own check of the body's length (RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT, -2).
    private static final int BEFORE_BODY_LIMIT = -3;

    // Before every route that may answer.
    private static final int FIRST = Integer.MIN_VALUE;

    // After every failure handler except the framework's last one, which writes its stack trace page.
    private static final int BEFORE_LAST = Integer.MAX_VALUE - 1;

    /** RFC 9113, section 8.1: the response is complete, and the rest of the request is not needed. */
    private static final long HTTP2_NO_ERROR = 0;

    private final long bodyMax;

    @Inject
    RouteFailures(@ConfigProperty(name = "quarkus.http.limits.max-body-size") Optional<MemorySize> bodyMax) {
        this.bodyMax = bodyMax.map(MemorySize::asLongValue).orElse(Long.MAX_VALUE);
    }

    void install(@Observes Router router) {
        router.route().order(FIRST).handler(RouteFailures::identify);
        router.route().order(BEFORE_BODY_LIMIT).handler(this::checkLength);
        router.route().order(BEFORE_LAST).failureHandler(this::answer);
    }

    /**
     * The gateway's own responses name their request. Responses of the agent API do not; an error in their place does.
     */
    private static void identify(RoutingContext context) {
        String path = context.request().path();
        if (path == null || OwnPaths.contains(path)) {
            RequestId.tell(context);
            joinAccept(context);
        }
        context.next();
    }

    /**
     * Its lines are one list (RFC 9110, section 5.3), of which parts of the framework read the first line only. An empty one says as
     * little as none (section 12.5.1), and the framework cannot read it.
     */
    private static void joinAccept(RoutingContext context) {
        List<String> lines = context.request().headers().getAll(HttpHeaders.ACCEPT);
        String accept = lines.stream().filter(line -> !line.isBlank()).collect(Collectors.joining(", "));
        if (accept.isEmpty()) {
            context.request().headers().remove(HttpHeaders.ACCEPT);
        } else if (lines.size() > 1) {
            context.request().headers().set(HttpHeaders.ACCEPT, accept);
        }
    }

    private void checkLength(RoutingContext context) {
        if (length(context.request().getHeader(HttpHeaders.CONTENT_LENGTH)) <= bodyMax) {
            context.next();
            return;
        }
        // The gateway does not read the rest of the body, so the connection cannot carry another request; over HTTP/2
        // only the stream is over.
        boolean shared = context.request().version() == HttpVersion.HTTP_2;
        context.response().endHandler(ended -> {
            if (shared) {
                context.response().reset(HTTP2_NO_ERROR);
            } else {
                context.request().connection().close();
            }
        });
        ErrorReply.write(
                context,
                ErrorCode.BODY_TOO_LARGE,
                "The body is over the limit of " + bodyMax + " bytes.",
                shared ? Map.of() : Map.of("Connection", "close"));
    }

    private static long length(@Nullable String header) {
        if (header == null) {
            return 0;
        }
        try {
            return Long.parseLong(header);
        } catch (NumberFormatException unreadable) {
            return Long.MAX_VALUE;
        }
    }

    private void answer(RoutingContext context) {
        if (context.normalizedPath().startsWith("/q/")) {
            context.next();
            return;
        }
        Throwable failure = context.failure();
        if (failure instanceof ApiException refusal) {
            ErrorReply.write(context, refusal);
            return;
        }
        int status = context.statusCode();
        if (status == 404) {
            ErrorReply.write(context, ErrorCode.NOT_FOUND, RefusalMessage.noSuchPath(context.normalizedPath()));
        } else if (status == 413) {
            ErrorReply.write(context, ErrorCode.BODY_TOO_LARGE, "The body is too large.");
        } else if (status >= 400 && status < 500) {
            ErrorReply.write(
                    context,
                    ErrorCode.INVALID_REQUEST,
                    RefusalMessage.unreadable(context.request().getHeader(HttpHeaders.ACCEPT), List.of()));
        } else {
            ErrorReply.fault(context, failure);
        }
    }
}
