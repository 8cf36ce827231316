package io.runtape.upstream;

import io.smallrye.mutiny.Multi;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response of the agent API as it comes over the wire. Reads the socket only on demand. It is an
 * {@link InputStream} only because the REST client hands one out at the head; reading it as one is not supported.
 * Confined to the event loop of the call.
 */
public final class AgentStream extends InputStream implements AgentBody {

    private final HttpClientResponse response;
    /** The bytes that came before the subscription. */
    private final ByteArrayOutputStream early = new ByteArrayOutputStream(0);

    private MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    private @Nullable Reading reading;
    /** The demand that remains once the early bytes are handed over. */
    private long asked;

    private boolean breaking;
    private boolean ended;
    private @Nullable Throwable failure;

    private AgentStream(HttpClientResponse response) {
        this.response = response;
    }

    /**
     * Takes the response over from the client's stream, which has requested one buffer. Earlier bytes are in the gate.
     * If the response bypassed the gate, the client's stream may already hold the first chunk: read on the event loop,
     * it returns what it has, then refuses to block.
     */
    static AgentStream takeOver(HttpClientResponse response, @Nullable InputStream stock, ResponseGate gate) {
        AgentStream stream = new AgentStream(response);
        boolean ended = false;
        try {
            ended = stock == null || drain(stock, stream.early);
        } catch (IOException e) {
            stream.failure = e;
        }
        if (!ended && stream.failure == null) {
            stream.listen();
        }
        ResponseGate.Kept kept = gate.open();
        stream.early.writeBytes(kept.body());
        stream.headers = kept.headers() == null ? response.headers() : kept.headers();
        stream.ended |= ended || kept.whole();
        stream.failure = stream.ended ? null : kept.broken() == null ? stream.failure : kept.broken();
        return stream;
    }

    private void listen() {
        ChunkJoiner.on(response.request().connection());
        response.pause();
        response.handler(this::came);
        response.endHandler(v -> complete());
        response.exceptionHandler(this::broke);
    }

    private void came(Buffer bytes) {
        if (reading == null) {
            early.writeBytes(bytes.getBytes());
        } else {
            reading.next(bytes);
        }
    }

    private void complete() {
        ended = true;
        if (reading != null) {
            reading.settle();
        }
    }

    /**
     * Reports the break at once. Bytes that were read before may still wait for demand, and no more will come: they are
     * handed over first, without demand. They are no more than the socket held.
     */
    private void broke(Throwable cause) {
        breaking = true;
        response.fetch(Long.MAX_VALUE);
        Vertx.currentContext().runOnContext(v -> {
            failure = cause;
            if (reading != null) {
                reading.settle();
            }
        });
    }

    /** Whether the stream ended during the read. */
    private static boolean drain(InputStream stock, ByteArrayOutputStream into) throws IOException {
        byte[] some = new byte[8192];
        try {
            while (true) {
                int n = stock.read(some, 0, some.length);
                if (n < 0) {
                    return true;
                }
                into.write(some, 0, n);
            }
        } catch (IllegalStateException wouldBlock) {
            // BlockingNotAllowedException: the stream has nothing more yet.
            return false;
        }
    }

    int status() {
        return response.statusCode();
    }

    MultiMap headers() {
        return headers;
    }

    @Override
    public Multi<Buffer> bytes() {
        return Multi.createFrom().publisher(subscriber -> subscriber.onSubscribe(new Reading(subscriber)));
    }

    @Override
    public void abort() {
        if (!ended && failure == null) {
            OrderlyBreak.giveUp(response.request());
        }
    }

    @Override
    public void pause() {
        asked = 0;
        if (!breaking) {
            response.pause();
        }
    }

    @Override
    public int read() {
        throw new UnsupportedOperationException("read bytes() instead");
    }

    private final class Reading implements Flow.Subscription {

        private final Flow.Subscriber<? super Buffer> subscriber;
        private boolean begun;
        private boolean done;

        Reading(Flow.Subscriber<? super Buffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (done) {
                return;
            }
            asked += n;
            if (!begun) {
                begun = true;
                reading = this;
                if (early.size() > 0) {
                    asked--;
                    byte[] first = early.toByteArray();
                    early.reset();
                    subscriber.onNext(Buffer.buffer(first));
                }
                settle();
            }
            long more = asked;
            asked = 0;
            if (more > 0 && !done) {
                response.fetch(more);
            }
        }

        void next(Buffer bytes) {
            if (!done) {
                subscriber.onNext(bytes);
            }
        }

        /** Reports the end, if there is one. */
        void settle() {
            if (done) {
                return;
            }
            Throwable broken = failure;
            if (broken != null) {
                done = true;
                subscriber.onError(broken);
            } else if (ended) {
                done = true;
                subscriber.onComplete();
            }
        }

        @Override
        public void cancel() {
            if (!done) {
                done = true;
                abort();
            }
        }
    }
}
