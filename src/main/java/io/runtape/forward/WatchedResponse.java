package io.runtape.forward;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.runtape.background.OutcomeWatch;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.server.loop.EventLoops;
import io.runtape.upstream.ForwardingClient;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of a forwarded response, broken off if the agent API is silent for too long. While the client does not take
 * bytes, the gateway does not read, and that does not count as silence; what is in memory meanwhile counts as untaken, so
 * that a client that takes nothing may be cut off. Confined to the event loop of the call.
 */
final class WatchedResponse implements ReadStream<Buffer> {

    /** About what is in memory of a response that its client does not take, on its way in and out. */
    private static final long UNTAKEN_BYTES = 128 << 10;

    private final HttpClientResponse response;
    private final long silenceMaxNanos;
    private final Runnable silent;
    private final EventLoop loop;
    private final Optional<OutcomeWatch> outcome;
    private final UnsentBytes unsent;
    private final Client client;
    private UnsentBytes.@Nullable Held untaken;
    private @Nullable String owner;
    private boolean began;
    private long lastNanos = System.nanoTime();
    private boolean paused;
    /** How often the client has left bytes untaken. */
    private long pauses;

    private @Nullable Future<?> timer;

    /** The client that the response is for. */
    interface Client {

        /** The id of the owner whose connection it is. */
        String owner();

        /** Closes its connection at once, though it takes nothing. */
        void abort();
    }

    private WatchedResponse(
            HttpClientResponse response,
            Duration silenceMax,
            Runnable silent,
            EventLoop loop,
            Optional<OutcomeWatch> outcome,
            UnsentBytes unsent,
            Client client) {
        this.response = response;
        this.silenceMaxNanos = silenceMax.toNanos();
        this.silent = silent;
        this.loop = loop;
        this.outcome = outcome;
        this.unsent = unsent;
        this.client = client;
    }

    /**
     * Watches from now on.
     *
     * @param silent runs before the response is broken off
     * @param outcome reads along
     * @param unsent counts what the client does not take
     */
    static WatchedResponse of(
            HttpClientResponse response,
            Duration silenceMax,
            Runnable silent,
            Optional<OutcomeWatch> outcome,
            UnsentBytes unsent,
            Client client) {
        EventLoop loop = EventLoops.current();
        WatchedResponse watched = new WatchedResponse(response, silenceMax, silent, loop, outcome, unsent, client);
        watched.watch(watched.silenceMaxNanos);
        return watched;
    }

    private void watch(long nanos) {
        timer = loop.schedule(this::judge, nanos, TimeUnit.NANOSECONDS);
    }

    private void judge() {
        long left = paused ? silenceMaxNanos : silenceMaxNanos - (System.nanoTime() - lastNanos);
        if (left > 0) {
            watch(left);
        } else {
            silent.run();
            ForwardingClient.giveUp(response.request());
        }
    }

    /** The client has gone. What has come is thrown away, so that the end of a whole response is seen. */
    void giveUp() {
        ForwardingClient.giveUp(response.request());
        resume();
    }

    /** Too much is untaken, on any thread. A client that has taken everything since that pause stays. */
    private void cutOff(long ofPause) {
        loop.execute(() -> {
            if (untaken != null && pauses == ofPause) {
                client.abort();
                giveUp();
            }
        });
    }

    private void taken() {
        if (untaken != null) {
            unsent.release(untaken);
            untaken = null;
        }
    }

    private void over() {
        taken();
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public WatchedResponse handler(@Nullable Handler<Buffer> handler) {
        response.handler(
                handler == null
                        ? null
                        : bytes -> {
                            began = true;
                            lastNanos = System.nanoTime();
                            outcome.ifPresent(watch -> watch.bytes(bytes));
                            handler.handle(bytes);
                        });
        return this;
    }

    @Override
    public WatchedResponse endHandler(@Nullable Handler<Void> handler) {
        response.endHandler(v -> {
            over();
            if (handler != null) {
                handler.handle(v);
            }
        });
        return this;
    }

    @Override
    public WatchedResponse exceptionHandler(@Nullable Handler<Throwable> handler) {
        response.exceptionHandler(e -> {
            over();
            if (handler != null) {
                handler.handle(e);
            }
        });
        return this;
    }

    @Override
    public WatchedResponse pause() {
        paused = true;
        response.pause();
        // A pipe also pauses before it begins.
        if (began && untaken == null) {
            if (owner == null) {
                owner = client.owner();
            }
            long pause = ++pauses;
            untaken = unsent.hold(owner, UNTAKEN_BYTES, () -> cutOff(pause));
        }
        return this;
    }

    @Override
    public WatchedResponse resume() {
        return fetch(Long.MAX_VALUE);
    }

    @Override
    public WatchedResponse fetch(long amount) {
        paused = false;
        taken();
        lastNanos = System.nanoTime();
        response.fetch(amount);
        return this;
    }
}
