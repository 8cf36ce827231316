package io.runtape.proxy;

import io.runtape.access.Owner;
import io.runtape.error.PrefixedId;
import io.runtape.rows.IdempotencyKey;
import io.runtape.rows.RequestBody;
import io.runtape.rows.RunStart;
import io.runtape.upstream.ForwardedHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call that is to be recorded, as it came in.
 *
 * @param target path and query as the caller sent them
 * @param headers the end-to-end headers that are sent on, the caller's credential among them: never stored or logged
 * @param body the body, byte for byte
 * @param own the gateway's own headers
 * @param asked what the body says
 * @param start what is recorded of it
 * @param beganNanos when it came in, by {@link System#nanoTime}
 */
@SuppressWarnings("ArrayRecordComponent") // Carried, never compared.
record RecordedCall(
        String target,
        List<Map.Entry<String, String>> headers,
        byte[] body,
        OwnHeaders own,
        Asked asked,
        RunStart start,
        long beganNanos) {

    private static final byte[] NOTHING = {};

    static RecordedCall of(
            HttpServerRequest request,
            RecordedPaths.RecordedPath path,
            Owner owner,
            OwnHeaders own,
            byte[] body,
            Arrival arrival,
            Duration keyTtl) {
        Asked asked = Asked.of(body);
        String agent = path.agent() == null ? asked.agent() : Asked.cut(path.agent());
        RunStart start = new RunStart(
                PrefixedId.next("run_"),
                owner,
                threadId(own, asked),
                agent,
                path.path(),
                asked.stream(),
                arrival.at(),
                asked.prompt(),
                asked.metadata(),
                asked.config(),
                Asked.cut(request.getHeader("content-type")),
                RequestBody.stored(body),
                key(own, path, body, keyTtl));
        return new RecordedCall(
                path.target().originForm(),
                ForwardedHeaders.ofRequest(request.headers(), own.notSentOn()),
                body,
                own,
                asked,
                start,
                arrival.nanos());
    }

    private static @Nullable IdempotencyKey key(
            OwnHeaders own, RecordedPaths.RecordedPath path, byte[] body, Duration ttl) {
        @Nullable String id = own.idempotencyKey();
        if (id == null) {
            return null;
        }
        MessageDigest sha = sha256();
        // By its own spelling: what differs in more than percent-encoding may be another resource to the agent API, and
        // its
        // caller is not to get the answer of this one.
        sha.update(path.target().normalised().getBytes(StandardCharsets.UTF_8));
        // No path has a line end, so that no other path and body make the same bytes.
        sha.update((byte) '\n');
        return new IdempotencyKey(id, HexFormat.of().formatHex(sha.digest(body)), ttl);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String threadId(OwnHeaders own, Asked asked) {
        @Nullable String named = own.threadId() == null ? asked.threadId() : own.threadId();
        return named == null ? PrefixedId.next("thr_") : named;
    }

    /** The same without the body and what the run's row has: a run may live for hours, and need not hold its request. */
    RecordedCall sent() {
        return new RecordedCall(target, headers, NOTHING, own, asked.sent(), start.withoutRequest(), beganNanos);
    }

    /** The time, by the clock that never jumps: set back, the calendar would end the run before it began. */
    Instant now() {
        return start.createdAt().plusNanos(System.nanoTime() - beganNanos).truncatedTo(ChronoUnit.MICROS);
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
