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
 * Responses with a JSON object a line, read as fast as the client takes them and only then. What fails before anything was sent is
 * answered as an error; what fails later cuts the response off, so that nobody takes the part for the whole. Safe for any thread.
 */
@Singleton
public final class NdjsonResponses {

    /** The type of a response with a JSON object a line. */
    public static final String LINES = "application/x-ndjson";

    /** Lines are sent together up to this length: so little that thousands of clients may hold one each without reading it. */
    public static final int CHUNK_BYTES = 64 << 10;

    private static final Logger LOG = Logger.getLogger(NdjsonResponses.class);

    /** How often what is read counts against the memory for responses: as it is stored, as text and as the JSON that is written. */
    private static final long FORMS = 3;

    /** What a read for lines may count without a share of that memory: a read of ordinary rows is no longer. */
    private static final long TURN_BYTES = 2 * FORMS * CHUNK_BYTES;

    /** Where the lines come from. */
    @FunctionalInterface
    public interface Source {
        /**
         * The next lines, each with its line end; empty at the end. Blocks, for one short read of the database, and keeps nothing
         * that was read until the next call, which may come late.
         */
        byte[] next() throws SQLException, IOException;
    }

    private final ReadTurns turns;
    private final UnsentBytes untaken;
    private final MemoryBudgets memory;

    NdjsonResponses(ReadTurns turns, UnsentBytes untaken, MemoryBudgets memory) {
        this.turns = turns;
        this.untaken = untaken;
        this.memory = memory;
    }

    /** What is read is there as rows, as text and as the JSON that is written. */
    public static LongConsumer forms(LongConsumer room) {
        return bytes -> room.accept(FORMS * bytes);
    }

    /** @throws ApiException 400 where one of these parameters, which belong to a page, is given */
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
     * @param owner whose history it is, in whose turns it is read
     * @param source makes the source; it is told of whatever is to be told how many bytes are read, and may wait until there is
     *     room for them
     */
    public Uni<Void> write(Owner owner, RoutingContext context, Function<LongConsumer, Source> source) {
        EventLoop loop =
                ((ConnectionBase) context.request().connection()).channel().eventLoop();
        if (context.request().method().equals(HttpMethod.HEAD)) {
            // On the event loop, or the framework changes the headers while they are sent.
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

    /** One client's way through the lines: the next ones are asked for when the socket has taken those before. */
    private final class NdjsonResponse {

        private final Owner owner;
        private final RoutingContext context;
        private final HttpServerResponse response;
        private final Source source;
        private final EventLoop loop;
        /** Of the memory for responses, for as long as a turn lasts. */
        private final BudgetShare share = memory.answers().share();

        private final AtomicReference<UnsentBytes.@Nullable Held> held = new AtomicReference<>();
        /** Null where the client gets the lines as they are, which the first chunk decides. */
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

        /** What the number of turns bounds waits for no room: a turn that waits is kept from others. */
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
                byte[] lines = source.next();
                Chunk chunk = new Chunk(coded(lines), lines.length == 0);
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

        private byte[] coded(byte[] lines) {
            if (!begun) {
                begun = true;
                gzip = lines.length >= GzipPieces.WORTH_BYTES && Responses.preferGzip(context)
                        ? new GzipPieces()
                        : null;
            }
            if (gzip == null) {
                return lines;
            }
            return lines.length == 0 ? gzip.end() : gzip.piece(lines, 0, lines.length);
        }

        /** On the event loop; the result, whether more is to come, is there when the socket has taken the bytes. */
        private Uni<Boolean> send(Chunk chunk) {
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

        /** Nothing more is asked for; what is being read may still come. */
        private void over() {
            over = true;
            taken();
        }

        /** The socket has taken what it was given. */
        private void taken() {
            UnsentBytes.Held now = held.getAndSet(null);
            if (now != null) {
                untaken.release(now);
            }
        }

        private @Nullable Void cut(Throwable failure) {
            if (!response.closed()) {
                if (failure instanceof ApiException || failure instanceof SQLException) {
                    LOG.warnf("a response of lines is cut off: %s", failure.toString());
                } else {
                    LOG.error("a response of lines is cut off", failure);
                }
                ErrorReply.cut(context);
            }
            return null;
        }
    }

    /**
     * What is written at once.
     *
     * @param last whether the response ends with it
     */
    private record Chunk(byte[] bytes, boolean last) {}
}
