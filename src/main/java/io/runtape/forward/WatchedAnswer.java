package io.runtape.forward;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer that is passed on, broken off where the agent API says nothing for too long. While the client does not
 * take what has come, nobody listens, and that is no silence. Confined to the event loop of the call.
 */
final class WatchedAnswer implements ReadStream<Buffer> {

    private final HttpClientResponse answer;
    private final long silenceMaxNanos;
    private final Runnable silent;
    private final EventLoop loop;
    private long lastNanos = System.nanoTime();
    private boolean paused;
    private @Nullable Future<?> timer;

    private WatchedAnswer(HttpClientResponse answer, Duration silenceMax, Runnable silent, EventLoop loop) {
        this.answer = answer;
        this.silenceMaxNanos = silenceMax.toNanos();
        this.silent = silent;
        this.loop = loop;
    }

    /**
     * Watches from now on.
     *
     * @param silent is told before the answer is broken off
     */
    static WatchedAnswer of(HttpClientResponse answer, Duration silenceMax, Runnable silent) {
        EventLoop loop = ((ContextInternal) Vertx.currentContext()).nettyEventLoop();
        WatchedAnswer watched = new WatchedAnswer(answer, silenceMax, silent, loop);
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
            answer.request().reset();
        }
    }

    private void over() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public WatchedAnswer handler(@Nullable Handler<Buffer> handler) {
        answer.handler(
                handler == null
                        ? null
                        : bytes -> {
                            lastNanos = System.nanoTime();
                            handler.handle(bytes);
                        });
        return this;
    }

    @Override
    public WatchedAnswer endHandler(@Nullable Handler<Void> handler) {
        answer.endHandler(v -> {
            over();
            if (handler != null) {
                handler.handle(v);
            }
        });
        return this;
    }

    @Override
    public WatchedAnswer exceptionHandler(@Nullable Handler<Throwable> handler) {
        answer.exceptionHandler(e -> {
            over();
            if (handler != null) {
                handler.handle(e);
            }
        });
        return this;
    }

    @Override
    public WatchedAnswer pause() {
        paused = true;
        answer.pause();
        return this;
    }

    @Override
    public WatchedAnswer resume() {
        return fetch(Long.MAX_VALUE);
    }

    @Override
    public WatchedAnswer fetch(long amount) {
        paused = false;
        lastNanos = System.nanoTime();
        answer.fetch(amount);
        return this;
    }
}
