package io.runtape.history;

import io.netty.channel.EventLoop;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.response.GzipPieces;
import io.runtape.server.response.Responses;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Responses with one JSON object a line. The gateway reads the lines only as fast as the client takes them. A failure
 * before the first byte becomes an error response. A later failure cuts the response off, so that no client takes the
 * part for the whole. Safe for any thread.
 */
@Singleton
public final class NdjsonResponses {

    /** The type of a response with one JSON object a line. */
    public static final String LINES = "application/x-ndjson";

    /**
     * Lines are sent together up to this length. It is small, so that thousands of clients may each hold one chunk that
     * they do not read.
     */
    public static final int CHUNK_BYTES = 64 << 10;

    private static final Logger LOG = Logger.getLogger(NdjsonResponses.class);

    /**
     * How many times the bytes of a read count against the memory for responses: as stored rows, as text and as written
     * JSON.
     */
    private static final long FORMS = 3;

    /** How many bytes a turn may count without a share of that memory: a read of ordinary rows stays below this. */
    private static final long TURN_BYTES = 2 * FORMS * CHUNK_BYTES;

    private static final byte[] NOTHING = {};

    /** The source of the lines. */
    @FunctionalInterface
    public interface Source {
        /**
         * The next lines, each with its line end; null at the end, and empty where one short read of the database brought none.
         * Blocks for that read. Keeps no rows in memory until the next call, which may come late.
         */
        byte @Nullable [] next() throws SQLException, IOException;
    }

    private final ReadTurns turns;
    private final UnsentBytes untaken;
    private final MemoryBudgets memory;

    NdjsonResponses(ReadTurns turns, UnsentBytes untaken, MemoryBudgets memory) {
        this.turns = turns;
        this.untaken = untaken;
        this.memory = memory;
    }

    /** Multiplies the count, since rows are in memory as rows, as text and as written JSON. */
    public static LongConsumer forms(LongConsumer room) {
        return bytes -> room.accept(FORMS * bytes);
    }

    /** @throws ApiException 400 if the request has one of these parameters, which belong to a page */
    public static void requireNone(RoutingContext context, String what, String... names) {
        for (String name : names) {
            if (context.queryParams().contains(name)) {
                throw ApiException.invalid(name + " does not go with " + LINES + ", which has all " + what
                        + " in order. Leave it out, or ask for application/json.");
            }
        }
    }

    /**
     * Writes the response. Does not block.
     *
     * @param owner the owner of the history; the reads take that owner's turns
     * @param source makes the source; its argument takes how many bytes a read will bring, and may wait until there is
     *     room for them
     */
    public Uni<Void> write(Owner owner, RoutingContext context, Function<LongConsumer, Source> source) {
        EventLoop loop =
                ((ConnectionBase) context.request().connection()).channel().eventLoop();
        if (context.request().method().equals(HttpMethod.HEAD)) {
            // Runs on the event loop: otherwise the framework changes the headers while they are sent.
            return Uni.createFrom()
                    .voidItem()
                    .emitOn(loop)
                    .invoke(() -> head(context.response()).end());
        }
        return new NdjsonResponse(owner, context, source, loop).write();
    }

    private static HttpServerResponse head(HttpServerResponse response) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, LINES).putHeader(HttpHeaders.CACHE_CONTROL, Responses.NO_STORE);
        response.headers().add(HttpHeaders.VARY, Responses.VARY);
        return response.setChunked(true);
    }

    /** The transfer of the lines to one client: asks for the next lines when the socket has taken the previous ones. */
    private final class NdjsonResponse {

        private final Owner owner;
        private final RoutingContext context;
        private final HttpServerResponse response;
        private final Source source;
        private final EventLoop loop;
        /** Part of the memory for responses, for as long as a turn lasts. */
        private final BudgetShare share = memory.answers().share();

        private final AtomicReference<UnsentBytes.@Nullable Held> held = new AtomicReference<>();
        /** Null if the client gets the lines uncompressed. */
        private @Nullable GzipPieces gzip;

        private boolean begun;
        private volatile boolean over;

        NdjsonResponse(Owner owner, RoutingContext context, Function<LongConsumer, Source> source, EventLoop loop) {
            this.owner = owner;
            this.context = context;
            this.response = context.response();
            this.loop = loop;
            this.source = source.apply(forms(this::takeRoom));
        }

        /**
         * Takes no room for an ordinary read: the number of turns bounds such reads, and a waiting turn would hold up
         * others.
         */
        private void takeRoom(long bytes) {
            if (bytes > TURN_BYTES) {
                share.takeBlocking(bytes);
            }
        }

        Uni<Void> write() {
            return Multi.createBy()
                    .repeating()
                    .uni(() -> read().flatMap(this::send))
                    .whilst(more -> more)
                    .onTermination()
                    .invoke(this::over)
                    .collect()
                    .last()
                    .replaceWithVoid()
                    .onFailure(failure -> response.headWritten())
                    .recoverWithItem(this::cut);
        }

        private Uni<Chunk> read() {
            return Uni.createFrom()
                    .<Chunk>emitter(emitter -> turns.take(owner.id(), loop, () -> emit(emitter)))
                    .emitOn(loop);
        }

        private void emit(UniEmitter<? super Chunk> emitter) {
            try {
                byte @Nullable [] lines = source.next();
                Chunk chunk = new Chunk(coded(lines), lines == null);
                held.set(untaken.hold(owner.id(), chunk.bytes.length, () -> ErrorReply.abort(context)));
                if (over) {
                    taken();
                }
                emitter.complete(chunk);
            } catch (SQLException | IOException | RuntimeException e) {
                emitter.fail(e);
            } finally {
                share.give(Long.MAX_VALUE);
            }
        }

        /** Few lines are compressed as well: whether many follow is not known, and what is written to a file has one form. */
        private byte[] coded(byte @Nullable [] lines) {
            if (!begun) {
                begun = true;
                gzip = Responses.preferGzip(context) ? new GzipPieces() : null;
            }
            if (lines == null) {
                return gzip == null ? NOTHING : gzip.end();
            }
            return gzip == null || lines.length == 0 ? lines : gzip.piece(lines, 0, lines.length);
        }

        /**
         * Runs on the event loop. The result tells whether more is to come; it completes when the socket has taken the
         * bytes.
         */
        private Uni<Boolean> send(Chunk chunk) {
            if (!chunk.last && chunk.bytes.length == 0) {
                taken();
                return Uni.createFrom().item(!response.closed());
            }
            if (!response.headWritten()) {
                head(response);
                if (gzip != null) {
                    response.putHeader(HttpHeaders.CONTENT_ENCODING, Responses.GZIP);
                }
            }
            Buffer bytes = Buffer.buffer(chunk.bytes);
            return Uni.createFrom()
                    .completionStage(
                            () -> (chunk.last ? response.end(bytes) : response.write(bytes)).toCompletionStage())
                    .invoke(this::taken)
                    .replaceWith(!chunk.last);
        }

        /** Asks for no more lines; a read that is under way may still end. */
        private void over() {
            over = true;
            taken();
        }

        /** The socket has taken the bytes that it was given. */
        private void taken() {
            UnsentBytes.Held now = held.getAndSet(null);
            if (now != null) {
                untaken.release(now);
            }
        }

        private @Nullable Void cut(Throwable failure) {
            if (!response.closed()) {
                if (failure instanceof ApiException || failure instanceof SQLException) {
                    LOG.warnf("an NDJSON response is cut off: %s", failure.toString());
                } else {
                    LOG.error("an NDJSON response is cut off", failure);
                }
                ErrorReply.cut(context);
            }
            return null;
        }
    }

    /**
     * The bytes of one write.
     *
     * @param last whether the response ends with it
     */
    private record Chunk(byte[] bytes, boolean last) {}
}
