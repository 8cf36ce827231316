package io.runtape.connection;

import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Tells each connection's deadline of the requests that come over it. */
@Singleton
final class RequestHeads {

    /** Before all that may answer. */
    private static final int FIRST = Integer.MIN_VALUE;

    void install(@Observes Router router) {
        router.route().order(FIRST).handler(RequestHeads::tell);
    }

    void installAtManagement(@Observes ManagementInterface management) {
        management.router().route().order(FIRST).handler(RequestHeads::tell);
    }

    private static void tell(RoutingContext context) {
        ConnectionDeadline.head(context);
        context.next();
    }
}
