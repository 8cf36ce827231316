package io.runtape.upstream;

import io.smallrye.mutiny.Multi;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer of the agent API as it comes over the wire. Reads the socket only as far as is asked for. An
 * {@link InputStream} only because that is what the REST client hands out at the head; reading it as one is not supported.
 * Confined to the event loop that the call was made on.
 */
public final class AgentStream extends InputStream {

    private static final byte[] NOTHING = {};

    private final HttpClientResponse response;
    private final byte[] first;
    private boolean ended;
    private @Nullable Throwable failure;

    private AgentStream(HttpClientResponse response, byte[] first, boolean ended) {
        this.response = response;
        this.first = first;
        this.ended = ended;
    }

    /**
     * Takes the answer over from the client's stream, which has asked for one buffer: the first chunk may lie in it already.
     * Read on the event loop it gives what it has and then refuses to block.
     */
    static AgentStream takeOver(HttpClientResponse response, @Nullable InputStream stock) {
        ByteArrayOutputStream held = new ByteArrayOutputStream();
        boolean ended = false;
        @Nullable Throwable failure = null;
        try {
            ended = stock == null || drain(stock, held);
        } catch (IOException e) {
            failure = e;
        }
        AgentStream stream = new AgentStream(response, held.size() == 0 ? NOTHING : held.toByteArray(), ended);
        stream.failure = failure;
        if (!ended && failure == null) {
            response.pause();
            response.exceptionHandler(e -> stream.failure = e);
            response.endHandler(v -> stream.ended = true);
        }
        return stream;
    }

    /** Whether the stream ended while it was read. */
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
            // BlockingNotAllowedException: nothing more is there yet.
            return false;
        }
    }

    int status() {
        return response.statusCode();
    }

    MultiMap headers() {
        return response.headers();
    }

    /**
     * The bytes, as they arrive. Cancelling resets the connection, so that the agent API sees that nobody listens. Fails
     * when the connection breaks before the answer is whole. May be subscribed to once.
     */
    public Multi<Buffer> bytes() {
        return Multi.createFrom().publisher(subscriber -> subscriber.onSubscribe(new Reading(subscriber)));
    }

    /** Gives the answer up unread. */
    public void abort() {
        if (!ended) {
            response.request().reset();
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
            long more = n;
            if (!begun) {
                begun = true;
                if (first.length > 0) {
                    subscriber.onNext(Buffer.buffer(first));
                    more--;
                }
                if (done || settledBefore()) {
                    return;
                }
                response.handler(subscriber::onNext);
                response.endHandler(v -> complete());
                response.exceptionHandler(this::fail);
            }
            if (more > 0) {
                response.fetch(more);
            }
        }

        private boolean settledBefore() {
            Throwable broken = failure;
            if (broken != null) {
                fail(broken);
            } else if (ended) {
                complete();
            }
            return done;
        }

        private void complete() {
            if (!done) {
                done = true;
                ended = true;
                subscriber.onComplete();
            }
        }

        private void fail(Throwable broken) {
            if (!done) {
                done = true;
                ended = true;
                subscriber.onError(broken);
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
