package io.runtape.error;

import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Names each request to the history in the head of its answer, whatever the answer is. The agent API's answers stay theirs. */
@ApplicationScoped
class NamedRequests {

    private static final int BEFORE_RESOURCES = 0;

    void install(@Observes Router router) {
        router.route("/history/*").order(BEFORE_RESOURCES).handler(context -> {
            // Last of all: a resource's headers are added to those that are there, and errors bring this one.
            context.addHeadersEndHandler(
                    v -> context.response().headers().set(RequestId.HEADER, RequestId.of(context)));
            context.next();
        });
    }
}
