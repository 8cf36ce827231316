package io.runtape.server.memory;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jboss.resteasy.reactive.server.core.CurrentRequestManager;
import org.jspecify.annotations.Nullable;

/**
 * The room in memory for one answer of the history, from when it is read until it is sent. A client that does not read a large
 * response is cut off: it would keep the room from all others, and a thread besides. Grows on the thread that makes the response.
 */
public final class ResponseRoom implements LongConsumer {

    /** Responses that take less than this are not watched: sockets hold them. */
    private static final long WATCHED_FROM = 128 << 10;

    /** How often the pace is looked at, so that a short break does no harm. */
    private static final Duration WINDOW = Duration.ofSeconds(20);

    /** In each of these times, from its head on, a response must be read as fast as this. */
    private static final int BYTES_PER_SECOND_MIN = 4 << 10;

    private final Share share;
    private final RoutingContext context;
    private final EventLoop loop;
    private long taken;
    private long sentAtLook = -1;
    private volatile boolean done;
    private volatile @Nullable Future<?> timer;

    private ResponseRoom(Share share, RoutingContext context) {
        this.share = share;
        this.context = context;
        this.loop = ((ConnectionBase) context.request().connection()).channel().eventLoop();
    }

    /** For the request that this thread handles. It ends with it, however that is. */
    public static ResponseRoom of(RoutingContext context, MemoryBudgets memory) {
        ResponseRoom room = new ResponseRoom(memory.answers().share(), context);
        CurrentRequestManager.get().registerCompletionCallback(failure -> room.close());
        return room;
    }

    /**
     * Makes room for so many bytes more; waits a little where there is none.
     *
     * @throws ApiException 503 where there is none then
     */
    @Override
    public void accept(long bytes) {
        if (context.response().closed()) {
            // Nobody waits for it any more.
            throw ByteBudget.overloaded();
        }
        share.takeBlocking(bytes);
        boolean watched = taken > WATCHED_FROM;
        taken += bytes;
        if (!watched && taken > WATCHED_FROM) {
            lookLater();
        }
    }

    private void close() {
        done = true;
        Future<?> look = timer;
        if (look != null) {
            look.cancel(false);
        }
        share.close();
    }

    private void lookLater() {
        timer = loop.schedule(this::look, WINDOW.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        HttpServerResponse response = context.response();
        if (done || response.ended() || response.closed()) {
            return;
        }
        long sent = response.headWritten() ? response.bytesWritten() : -1;
        if (sentAtLook >= 0 && sent - sentAtLook < BYTES_PER_SECOND_MIN * WINDOW.toSeconds()) {
            ErrorReply.cut(context);
        } else {
            sentAtLook = sent;
            lookLater();
        }
    }
}
