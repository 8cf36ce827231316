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
 * The memory for one response of the history, from reading its rows until it is sent. The gateway cuts off a client
 * that does not read a large response: it would keep the memory, and a thread, from all others. Grows on the thread
 * that makes the response.
 */
public final class ResponseBudget implements LongConsumer {

    /** Smaller responses are not watched: sockets hold them. */
    private static final long WATCHED_FROM = 128 << 10;

    /** How often the pace is checked: long enough that a short break does no harm. */
    private static final Duration WINDOW = Duration.ofSeconds(20);

    /** The pace at which a client must read a response in each window, from its head on. */
    private static final int BYTES_PER_SECOND_MIN = 4 << 10;

    private final BudgetShare share;
    private final RoutingContext context;
    private final EventLoop loop;
    private long taken;
    private long sentAtLook = -1;
    private volatile boolean done;
    private volatile @Nullable Future<?> timer;

    private ResponseBudget(BudgetShare share, RoutingContext context) {
        this.share = share;
        this.context = context;
        this.loop = ((ConnectionBase) context.request().connection()).channel().eventLoop();
    }

    /** The room for the request that this thread handles. It ends with the request, however that ends. */
    public static ResponseBudget of(RoutingContext context, MemoryBudgets memory) {
        ResponseBudget room = new ResponseBudget(memory.answers().share(), context);
        CurrentRequestManager.get().registerCompletionCallback(failure -> room.close());
        return room;
    }

    /**
     * Makes room for that many more bytes; waits a little if there is no room.
     *
     * @throws ApiException 503 if there is still no room
     */
    @Override
    public void accept(long bytes) {
        if (context.response().closed()) {
            // The client has gone.
            throw ByteBudget.overloaded();
        }
        share.takeBlocking(bytes);
        count(bytes);
    }

    /** Makes room for that many more bytes if there is some now; returns whether there was. */
    public boolean tryTake(long bytes) {
        boolean fits = share.tryTake(bytes);
        if (fits) {
            count(bytes);
        }
        return fits;
    }

    private void count(long bytes) {
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
