package io.runtape.mock;

import io.netty.channel.EventLoop;
import io.runtape.access.CallerAuthentication;
import io.runtape.access.Owner;
import io.runtape.archive.Redaction;
import io.runtape.delivery.BrokenOffException;
import io.runtape.delivery.Delivery;
import io.runtape.delivery.RunSources;
import io.runtape.delivery.StreamedResponse;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.runtape.idempotency.RecordedHead;
import io.runtape.relay.AgentTarget;
import io.runtape.relay.CallBodies;
import io.runtape.relay.RecordedPaths;
import io.runtape.relay.ResponseHead;
import io.runtape.relay.UnansweredErrors;
import io.runtape.run.FrameReader;
import io.runtape.run.Run;
import io.runtape.server.body.ReceivedBody;
import io.runtape.server.loop.EventLoops;
import io.runtape.server.memory.BudgetShare;
import io.runtape.store.BlockingWork;
import io.runtape.store.SqlFault;
import io.runtape.store.StoreFailures;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Answers calls from recordings, in the place of the agent API: status, headers, bytes, pauses, cuts and errors as they were
 * (docs/guides/mock-agent.md). Nothing goes to the agent API, and no run is recorded. Safe for any event loop.
 */
@Singleton
public final class MockAgent {

    private static final Logger LOG = Logger.getLogger(MockAgent.class);

    /** Statuses with which an agent API says when to come back. */
    private static final Set<Integer> COME_BACK = Set.of(429, 503, 529);

    private static final int KEY_CHARS_SHOWN = 12;

    private final MockMode mode;
    private final CallerAuthentication callers;
    private final RecordedPaths paths;
    private final CallBodies bodies;
    private final Redaction redaction;
    private final Recordings recordings;
    private final Matches matches;
    private final RunSources sources;
    private final FrameReader frames;
    private final Delivery delivery;
    private final BlockingWork work;

    MockAgent(
            MockMode mode,
            CallerAuthentication callers,
            RecordedPaths paths,
            CallBodies bodies,
            Redaction redaction,
            Recordings recordings,
            Matches matches,
            RunSources sources,
            FrameReader frames,
            Delivery delivery,
            BlockingWork work) {
        this.mode = mode;
        this.callers = callers;
        this.paths = paths;
        this.bodies = bodies;
        this.redaction = redaction;
        this.recordings = recordings;
        this.matches = matches;
        this.sources = sources;
        this.frames = frames;
        this.delivery = delivery;
        this.work = work;
    }

    /** Whether a call of an agent is to be answered from a recording, or names a header of that. */
    public boolean isAsked(HttpServerRequest request) {
        return mode.isReplay() || MockedCall.isNamedIn(request.headers());
    }

    /** Whether nothing is sent to an agent API. */
    public boolean isAlone() {
        return mode.isReplay();
    }

    /** Answers a call that cannot have a recording, where nothing is sent to an agent API. */
    public void refuse(RoutingContext context) {
        ErrorReply.write(
                context,
                ErrorCode.NO_RECORDING,
                "The gateway answers from recordings only (RUNTAPE_MODE=replay), and this call has none: a recording is of a"
                        + " POST. Nothing was sent to the agent API.");
    }

    /**
     * A call, as it is asked for.
     *
     * @param owners whose recordings may answer it, those of the first one before those of the next
     */
    private record Asked(
            List<Owner> owners, MockedCall how, String path, RoutingContext context, EventLoop loop, long began) {}

    /** Answers a call. Call it on the request's event loop, as soon as the request comes in. */
    public void answer(RoutingContext context, AgentTarget target) {
        Asked asked;
        try {
            MockedCall how = MockedCall.of(context.request().headers(), mode.isReplay());
            Owner owner = mode.isReplay() ? callers.ownerOf(context.request()) : callers.readerOf(context.request());
            String path = paths.match(target)
                    .map(RecordedPaths.RecordedPath::path)
                    .orElseGet(() -> target.target().normalised());
            // Where the anonymous history is closed, no caller without a credential may have what another one was told.
            List<Owner> owners = callers.mayRepeat(owner) ? List.of(owner, Owner.CASSETTES) : List.of(Owner.CASSETTES);
            asked = new Asked(owners, how, path, context, EventLoops.current(), System.nanoTime());
        } catch (ApiException refused) {
            ErrorReply.write(context, refused);
            return;
        }
        bodies.read(context.request(), target.upstream())
                .chain(body -> work.onWorker(() -> find(asked, body), asked.loop))
                .subscribe()
                .with(found -> answer(asked, found), e -> fail(context, e));
    }

    private static void fail(RoutingContext context, Throwable cause) {
        if (cause instanceof ApiException refused) {
            ErrorReply.write(context, refused);
        } else if (mayPass(cause)) {
            LOG.debugf(cause, "a recording cannot be looked up");
            ErrorReply.write(context, UnansweredErrors.awayStore());
        } else {
            ErrorReply.fault(context, cause);
        }
    }

    private static boolean mayPass(Throwable cause) {
        return SqlFault.behind(cause) == null ? cause instanceof BrokenOffException : StoreFailures.mayPass(cause);
    }

    private MockedResponse find(Asked asked, ReceivedBody received) throws SQLException {
        try (var share = received.share()) {
            @Nullable String runId = asked.how.runId();
            RunSources.Found found = runId == null ? matching(asked, received.bytes(), share) : named(asked, runId);
            if (found.run().upstreamStatus == null && found.source().live() == null) {
                throw ApiException.of(
                        ErrorCode.NO_RECORDING,
                        "The agent API never answered run " + found.run().id
                                + ", so there is no response to give again.");
            }
            MockedResponse response = MockedResponse.of(found, asked.how.fault(), frames);
            if (found.run().owner.equals(Owner.CASSETTES.id())) {
                matches.use(found.run().runPk);
            }
            return response;
        }
    }

    private RunSources.Found named(Asked asked, String runId) {
        for (Owner owner : asked.owners) {
            Optional<RunSources.Found> found = sources.find(owner, runId);
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw ApiException.notFound("run");
    }

    private RunSources.Found matching(Asked asked, byte[] body, BudgetShare room) throws SQLException {
        CanonicalRequest request = CanonicalRequest.of(asked.path, body, redaction, room::takeBlocking);
        for (Owner owner : asked.owners) {
            Optional<RunSources.Found> found = asked.how.newest()
                    ? matches.newest(owner.id(), request, room, sources::byKey)
                    : matches.next(owner.id(), request, room, sources::byKey);
            if (found.isPresent()) {
                return found.get();
            }
        }
        String nearest = recordings
                .nearest(asked.owners, request, room)
                .map(MockAgent::told)
                .orElse("There are no recordings.");
        throw ApiException.of(
                ErrorCode.NO_RECORDING,
                "No recording fits this call, whose key is " + shown(request.key())
                        + ". Nothing was sent to the agent API. " + nearest);
    }

    private static String shown(String key) {
        return key.substring(0, KEY_CHARS_SHOWN);
    }

    private static String told(Recordings.Near near) {
        return "The nearest is run " + near.runId() + " (" + shown(near.key()) + "), which differs in "
                + near.distance() + (near.distance() == 1 ? " place: " : " places: ")
                + String.join("; ", near.differences()) + ".";
    }

    private void answer(Asked asked, MockedResponse response) {
        Fault fault = response.fault();
        if (fault != null && !fault.isAtFrame()) {
            writeStatus(asked.context, (int) fault.number());
            return;
        }
        double speed = asked.how.speed();
        long due = (long) (response.headMicros() * 1000.0 / speed) - (System.nanoTime() - asked.began);
        if (due > 0) {
            HttpServerResponse to = asked.context.response();
            if (!to.closed()) {
                // The client may leave long before that: the recorded run is not kept for it.
                Future<?> wait = asked.loop.schedule(() -> write(asked, response), due, TimeUnit.NANOSECONDS);
                to.closeHandler(v -> wait.cancel(false));
            }
        } else {
            write(asked, response);
        }
    }

    private void write(Asked asked, MockedResponse response) {
        RoutingContext context = asked.context;
        if (context.response().closed()) {
            return;
        }
        Run run = response.found().run();
        StreamedResponse to =
                StreamedResponse.of(context, response.body(delivery, asked.how.speed(), asked.loop), () -> {});
        context.response().closeHandler(v -> to.cancel());
        RecordedHead head = new RecordedHead(
                run.id, run.threadId, run.upstreamStatus, run.responseHeaders, run.stream, null, run.cut);
        ResponseHead again = ResponseHead.again(head, response.status());
        boolean whole = response.fault() == null && again.fits(run.byteCount, run.cut);
        again.write(context.response(), whole);
        to.start();
    }

    /** Answers as an agent API would that is busy or broken. */
    private static void writeStatus(RoutingContext context, int status) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            return;
        }
        String type = status == 429 ? "rate_limit_error" : status == 529 ? "overloaded_error" : "api_error";
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        if (COME_BACK.contains(status)) {
            response.putHeader(HttpHeaders.RETRY_AFTER, "1");
        }
        JsonObject error = new JsonObject()
                .put("type", type)
                .put("code", type)
                .put("message", "Runtape-Fault asked for status " + status + ".");
        response.end(new JsonObject().put("type", "error").put("error", error).encode());
    }
}
