package io.runtape.history;

import io.runtape.access.CallerAuthentication;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.intake.IncomingBody;
import io.runtape.intake.ReceivedBody;
import io.runtape.memory.MemoryBudgets;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Receives the bodies of requests to the history, before any thread is given to them: one that never comes whole would hold it.
 * Whoever brings no credential where one is needed is not waited for. Safe for any event loop.
 */
@Singleton
final class HistoryBodies {

    /** Some times what the longest value takes, a thread's title, when all of it is escaped. */
    private static final int BYTES_MAX = 64 << 10;

    /** Before the resources, after the server's own limits. */
    private static final int BEFORE_RESOURCES = 0;

    private static final String BODY = HistoryBodies.class.getName();

    private final CallerAuthentication callers;
    private final MemoryBudgets memory;

    HistoryBodies(CallerAuthentication callers, MemoryBudgets memory) {
        this.callers = callers;
        this.memory = memory;
    }

    void install(@Observes Router router) {
        router.route(HttpMethod.POST, "/history/v1/tickets*")
                .order(BEFORE_RESOURCES)
                .handler(this::receive);
        router.route(HttpMethod.PATCH, "/history/v1/threads*")
                .order(BEFORE_RESOURCES)
                .handler(this::receive);
    }

    private void receive(RoutingContext context) {
        try {
            callers.readerOf(context.request());
        } catch (ApiException refusal) {
            ErrorReply.write(context, refusal);
            return;
        }
        IncomingBody.read(context.request(), BYTES_MAX, "", memory.bodies())
                .subscribe()
                .with(body -> received(context, body), context::fail);
    }

    private static void received(RoutingContext context, ReceivedBody body) {
        context.addEndHandler(ended -> body.share().close());
        context.put(BODY, body.bytes());
        context.next();
    }

    /** The body of the request; of one that no body is received of, nothing. */
    static byte[] of(RoutingContext context) {
        byte @Nullable [] body = context.get(BODY);
        return Objects.requireNonNullElseGet(body, () -> new byte[0]);
    }
}
