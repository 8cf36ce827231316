package io.runtape.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.runtape.error.ApiException;
import io.runtape.memory.AnswerRoom;
import io.runtape.memory.MemoryBudgets;
import io.runtape.memory.Share;
import io.runtape.rows.FrameReader;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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

    /** Frames of one read on behalf of an answer of lines. */
    private static final int BLOCK_FRAMES = 1000;

    /** Lines are sent together up to this length: a socket's buffer takes about as much. */
    private static final int CHUNK_BYTES = 256 << 10;

    /** How often an event counts against the memory for answers. */
    private static final long FORMS = 3;

    private final FrameReader reader;
    private final EventViews views;
    private final FrameQueries frames;
    private final ObjectWriter line;
    private final MemoryBudgets memory;

    EventHistory(FrameReader reader, EventViews views, FrameQueries frames, ObjectMapper json, MemoryBudgets memory) {
        this.reader = reader;
        this.views = views;
        this.frames = frames;
        this.line = json.writerFor(EventView.class);
        this.memory = memory;
    }

    /** A page. Blocks. */
    Page<EventView> page(
            String listing, EventWalk.Runs runs, EventFilter filter, Span span, int limit, RoutingContext context)
            throws SQLException {
        LongConsumer room = forms(AnswerRoom.of(context, memory));
        EventWalk walk =
                new EventWalk((run, query) -> reader.page(run, query, room), runs, run -> {}, filter, span, limit + 1);
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
     */
    Multi<byte[]> lines(EventWalk.Runs runs, EventFilter filter, Span span) {
        // No room is held while the client takes its time with what it has.
        Share share = memory.answers().share();
        LongConsumer room = forms(share::takeBlocking);
        EventWalk walk = new EventWalk(
                (run, query) -> reader.shortPage(run, query, room),
                runs,
                this::requireThere,
                filter,
                span,
                BLOCK_FRAMES);
        Multi<byte[]> chunks = Multi.createBy()
                .repeating()
                .uni(() -> Uni.createFrom()
                        .<byte[]>emitter(emitter -> emitChunk(walk, filter, share, room, emitter))
                        .runSubscriptionOn(Infrastructure.getDefaultWorkerPool()))
                .until(chunk -> chunk.length == 0);
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

    private void emitChunk(
            EventWalk walk, EventFilter filter, Share share, LongConsumer room, UniEmitter<? super byte[]> emitter) {
        byte[] chunk;
        try {
            chunk = chunk(walk, filter, room);
            walk.rest();
        } catch (SQLException | IOException | ApiException e) {
            emitter.fail(e);
            return;
        } finally {
            share.give(Long.MAX_VALUE);
        }
        emitter.complete(chunk);
    }

    private void requireThere(RunFrames run) throws SQLException {
        if (!frames.isThere(run.runPk())) {
            throw ApiException.notFound("run");
        }
    }

    /** The next lines, without the line end behind the last, which the framework writes; empty at the end. */
    private byte[] chunk(EventWalk walk, EventFilter filter, LongConsumer room) throws SQLException, IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        while (lines.size() < CHUNK_BYTES) {
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
