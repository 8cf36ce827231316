package io.runtape.relay;

import io.runtape.access.CredentialHeaders;
import io.runtape.access.Owner;
import io.runtape.dialect.Dialect;
import io.runtape.error.PrefixedId;
import io.runtape.run.IdempotencyKey;
import io.runtape.run.RequestBody;
import io.runtape.run.RunStart;
import io.runtape.run.Sha256;
import io.runtape.run.UpstreamRunId;
import io.runtape.server.body.ReceivedBody;
import io.runtape.server.memory.BudgetShare;
import io.runtape.upstream.ForwardedHeaders;
import io.runtape.upstream.OutgoingBody;
import io.runtape.upstream.Upstream;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call to record, as it came in. It holds its body only until that is stored and sent: the response may take hours.
 * Made by any thread, then confined to the event loop of the call.
 */
final class RecordedCall {

    private final AgentTarget target;
    private final @Nullable String pathRunId;
    private final List<Map.Entry<String, String>> headers;
    private final OutgoingBody body;
    private final BudgetShare share;
    private final RuntapeHeaders own;
    private final long beganNanos;
    private final int length;
    private RunRequest asked;
    private RunStart start;

    RecordedCall(
            AgentTarget target,
            @Nullable String pathRunId,
            List<Map.Entry<String, String>> headers,
            ReceivedBody received,
            RuntapeHeaders own,
            RunRequest asked,
            RunStart start,
            long beganNanos) {
        this.target = target;
        this.pathRunId = pathRunId;
        this.headers = headers;
        this.body = new OutgoingBody(received.bytes(), received.share()::close);
        this.share = received.share();
        this.own = own;
        this.asked = asked;
        this.start = start;
        this.beganNanos = beganNanos;
        this.length = received.bytes().length;
    }

    static RecordedCall of(
            HttpServerRequest request,
            RecordedPaths.RecordedPath path,
            CredentialHeaders credentials,
            Owner owner,
            RuntapeHeaders own,
            ReceivedBody received,
            Arrival arrival,
            Duration keyTtl,
            Dialect dialect) {
        byte[] body = received.bytes();
        Upstream upstream = path.target().upstream();
        RunRequest asked = RunRequest.of(body).inThread(path.threadId());
        String agent = path.agent() == null ? asked.agent() : RunRequest.cut(path.agent());
        RunStart start = new RunStart(
                PrefixedId.next("run_"),
                owner,
                threadId(own, asked),
                agent,
                path.model() == null ? asked.model() : RunRequest.cut(path.model()),
                path.path(),
                upstream.name(),
                asked.expectsStream(dialect.streamsUnasked()),
                arrival.at(),
                asked.prompt(),
                asked.metadata(),
                asked.config(),
                RunRequest.cut(request.getHeader("content-type")),
                RequestBody.stored(body),
                key(own, path, body, keyTtl));
        return new RecordedCall(
                path.target(),
                path.runId() == null ? null : RunRequest.cut(UpstreamRunId.kept(path.runId())),
                upstream.authenticated(
                        ForwardedHeaders.ofRequest(request.headers(), own.notSentOn()), credentials::contains),
                received,
                own,
                asked,
                start,
                arrival.nanos());
    }

    /** The agent API that is called. */
    Upstream upstream() {
        return target.upstream();
    }

    /** The path at the agent API, normalised. */
    String path() {
        return target.path();
    }

    /** Path and query as the caller sent them, without the prefix of the agent API. */
    String target() {
        return target.originForm();
    }

    /** The agent API's id of the run, if the path names one. */
    @Nullable
    String pathRunId() {
        return pathRunId;
    }

    /** The agent API's id of the run whose thread this run goes on with; null if the call names a thread, or no run. */
    @Nullable
    String previousRunId() {
        return own.threadId() == null && asked.threadId() == null ? asked.previousRunId() : null;
    }

    /**
     * Whether the run ends with its client: as the header says, else as the body says, else as is configured for the
     * agent API.
     */
    boolean cancelOnDisconnect() {
        @Nullable
        Boolean said = own.cancelOnDisconnect() == null ? asked.cancelOnDisconnect() : own.cancelOnDisconnect();
        return said == null ? upstream().cancelOnDisconnect() : said;
    }

    /** The end-to-end headers to send on, with the caller's credential: never stored or logged. */
    List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** The body, byte for byte. */
    OutgoingBody body() {
        return body;
    }

    /** The gateway's own headers. */
    RuntapeHeaders own() {
        return own;
    }

    /** What the body says; once the run's row is written, without what only that row needs. */
    RunRequest asked() {
        return asked;
    }

    /** What the run's row says of the call; without the request once that is written. */
    RunStart start() {
        return start;
    }

    /** When it came in, by {@link System#nanoTime}. */
    long beganNanos() {
        return beganNanos;
    }

    /** The run's row is durable: drops what only the row needed. */
    void stored() {
        asked = asked.sent();
        start = start.withoutRequest();
        share.give(length);
    }

    /** Drops the body if it has not been sent. */
    void release() {
        body.drop();
        share.close();
    }

    private static @Nullable IdempotencyKey key(
            RuntapeHeaders own, RecordedPaths.RecordedPath path, byte[] body, Duration ttl) {
        @Nullable String id = own.idempotencyKey();
        if (id == null) {
            return null;
        }
        // By its own spelling: a path that differs in more than percent-encoding may be another resource of the agent
        // API, and its caller must not get this call's response. No path has a line end, so no other path and body make
        // the same bytes.
        String hash = new Sha256()
                .add(path.target().target().normalised().getBytes(StandardCharsets.UTF_8))
                .add('\n')
                .add(body)
                .hex();
        return new IdempotencyKey(id, hash, ttl);
    }

    private static String threadId(RuntapeHeaders own, RunRequest asked) {
        @Nullable String named = own.threadId() == null ? asked.threadId() : own.threadId();
        return named == null ? PrefixedId.next("thr_") : named;
    }

    /** The time, by the clock that never jumps: set back, the calendar would end the run before it began. */
    Instant now() {
        return start.createdAt().plusNanos(System.nanoTime() - beganNanos).truncatedTo(ChronoUnit.MICROS);
    }

    /** The time since the call came in. */
    long elapsedMicros() {
        return (System.nanoTime() - beganNanos) / 1000;
    }

    /** When the call came in, by the calendar and by the clock that never jumps. */
    record Arrival(Instant at, long nanos) {
        static Arrival now() {
            return new Arrival(Instant.now().truncatedTo(ChronoUnit.MICROS), System.nanoTime());
        }
    }

    @Override
    public String toString() {
        return "RecordedCall[" + start.id() + "]";
    }
}
