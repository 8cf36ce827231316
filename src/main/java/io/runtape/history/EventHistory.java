package io.runtape.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.netty.channel.EventLoop;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.memory.AnswerRoom;
import io.runtape.memory.MemoryBudgets;
import io.runtape.memory.Share;
import io.runtape.rows.FrameReader;
import io.runtape.sharing.ReadTurns;
import io.runtape.sharing.UntakenBytes;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jboss.resteasy.reactive.RestMulti;
import org.jspecify.annotations.Nullable;

/** Shows frames as JSON: a page of them, or all, a line each. Safe for any thread. */
@Singleton
final class EventHistory {

    /** The type of an answer with a JSON object a line. */
    static final String LINES = "application/x-ndjson";

    /** A page ends with the event that reaches this weight: events with their parts may be megabytes each. */
    private static final long PAGE_WEIGHT = 4 << 20;

    /** Frames of one read on behalf of an answer of lines: of frames of ordinary length about as many as a chunk shows. */
    private static final int LINES_FRAMES = 128;

    /** Lines are sent together up to this length: so little that thousands of clients may hold one each without reading it. */
    private static final int CHUNK_BYTES = 64 << 10;

    /** How often an event counts against the memory for answers. */
    private static final long FORMS = 3;

    /** What a read for lines may count without a share of that memory: a read of ordinary frames is no longer. */
    private static final long TURN_BYTES = 2 * FORMS * CHUNK_BYTES;

    private final FrameReader reader;
    private final EventViews views;
    private final FrameQueries frames;
    private final ReadTurns turns;
    private final UntakenBytes untaken;
    private final ObjectWriter line;
    private final MemoryBudgets memory;

    EventHistory(
            FrameReader reader,
            EventViews views,
            FrameQueries frames,
            ReadTurns turns,
            UntakenBytes untaken,
            ObjectMapper json,
            MemoryBudgets memory) {
        this.reader = reader;
        this.views = views;
        this.frames = frames;
        this.turns = turns;
        this.untaken = untaken;
        this.line = json.writerFor(EventView.class);
        this.memory = memory;
    }

    /** A page. Blocks. */
    Page<EventView> page(
            String listing, EventWalk.Runs runs, EventFilter filter, Span span, int limit, RoutingContext context)
            throws SQLException {
        LongConsumer room = forms(AnswerRoom.of(context, memory));
        EventWalk walk = new EventWalk(
                reader, (run, query) -> reader.page(run, query, room), runs, run -> {}, filter, span, limit + 1);
        List<EventView> events = new ArrayList<>();
        long weight = 0;
        long position = 0;
        for (EventWalk.Found found = walk.next(); found != null; found = walk.next()) {
            if (events.size() == limit || weight >= PAGE_WEIGHT) {
                return Page.of(events, Cursor.write(listing, position), context);
            }
            EventView event = views.of(found.run(), found.frame(), filter.raw(), room);
            events.add(event);
            weight += event.weight();
            position = found.position();
        }
        return Page.of(events, null, context);
    }

    /**
     * All of them, a line each, read as fast as the client takes them and only then. Does not block; fails in its midst where
     * a run is deleted meanwhile, so that nobody takes the rest for the whole.
     *
     * @param owner whose frames they are, in whose turns they are read
     */
    Multi<byte[]> lines(Owner owner, EventWalk.Runs runs, EventFilter filter, Span span, RoutingContext context) {
        Lines lines = new Lines(owner, runs, filter, span, context);
        Multi<byte[]> chunks = Multi.createBy()
                .repeating()
                .uni(lines::next)
                .until(chunk -> chunk.length == 0)
                .onTermination()
                .invoke(lines::over);
        return RestMulti.fromMultiData(chunks)
                .withDemand(1)
                .header("Content-Type", LINES)
                .header("Cache-Control", "no-store")
                .build();
    }

    /** What is read is there as frames, as text and as the JSON that is written. */
    private static LongConsumer forms(LongConsumer room) {
        return bytes -> room.accept(FORMS * bytes);
    }

    /** One client's way through the lines: the next ones are asked for when the socket has taken those before. */
    private final class Lines {

        private final Owner owner;
        private final EventWalk walk;
        private final EventFilter filter;
        private final RoutingContext context;
        private final EventLoop loop;
        /** Of the memory for answers, for as long as a turn lasts. */
        private final Share share = memory.answers().share();

        private final LongConsumer room = forms(this::takeRoom);
        private final AtomicReference<UntakenBytes.@Nullable Held> held = new AtomicReference<>();
        private volatile boolean over;

        Lines(Owner owner, EventWalk.Runs runs, EventFilter filter, Span span, RoutingContext context) {
            this.owner = owner;
            this.walk = new EventWalk(
                    reader,
                    (run, query) -> reader.shortPage(run, query, room),
                    runs,
                    EventHistory.this::requireThere,
                    filter,
                    span,
                    LINES_FRAMES);
            this.filter = filter;
            this.context = context;
            this.loop =
                    ((ConnectionBase) context.request().connection()).channel().eventLoop();
        }

        /** What the number of turns bounds waits for no room: a turn that waits is kept from others. */
        private void takeRoom(long bytes) {
            if (bytes > TURN_BYTES) {
                share.takeBlocking(bytes);
            }
        }

        Uni<byte[]> next() {
            taken();
            return Uni.createFrom().emitter(emitter -> turns.take(owner.id(), loop, () -> emit(emitter)));
        }

        private void emit(UniEmitter<? super byte[]> emitter) {
            try {
                byte[] chunk = chunk(walk, filter, room);
                walk.rest();
                held.set(untaken.hold(owner.id(), chunk.length, () -> ErrorReply.abort(context)));
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

        /** Nothing more is asked for; what is being read may still come. */
        void over() {
            over = true;
            taken();
        }

        /** The socket has taken what it was given. */
        private void taken() {
            UntakenBytes.Held now = held.getAndSet(null);
            if (now != null) {
                untaken.release(now);
            }
        }
    }

    private void requireThere(RunFrames run) throws SQLException {
        if (!frames.isThere(run.runPk())) {
            throw ApiException.notFound("run");
        }
    }

    /**
     * The next lines, without the line end behind the last, which the framework writes; empty at the end. Ends where what was read
     * ends, so that a turn is one read.
     */
    private byte[] chunk(EventWalk walk, EventFilter filter, LongConsumer room) throws SQLException, IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        while (lines.size() < CHUNK_BYTES && (lines.size() == 0 || walk.holdsNext())) {
            EventWalk.@Nullable Found found = walk.next();
            if (found == null) {
                break;
            }
            if (lines.size() > 0) {
                lines.write('\n');
            }
            lines.writeBytes(line.writeValueAsBytes(views.of(found.run(), found.frame(), filter.raw(), room)));
        }
        return lines.toByteArray();
    }
}
