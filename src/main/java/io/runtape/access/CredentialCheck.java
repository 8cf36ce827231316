package io.runtape.access;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.error.OwnPaths;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Refuses calls that bring two credentials, also calls that need no owner: before the gateway reads a body, and before
 * it sends anything to the agent API. Safe for any event loop.
 */
@Singleton
final class CredentialCheck {

    /** Before calls are forwarded and before the resources, after the server's own limits. */
    private static final int BEFORE_CALLS = -1;

    private static final String HISTORY = "/history/";

    private final CredentialHeaders credentials;

    CredentialCheck(CredentialHeaders credentials) {
        this.credentials = credentials;
    }

    void install(@Observes Router router) {
        router.route().order(BEFORE_CALLS).handler(this::check);
    }

    private void check(RoutingContext context) {
        String path = context.normalizedPath();
        if (OwnPaths.contains(path) && !path.startsWith(HISTORY)) {
            context.next();
            return;
        }
        try {
            credentials.in(context.request().headers());
        } catch (ApiException two) {
            ErrorReply.write(context, two);
            return;
        }
        context.next();
    }
}
