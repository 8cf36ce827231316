package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.CredentialHeaders;
import io.runtape.access.Owner;
import io.runtape.cancel.ForwardedCancels;
import io.runtape.cluster.RemoteReaders;
import io.runtape.delivery.Delivery;
import io.runtape.dialect.Dialects;
import io.runtape.error.ApiException;
import io.runtape.idempotency.RecordedResponses;
import io.runtape.journal.EarlierRuns;
import io.runtape.journal.Journal;
import io.runtape.server.body.ReceivedBody;
import io.runtape.server.loop.EventLoops;
import io.runtape.server.memory.BudgetShare;
import io.runtape.upstream.AgentClient;
import io.runtape.upstream.Upstream;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * The recorded calls of the agent APIs (docs/reference/http-api.md, "Calls through the gateway"). All other calls are
 * forwarded before they come here.
 */
@Path("/{path: (?!(?i:history|q|console)(?:/|$)).+}")
public final class AgentApiResource {

    /** A larger body is parsed off the event loop. */
    private static final int PARSED_AT_ONCE = 64 << 10;

    private final CallerAuthentication callers;
    private final Journal journal;
    private final AgentClient agent;
    private final Delivery delivery;
    private final RecordedResponses recorded;
    private final RelayConfig config;
    private final CredentialHeaders credentials;
    private final ForwardedCancels cancels;
    private final RemoteReaders readersElsewhere;
    private final EarlierRuns earlierRuns;
    private final Dialects dialects;
    private final DialectWorker dialectWorker;
    private final BodyWorker bodyWorker;
    private final CallBodies bodies;
    private final StoredHeaders storedHeaders;
    private final UsageMeter usageMeter;
    private final KeyHeaders keyHeaders;

    AgentApiResource(
            CallerAuthentication callers,
            Journal journal,
            AgentClient agent,
            Delivery delivery,
            RecordedResponses recorded,
            RelayConfig config,
            CredentialHeaders credentials,
            ForwardedCancels cancels,
            RemoteReaders readersElsewhere,
            EarlierRuns earlierRuns,
            Dialects dialects,
            DialectWorker dialectWorker,
            BodyWorker bodyWorker,
            CallBodies bodies,
            StoredHeaders storedHeaders,
            UsageMeter usageMeter,
            KeyHeaders keyHeaders) {
        this.callers = callers;
        this.journal = journal;
        this.agent = agent;
        this.delivery = delivery;
        this.recorded = recorded;
        this.config = config;
        this.credentials = credentials;
        this.cancels = cancels;
        this.readersElsewhere = readersElsewhere;
        this.earlierRuns = earlierRuns;
        this.dialects = dialects;
        this.dialectWorker = dialectWorker;
        this.bodyWorker = bodyWorker;
        this.bodies = bodies;
        this.storedHeaders = storedHeaders;
        this.usageMeter = usageMeter;
        this.keyHeaders = keyHeaders;
    }

    /** Runs an agent: passes the call on and the response back, and records it. */
    @POST
    @Operation(hidden = true)
    public Uni<Void> run(RoutingContext context) {
        RecordedCall.Arrival arrival = RecordedCall.Arrival.now();
        HttpServerRequest request = context.request();
        RecordedPaths.RecordedPath path = RecordedPaths.of(context);
        Owner owner = callers.ownerOf(request);
        RuntapeHeaders named = RuntapeHeaders.of(request.headers(), keyHeaders);
        requireOwnEventIds(named, path);
        RuntapeHeaders own = callers.mayRepeat(owner) ? named : named.unkeyed();
        if (journal.stopping()) {
            ClientResponse.sendElsewhere(request);
            if (own.idempotencyKey() == null) {
                // A call with a key may have a run, and finding it takes the body.
                throw UnansweredErrors.stopping();
            }
        }
        Upstream upstream = path.target().upstream();
        return bodies.read(request, upstream)
                .flatMap(body -> parse(
                        body,
                        () -> RecordedCall.of(
                                request,
                                path,
                                credentials,
                                owner,
                                own,
                                body,
                                arrival,
                                config.idempotencyTtl(),
                                dialects.of(upstream.dialect(), path.target().path()))))
                .flatMap(call -> relay(context, call));
    }

    /** Clients that resume by the agent API's event ids would take the gateway's sequences for those. */
    private void requireOwnEventIds(RuntapeHeaders named, RecordedPaths.RecordedPath path) {
        Upstream upstream = path.target().upstream();
        if (named.eventIds()
                && dialects.expected(upstream.dialect(), path.target().path()).clientsResumeByOwnIds()) {
            throw ApiException.invalid("Runtape-Event-Ids would put Runtape's sequences in the place of the agent API's"
                    + " event ids, by which the clients of this path resume. Nothing was sent to the agent API; send the"
                    + " call without it. A tail of the run has the sequences.");
        }
    }

    /** Keeps the body in no stage: the stages before a response live as long as that. */
    private Uni<RecordedCall> parse(ReceivedBody body, Supplier<RecordedCall> parsing) {
        BudgetShare share = body.share();
        if (body.bytes().length <= PARSED_AT_ONCE) {
            try {
                return Uni.createFrom().item(parsing.get());
            } catch (RuntimeException e) {
                share.close();
                return Uni.createFrom().failure(e);
            }
        }
        CompletableFuture<RecordedCall> parsed = CompletableFuture.supplyAsync(parsing, bodyWorker);
        Context context = Vertx.currentContext();
        return Uni.createFrom()
                .completionStage(parsed)
                .emitOn(task -> context.runOnContext(v -> task.run()))
                .onFailure()
                .invoke(share::close)
                .onCancellation()
                .invoke(share::close);
    }

    /** From here on the run goes on even if the client leaves: only the client's response depends on the result. */
    private Uni<Void> relay(RoutingContext context, RecordedCall call) {
        EventLoop loop = EventLoops.current();
        return Uni.createFrom().emitter(emitter -> {
            ClientResponse client = new ClientResponse(context, emitter, call.own(), delivery, dialects, loop);
            CallOpening opening = new CallOpening(call, client, loop, journal, recorded, (opened, run) -> {
                RunRelay relay = new RunRelay(
                        opened,
                        run,
                        client,
                        loop,
                        agent,
                        config,
                        cancels,
                        readersElsewhere,
                        earlierRuns,
                        dialects,
                        dialectWorker,
                        storedHeaders,
                        usageMeter);
                relay.begin();
                return relay;
            });
            emitter.onTermination(opening::clientGone);
            opening.begin();
        });
    }
}
