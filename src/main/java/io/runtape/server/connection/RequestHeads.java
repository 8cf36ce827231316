package io.runtape.server.connection;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.ManagementInterface;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Reports requests to their connection's deadline, and answers those that cannot be read. */
@Singleton
final class RequestHeads {

    /** Before every route that may answer. */
    private static final int FIRST = Integer.MIN_VALUE;

    private final int lineBytesMax;
    private final long headerBytesMax;

    @Inject
    RequestHeads(
            @ConfigProperty(name = "quarkus.http.limits.max-initial-line-length") int lineBytesMax,
            @ConfigProperty(name = "quarkus.http.limits.max-header-size") MemorySize headerBytesMax) {
        this.lineBytesMax = lineBytesMax;
        this.headerBytesMax = headerBytesMax.asLongValue();
    }

    void install(@Observes Router router) {
        router.route().order(FIRST).handler(this::tell);
    }

    void installAtManagement(@Observes ManagementInterface management) {
        management.router().route().order(FIRST).handler(this::tell);
    }

    private void tell(RoutingContext context) {
        ConnectionDeadline.head(context);
        if (context.request().decoderResult() instanceof UnreadableRequest unreadable) {
            refuse(context, unreadable);
        } else {
            context.next();
        }
    }

    private void refuse(RoutingContext context, UnreadableRequest unreadable) {
        switch (unreadable.fault()) {
            case LINE_TOO_LONG ->
                ErrorReply.write(
                        context,
                        ErrorCode.URI_TOO_LONG,
                        "The first line of the request, method and URI, is longer than " + lineBytesMax + " bytes.");
            case HEADERS_TOO_LARGE ->
                ErrorReply.write(
                        context,
                        ErrorCode.HEADERS_TOO_LARGE,
                        "The headers of the request are longer than " + headerBytesMax + " bytes.");
            case NO_HTTP ->
                ErrorReply.write(context, ErrorCode.INVALID_REQUEST, "The request " + unreadable.words() + ".");
        }
    }
}
