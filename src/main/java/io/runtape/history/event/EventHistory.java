package io.runtape.history.event;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.Cursor;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.Page;
import io.runtape.run.FrameReader;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.server.memory.ResponseBudget;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Shows frames as JSON: one page, or all frames with one a line. Safe for any thread. */
@Singleton
final class EventHistory {

    /** A page ends with the event that reaches this weight, since events with their parts may be megabytes each. */
    private static final long PAGE_WEIGHT = 4 << 20;

    /** What tails take at the same addresses. */
    private static final List<String> STREAM_ONLY = List.of("from", "verbatim");

    /** Frames of one read for an NDJSON response: of ordinary length, about as many as a chunk holds. */
    private static final int LINES_FRAMES = 128;

    private static final byte[] NOTHING = {};

    private final FrameReader reader;
    private final EventViews views;
    private final FrameQueries frames;
    private final NdjsonResponses lines;
    private final ObjectWriter line;
    private final MemoryBudgets memory;

    EventHistory(
            FrameReader reader,
            EventViews views,
            FrameQueries frames,
            NdjsonResponses lines,
            ObjectMapper json,
            MemoryBudgets memory) {
        this.reader = reader;
        this.views = views;
        this.frames = frames;
        this.lines = lines;
        this.line = json.writerFor(EventView.class);
        this.memory = memory;
    }

    /**
     * Reads a page. Blocks.
     *
     * @throws ApiException 404 if the run is deleted meanwhile, 410 if the frames that come first are deleted; a page that has
     *     some ends before those that are, and where a run of its thread is deleted meanwhile
     */
    Page<EventView> page(
            String listing, EventScan.Runs runs, EventFilter filter, EventRange span, int limit, RoutingContext context)
            throws SQLException {
        LongConsumer room = NdjsonResponses.forms(ResponseBudget.of(context, memory));
        EventScan walk = new EventScan(
                reader,
                (run, query) -> FrameReader.Looked.at(reader.page(run, query, room)),
                runs,
                frames::requireThere,
                filter,
                span,
                limit + 1);
        List<EventView> events = new ArrayList<>();
        long weight = 0;
        long position = 0;
        boolean inThread = false;
        try {
            for (EventScan.Found found = walk.next(); found != null; found = walk.next()) {
                if (events.size() == limit || weight >= PAGE_WEIGHT) {
                    return Page.of(events, Cursor.write(listing, position), context);
                }
                inThread = found.run().isInThread();
                EventView event;
                try {
                    event = views.of(found.run(), found.frame(), filter.raw(), room);
                } catch (ApiException e) {
                    if (!events.isEmpty() || !inThread || e.code() != ErrorCode.NOT_FOUND) {
                        throw e;
                    }
                    walk.passOver();
                    continue;
                }
                events.add(event);
                weight += event.weight();
                position = found.position();
            }
        } catch (ApiException e) {
            boolean deletedInThread = inThread && e.code() == ErrorCode.NOT_FOUND;
            if (events.isEmpty() || !deletedInThread && e.code() != ErrorCode.FRAMES_EXPIRED) {
                throw e;
            }
            // The next page tells that the next frames are deleted, or goes on behind the deleted run.
            return Page.of(events, Cursor.write(listing, position), context);
        }
        return Page.of(events, null, context);
    }

    /** @throws ApiException 400 if a parameter belongs to an event stream: objects that seemed to obey it would mislead */
    static void requireNoStream(RoutingContext context) {
        for (String name : STREAM_ONLY) {
            if (context.queryParams().contains(name)) {
                throw ApiException.invalid("The parameter " + name
                        + " holds for event streams only. Leave it out, or ask for text/event-stream.");
            }
        }
    }

    /** @throws ApiException 400 if a parameter belongs to a page */
    static void requireLinesOnly(RoutingContext context) {
        NdjsonResponses.requireNone(context, "events", "limit", "cursor", "order");
    }

    /**
     * Writes all frames, one a line. Does not block. Breaks off if a run is deleted meanwhile, so that no client takes
     * the part for the whole.
     *
     * @param owner the owner of the frames; the reads take that owner's turns
     */
    Uni<Void> lines(Owner owner, EventScan.Runs runs, EventFilter filter, EventRange span, RoutingContext context) {
        return lines.write(owner, context, room -> {
            EventScan walk = new EventScan(
                    reader,
                    (run, query) -> reader.look(run, query, room),
                    runs,
                    frames::requireThere,
                    filter,
                    span,
                    LINES_FRAMES);
            return () -> {
                byte @Nullable [] chunk = chunk(walk, filter, room);
                walk.rest();
                return chunk;
            };
        });
    }

    /** The next lines; null at the end. Ends where the read frames end, so that a turn is one read, also where it brought none. */
    private byte @Nullable [] chunk(EventScan walk, EventFilter filter, LongConsumer room)
            throws SQLException, IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        do {
            EventScan.@Nullable Found found = walk.nextOfRead();
            if (found == null) {
                return walk.isOver() ? null : NOTHING;
            }
            lines.writeBytes(line.writeValueAsBytes(views.of(found.run(), found.frame(), filter.raw(), room)));
            lines.write('\n');
        } while (lines.size() < NdjsonResponses.CHUNK_BYTES && walk.holdsNext());
        return lines.toByteArray();
    }
}
