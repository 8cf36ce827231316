package io.runtape.error;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Collection;

/**
 * Tells which methods a path of the history takes (RFC 9110, section 9.3.7). The framework would name those of all paths that
 * share a beginning. Preflight requests of browsers are answered before.
 */
@ApplicationScoped
class OptionsRoute {

    /** Behind what answers preflight requests, before the resources. */
    private static final int BEFORE_RESOURCES = -2;

    private static final String METHOD = "OPTIONS";

    private final ServedTypes served;

    OptionsRoute(ServedTypes served) {
        this.served = served;
    }

    void install(@Observes Router router) {
        router.options("/history/v1/*").order(BEFORE_RESOURCES).handler(this::answer);
    }

    private void answer(RoutingContext context) {
        Collection<String> methods = served.methods(context.normalizedPath());
        if (methods.isEmpty()) {
            ErrorReply.write(context, ErrorCode.NOT_FOUND, RefusalMessage.noSuchPath(context.normalizedPath()));
            return;
        }
        context.response()
                .putHeader(HttpHeaders.ALLOW, String.join(", ", methods) + ", " + METHOD)
                .end();
    }
}
