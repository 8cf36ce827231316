package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.cancel.ForwardedCancels;
import io.runtape.cluster.RemoteReaders;
import io.runtape.delivery.Delivery;
import io.runtape.dialect.Dialects;
import io.runtape.error.ApiException;
import io.runtape.idempotency.RecordedResponses;
import io.runtape.journal.Journal;
import io.runtape.server.body.IncomingBody;
import io.runtape.server.body.ReceivedBody;
import io.runtape.server.loop.EventLoops;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.upstream.AgentClient;
import io.runtape.upstream.UpstreamConfig;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * The recorded calls of the agent API (docs/reference/http-api.md, "Calls through the gateway"). All other calls are
 * forwarded before they come here.
 */
@Path("/v1")
public final class AgentApiResource {

    /** A larger body is parsed off the event loop. */
    private static final int PARSED_AT_ONCE = 64 << 10;

    private final CallerAuthentication callers;
    private final RecordedPaths paths;
    private final Journal journal;
    private final AgentClient agent;
    private final Delivery delivery;
    private final RecordedResponses recorded;
    private final RelayConfig config;
    private final UpstreamConfig upstream;
    private final ForwardedCancels cancels;
    private final RemoteReaders readersElsewhere;
    private final Dialects dialects;
    private final DialectWorker dialectWorker;
    private final BodyWorker bodyWorker;
    private final MemoryBudgets memory;
    private final StoredHeaders storedHeaders;

    AgentApiResource(
            CallerAuthentication callers,
            RecordedPaths paths,
            Journal journal,
            AgentClient agent,
            Delivery delivery,
            RecordedResponses recorded,
            RelayConfig config,
            UpstreamConfig upstream,
            ForwardedCancels cancels,
            RemoteReaders readersElsewhere,
            Dialects dialects,
            DialectWorker dialectWorker,
            BodyWorker bodyWorker,
            MemoryBudgets memory,
            StoredHeaders storedHeaders) {
        this.callers = callers;
        this.paths = paths;
        this.journal = journal;
        this.agent = agent;
        this.delivery = delivery;
        this.recorded = recorded;
        this.config = config;
        this.upstream = upstream;
        this.cancels = cancels;
        this.readersElsewhere = readersElsewhere;
        this.dialects = dialects;
        this.dialectWorker = dialectWorker;
        this.bodyWorker = bodyWorker;
        this.memory = memory;
        this.storedHeaders = storedHeaders;
    }

    /** Runs an agent: passes the call on and the response back, and records it. */
    @POST
    @Path("/{path: .*}")
    @Operation(hidden = true)
    public Uni<Void> run(RoutingContext context) {
        RecordedCall.Arrival arrival = RecordedCall.Arrival.now();
        HttpServerRequest request = context.request();
        RecordedPaths.RecordedPath path =
                paths.match(RequestTarget.of(request)).orElseThrow(() -> ApiException.notFound("recorded path"));
        Owner owner = callers.ownerOf(request);
        RuntapeHeaders named = RuntapeHeaders.of(request.headers());
        RuntapeHeaders own = callers.mayRepeat(owner) ? named : named.unkeyed();
        if (journal.stopping() && own.idempotencyKey() == null) {
            // A call with a key may have a run, and finding it takes the body.
            throw UnansweredErrors.stopping();
        }
        return IncomingBody.read(request, config.maxBody().asLongValue(), " (RUNTAPE_MAX_BODY)", memory.bodies())
                .flatMap(body -> parse(
                        body, () -> RecordedCall.of(request, path, owner, own, body, arrival, config.idempotencyTtl())))
                .flatMap(call -> relay(context, call));
    }

    private Uni<RecordedCall> parse(ReceivedBody body, Supplier<RecordedCall> parsing) {
        Context context = Vertx.currentContext();
        Uni<RecordedCall> parsed = Uni.createFrom().item(parsing);
        if (body.bytes().length > PARSED_AT_ONCE) {
            parsed = parsed.runSubscriptionOn(bodyWorker).emitOn(task -> context.runOnContext(v -> task.run()));
        }
        return parsed.onFailure().invoke(body.share()::close).onCancellation().invoke(body.share()::close);
    }

    /** From here on the run goes on even if the client leaves: only the client's response depends on the result. */
    private Uni<Void> relay(RoutingContext context, RecordedCall call) {
        EventLoop loop = EventLoops.current();
        return Uni.createFrom().emitter(emitter -> {
            ClientResponse client = new ClientResponse(context, emitter, call.own(), delivery, loop);
            CallOpening opening = new CallOpening(call, client, loop, journal, recorded, dialects, (opened, run) -> {
                RunRelay relay = new RunRelay(
                        opened,
                        run,
                        client,
                        loop,
                        agent,
                        config,
                        upstream,
                        cancels,
                        readersElsewhere,
                        dialects,
                        dialectWorker,
                        storedHeaders);
                relay.begin();
                return relay;
            });
            emitter.onTermination(opening::clientGone);
            opening.begin();
        });
    }
}
