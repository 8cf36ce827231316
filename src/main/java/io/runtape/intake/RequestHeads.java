package io.runtape.intake;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;

/** Tells each connection's deadline of the requests that come over it. */
@Singleton
final class RequestHeads {

    /** Before all that may answer. */
    private static final int FIRST = Integer.MIN_VALUE;

    /** Before any server of this process listens. */
    void start(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        System.setProperty(ConnectionDeadlines.SWITCH, "serviceload");
    }

    void install(@Observes Router router) {
        router.route().order(FIRST).handler(RequestHeads::tell);
    }

    void installAtManagement(@Observes ManagementInterface management) {
        management.router().route().order(FIRST).handler(RequestHeads::tell);
    }

    private static void tell(RoutingContext context) {
        ConnectionDeadline.head(context.request());
        context.next();
    }
}
